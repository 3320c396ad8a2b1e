//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what the processes of a group use. It is zero where there is no
// /proc that tells.
type usage struct {
	processor time.Duration // until now, that of children that have ended included
	memory    float64       // MiB, where shared pages count by their share (PSS)
	resident  float64       // MiB, where they count for each (RSS)
}

// usageOf adds up the processes of a group.
func usageOf(group int) (u usage) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		if stat := parseStat(text); stat.group == group {
			u.processor += stat.processor
			rollup, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "smaps_rollup"))
			u.memory += mebibytesOf(rollup, "Pss")
			u.resident += mebibytesOf(rollup, "Rss")
		}
	}
	return u
}

// stat is what a /proc/N/stat tells, see proc_pid_stat(5).
type stat struct {
	group     int
	processor time.Duration
}

// tick is the unit of times in there: USER_HZ is 100 wherever Go runs.
const tick = 10 * time.Millisecond

// parseStat reads a /proc/N/stat. The name of the program is in parentheses, and
// may hold anything.
func parseStat(text []byte) (s stat) {
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return s
	}
	s.group, _ = strconv.Atoi(fields[2])
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.Atoi(field)
		s.processor += time.Duration(n) * tick
	}
	return s
}

// mebibytesOf is one of the sizes of a /proc/N/smaps_rollup.
func mebibytesOf(rollup []byte, name string) float64 {
	_, rest, _ := strings.Cut(string(rollup), "\n"+name+":")
	var kilobytes float64
	fmt.Sscan(rest, &kilobytes)
	return kilobytes / 1024
}
