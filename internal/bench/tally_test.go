//go:build unix

package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		s      sample
		wrong  string
	}{
		{"right", 0, sample{requests: 1000, bytes: 1_250_000}, ""},
		{"rounded", 0, sample{requests: 1000, bytes: 1_245_000}, ""},
		{"some under way", 0, sample{requests: 1000, bytes: 1_280_000}, ""},
		{"more than was under way", 0, sample{requests: 1000, bytes: 1_290_000}, "1290000 bytes"},
		{"none", 0, sample{}, "no answer"},
		{"broken", 0, sample{requests: 1000, errors: 3, bytes: 1_250_000}, "3 connections"},
		{"refused", 0, sample{requests: 1000, errors: 7, refused: 7, bytes: 1_250_000}, "7 of 1000"},
		{"cut", 0, sample{requests: 1000, bytes: 1_220_000}, "1220000 bytes"},
		{"longer", 0, sample{requests: 1000, bytes: 1_500_000}, "1500000 bytes"},
		{"absent", 404, sample{requests: 1000, errors: 1000, refused: 1000, bytes: 1_250_000}, ""},
		{"absent, but some are there", 404, sample{requests: 1000, errors: 990, refused: 990, bytes: 1_250_000}, "990 of 1000"},
		{"absent and broken", 404, sample{requests: 1000, errors: 1001, refused: 1000, bytes: 1_250_000}, "1 connections"},
		{"looked at", 0, sample{requests: 1}, ""},
	} {
		err := (&question{status: c.status}).tally(c.s, answer{size: 1250}, 10)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.wrong)
		}
	}
}
