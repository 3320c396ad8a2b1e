package service

import (
	"slices"
	"testing"
)

// environment is what Getenv has.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func TestSockets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pid, fds string
		want     []string
		fails    bool
	}{
		{"12", "1", []string{"fd:3"}, false},
		{"12", "3", []string{"fd:3", "fd:4", "fd:5"}, false},
		{"12", "0", nil, false},
		{"", "", nil, false},
		{"", "1", nil, false},
		{"13", "1", nil, false},
		{"13", "x", nil, false},
		{"012", "1", nil, false},
		{"12", "", nil, false},
		{"12", "-1", nil, true},
		{"12", "x", nil, true},
		{"12", "1 ", nil, true},
		{"12", "1025", nil, true},
		{"12", "99999999999999999999", nil, true},
	} {
		// In a process of its own, the descriptors would be sockets. Here they
		// are whatever the test has, which no other program is to get either.
		got, err := Sockets(environment{"LISTEN_PID": tt.pid, "LISTEN_FDS": tt.fds}.get, 12)
		if !slices.Equal(got, tt.want) || (err != nil) != tt.fails {
			t.Errorf("%q of %q: %q, %v", tt.fds, tt.pid, got, err)
		}
	}
}
