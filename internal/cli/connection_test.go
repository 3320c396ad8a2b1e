package cli

import (
	"math"
	"testing"
)

func TestConnections(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flag       string
		files      int
		most, each int
	}{
		{"", math.MaxInt32, 16384, 4096},
		{"", 20000, 15000, 3750},
		{"", 4096, 3072, 768},
		{"", 1024, 496, 124},
		{"", 256, 112, 28},
		{"", 128, 48, 16},
		{"", 40, 4, 4},
		{"", 20, 1, 1},
		{"", 1, 1, 1},
		{"", 0, 1, 1},
		{"100000", math.MaxInt32, 100000, 25000},
		{"1000", 20000, 1000, 250},
		{"1000,1000", 20000, 1000, 1000},
		{"1000,7", 20000, 1000, 7},
		{"40", 20000, 40, 16},
		{"4", 20000, 4, 4},
		{"4,1", 20000, 4, 1},
		{"1000", 128, 48, 16},
		{"1000,500", 128, 48, 48},
	} {
		var c Config
		if tt.flag != "" {
			if err := c.setMaxConnections(tt.flag); err != nil {
				t.Errorf("%s: %v", tt.flag, err)
			}
		}
		if most, each := c.connections(tt.files); most != tt.most || each != tt.each {
			t.Errorf("%q with %d files: %d and %d, want %d and %d", tt.flag, tt.files, most, each, tt.most, tt.each)
		}
	}
}

func TestMaxConnectionsRefused(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"0":          `"0" is not a number of connections`,
		"":           `"" is not a number of connections`,
		"-1":         `"-1" is not a number of connections`,
		"many":       `"many" is not a number of connections`,
		"5000000000": `"5000000000" is not a number of connections`,
		"10,":        `"" is not a number of connections`,
		"10,0":       `"0" is not a number of connections`,
		"10,5,5":     `"5,5" is not a number of connections`,
		"10,11":      "11 connections of one client are more than 10 in all",
	} {
		if err := new(Config).setMaxConnections(value); err == nil || err.Error() != want {
			t.Errorf("%q: %v", value, err)
		}
	}
	// The last one holds, whole.
	var c Config
	if c.setMaxConnections("10,5") != nil || c.setMaxConnections("20") != nil || c.MaxConnections != 20 || c.MaxPerClient != 0 {
		t.Errorf("got %d, %d", c.MaxConnections, c.MaxPerClient)
	}
}
