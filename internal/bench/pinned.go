//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// pinned has a command run on the cores of the servers, or of the load. The load
// has those that servers leave it, or else all.
func (b *bench) pinned(words []string, isServer bool) []string {
	if !b.canPin() {
		return words
	}
	return append([]string{"taskset", "-c", b.coresOf(isServer)}, words...)
}

// coresOf are the cores of the servers, or of the load, as taskset takes them.
func (b *bench) coresOf(isServer bool) string {
	first, last := 0, b.serverCores()-1
	if !isServer {
		last = runtime.NumCPU() - 1
		if last >= b.serverCores() {
			first = b.serverCores()
		}
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// pinSelf has this program, which is a load, too, run on the cores of the load.
func (b *bench) pinSelf(ctx context.Context) error {
	if !b.canPin() {
		return nil
	}
	text, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", b.coresOf(false), strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taskset: %w: %s", err, bytes.TrimSpace(text))
	}
	return nil
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
		return "servers and the load share all cores, as taskset is not there"
	case runtime.NumCPU() > b.serverCores():
		return fmt.Sprintf("servers have %s by taskset, the load the others", counted(b.serverCores(), "core"))
	}
	return fmt.Sprintf("servers have %s by taskset, which the load shares", counted(b.serverCores(), "core"))
}
