package confine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	kernel "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// What a test is for cannot be undone, so each has a process of its own: this
// program again, with the name of an act in the environment.
const (
	actVariable  = "CONFINE_ACT"
	planVariable = "CONFINE_PLAN"
	homeVariable = "CONFINE_HOME"
)

func TestMain(m *testing.M) {
	name := os.Getenv(actVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	var plan Plan
	if err := json.Unmarshal([]byte(os.Getenv(planVariable)), &plan); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	json.NewEncoder(os.Stdout).Encode(acts[name](plan, os.Getenv(homeVariable)))
}

// results are what came of attempts, by their name: "ok", or the error.
type results map[string]string

func (r results) note(name string, err error) {
	r[name] = "ok"
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		r[name] = errno.Error()
	} else if err != nil {
		r[name] = err.Error()
	}
}

// perform has another process do an act.
func perform(t *testing.T, act string, plan Plan, home string) results {
	t.Helper()
	encoded, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), actVariable+"="+act, planVariable+"="+string(encoded), homeVariable+"="+home, "TZ=Asia/Tokyo")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", act, err, complaint.String())
	}
	var got results
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s said %q: %v", act, out, err)
	}
	return got
}

// expect holds results against what is wanted, written "name: result".
func (r results) expect(t *testing.T, wanted ...string) {
	t.Helper()
	for _, line := range wanted {
		name, want, _ := strings.Cut(line, ": ")
		if got, ok := r[name]; !ok || got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// needLandlock skips without a landlock of this version. A kernel cannot be
// installed, so that is no failure in CI.
func needLandlock(t *testing.T, version int) {
	t.Helper()
	switch abi, err := kernel.LandlockGetABIVersion(); {
	case err != nil:
		t.Skipf("this kernel has no landlock: %v", err)
	case abi < version:
		t.Skipf("this kernel has landlock ABI %d, which is before %d", abi, version)
	}
}

// tree makes what attempts are made on: a home with a folder that is served,
// one for uploads, and a secret beside them.
func tree(t *testing.T) string {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"site/index.html": "hello", "site/sub/deep.txt": "deep", "site/prog": "#!/bin/sh\n", "in/old.txt": "old", "in/sub/x": "x", "secret/key": "key",
	} {
		name = filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"site/link": "../secret/key", "site/inside": "sub/deep.txt"} {
		if err := os.Symlink(target, filepath.Join(home, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(home, "site/prog"), 0o755); err != nil {
		t.Fatal(err)
	}
	return home
}

// onThreads calls f on several threads that were there before what before does,
// and returns how often it gave an error.
func onThreads(before func(), f func() error) (refused int) {
	const count = 8
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	errs := make(chan error, count)
	for range count {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread() // and never unlocked: a thread each
			ready.Done()
			<-begin
			errs <- f()
		})
	}
	ready.Wait()
	before()
	close(begin)
	done.Wait()
	for range count {
		if <-errs != nil {
			refused++
		}
	}
	return refused
}
