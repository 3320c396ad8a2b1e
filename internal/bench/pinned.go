//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"runtime"
)

// pinned has a command run on the cores of the servers, or of wrk. wrk has those
// that servers leave it, or else all.
func (b *bench) pinned(words []string, isServer bool) []string {
	if !b.canPin() {
		return words
	}
	first, last := 0, b.serverCores()-1
	if !isServer {
		last = runtime.NumCPU() - 1
		if last >= b.serverCores() {
			first = b.serverCores()
		}
	}
	return append([]string{"taskset", "-c", fmt.Sprintf("%d-%d", first, last)}, words...)
}

func (b *bench) canPin() bool {
	_, err := exec.LookPath("taskset")
	return err == nil
}

func (b *bench) serverCores() int { return max(1, min(b.cores, runtime.NumCPU())) }

// pinning says what runs where.
func (b *bench) pinning() string {
	switch {
	case !b.canPin():
		return "servers and wrk share all cores, as taskset is not there"
	case runtime.NumCPU() > b.serverCores():
		return fmt.Sprintf("servers have %d cores by taskset, wrk the others", b.serverCores())
	}
	return fmt.Sprintf("servers have %d cores by taskset, which wrk shares", b.serverCores())
}
