package trial

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// farAway is a program with files that are near, and some on a disk that may
// hang.
type farAway struct {
	*program
	disk        *disk
	page, small string
}

func newFarAway(t testing.TB, flags ...string) *farAway {
	t.Helper()
	root := t.TempDir()
	far := filepath.Join(root, "far")
	if err := os.Mkdir(far, 0o755); err != nil {
		t.Fatal(err)
	}
	f := &farAway{disk: newDisk(t, far), page: prose(60 << 10), small: noise(5 << 10)}
	for i := range 4 {
		f.disk.write(t, fmt.Sprintf("page%d.txt", i), f.page)
		f.disk.write(t, fmt.Sprintf("folder%d/README.md", i), "# read\n")
	}
	f.disk.write(t, "small.bin", f.small)
	writeFile(t, filepath.Join(root, "near.txt"), f.page)
	writeFile(t, filepath.Join(root, "near.bin"), f.small)
	writeFile(t, filepath.Join(root, "near/README.md"), "# near\n")
	writeFile(t, filepath.Join(root, "near/other.txt"), f.page)
	settle()
	f.program = start(t, append(flags, root)...)
	t.Cleanup(f.disk.pullOut) // or what waits for it could not be ended
	for range 3 {
		f.fetch(t, "/near.txt").whole(t, "near.txt", f.page)
		f.fetch(t, "/far/small.bin").whole(t, "small.bin", f.small)
	}
	return f
}

// goesOn fails the test unless what is near is served as ever.
func (f *farAway) goesOn(t testing.TB, when string) {
	t.Helper()
	f.fetch(t, "/near.txt").whole(t, when+": near.txt", f.page)
	f.fetch(t, "/near.bin").whole(t, when+": near.bin", f.small)
	f.fetch(t, "/near/other.txt").whole(t, when+": other.txt", f.page)
	if got := f.fetch(t, "/near.txt", gzipped); got.err != nil || gunzip(t, got.content) != f.page {
		t.Errorf("%s: near.txt, encoded: %v", when, got)
	}
	for _, target := range []string{"/near/", "/near/?archive=zip", "/near/?q=other&deep=1"} {
		if a := f.fetch(t, target); a.status != 200 || a.err != nil {
			t.Errorf("%s: %s: %v", when, target, a)
		}
	}
	if a := f.fetch(t, "/missing"); a.status != 404 {
		t.Errorf("%s: missing: %v", when, a)
	}
}

// crowd sends requests that are not answered yet, each over its connection.
func (f *farAway) crowd(t testing.TB, n int, targets ...string) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range n {
		clients.Go(func() { f.get(ctx, targets[i%len(targets)]) })
	}
	f.await(t, "all requests have come", func() bool { return f.holds(t).files["socket"] > n })
	return func() {
		cancel()
		clients.Wait()
	}
}

// TestDiskHangs has a network file system not answer for a while.
func TestDiskHangs(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		f := newFarAway(t, flags...)
		before := f.holds(t)
		f.disk.hang(t)
		answers := make(chan answer, 1)
		go func() { answers <- f.fetch(t, "/far/small.bin") }()
		time.Sleep(100 * time.Millisecond) // it is on its way
		f.goesOn(t, "while it hangs")
		select {
		case a := <-answers:
			t.Fatalf("while it hangs: %v", a)
		default:
		}
		f.disk.goOn(t)
		(<-answers).whole(t, "when it has gone on", f.small)
		f.goesOn(t, "when it has gone on")
		f.letsGo(t, before)
	})
}

// TestDiskHangsForGood has many clients ask for what does not come, and leave.
func TestDiskHangsForGood(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		f := newFarAway(t, flags...)
		before := f.holds(t)
		const n = 200
		f.disk.hang(t)
		leave := f.crowd(t, n, "/far/small.bin", "/far/page0.txt", "/far/missing", "/far/")
		f.goesOn(t, "while many wait")
		t.Logf("threads: %d before, %d for %d requests", before.threads, f.holds(t).threads, n)
		leave()
		f.goesOn(t, "when they have left")
		f.disk.goOn(t)
		f.fetch(t, "/far/small.bin").whole(t, "when it has gone on", f.small)
		f.goesOn(t, "when it has gone on")
		f.letsGo(t, before)
		f.hasNoGoroutines(t, "fileserver.(*Server).Respond", "fileserver.(*encodings)", "fileserver.(*Server).seek")
	})
}

// TestReadHangs has clients wait for what others want to do in turn with them.
func TestReadHangs(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		f := newFarAway(t, flags...)
		before := f.holds(t)
		for _, test := range []struct {
			what    string
			fault   fault
			targets []string
		}{
			{"encodings", fault{Op: "read", Code: stalls, From: 40 << 10}, []string{"/far/page0.txt", "/far/page1.txt", "/far/page2.txt", "/far/page3.txt"}},
			{"READMEs", fault{Op: "read", Code: stalls}, []string{"/far/folder0/", "/far/folder1/", "/far/folder2/", "/far/folder3/"}},
			{"listings", fault{Op: "list", Code: stalls}, []string{"/far/", "/far/folder0/", "/far/folder1/", "/far/folder2/"}},
			{"searches", fault{Op: "list", Code: stalls}, []string{"/far/?q=a&deep=1", "/far/?q=b&deep=1"}},
			{"archives", fault{Op: "list", Code: stalls}, []string{"/far/?archive=zip", "/far/folder0/?archive=tar"}},
		} {
			f.disk.fail(t, test.fault)
			leave := f.crowd(t, 2*len(test.targets), test.targets...)
			time.Sleep(200 * time.Millisecond) // they wait for the disk
			f.goesOn(t, "while "+test.what+" wait")
			leave()
			f.disk.mend(t)
			for _, target := range test.targets {
				if a := f.fetch(t, target); a.status != 200 || a.err != nil {
					t.Errorf("when %s have gone on: %s: %v", test.what, target, a)
				}
			}
		}
		f.letsGo(t, before)
	})
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ .*:$`)

// hasNoGoroutines ends the program, which tells its goroutines, and fails the test
// if one is in any of these functions.
func (p *program) hasNoGoroutines(t testing.TB, functions ...string) {
	t.Helper()
	p.signal(t, syscall.SIGQUIT)
	<-p.ended
	stacks := p.stderr.String()
	if all := goroutine.FindAllString(stacks, -1); len(all) == 0 || len(all) > 50 {
		t.Errorf("%d goroutines are left", len(all))
	}
	for _, function := range functions {
		if strings.Contains(stacks, function) {
			t.Errorf("a goroutine is left in %s", function)
		}
	}
}

func (p *program) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// TestStopWhileDiskHangs ends the program while requests wait for the disk.
func TestStopWhileDiskHangs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what    string
		signals int
		code    int
	}{
		{"twice", 2, 130},
		{"once", 1, 0},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, flags ...string) {
				f := newFarAway(t, flags...)
				f.disk.hang(t)
				defer f.crowd(t, 20, "/far/small.bin", "/far/page0.txt", "/far/")()
				for i := range test.signals {
					time.Sleep(time.Duration(i) * 300 * time.Millisecond)
					f.signal(t, syscall.SIGINT)
				}
				select {
				case <-f.ended:
				case <-time.After(patience):
					t.Fatal("it does not stop")
				}
				if code := f.cmd.ProcessState.ExitCode(); code != test.code {
					t.Errorf("exit code %d, want %d", code, test.code)
				}
			})
		})
	}
}
