package trial

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRootIsReplaced has the folder that is served go, and another one come.
func TestRootIsReplaced(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what string
		make func(t *testing.T, root string) // the folder, with file.txt in it
		end  func(t *testing.T, root string)
		then int // status of file.txt when there is no folder
	}{
		{"deleted", makeFolder, func(t *testing.T, root string) { must(t, os.RemoveAll(root)) }, 404},
		{"moved away", makeFolder, func(t *testing.T, root string) { must(t, os.Rename(root, fmt.Sprint(root, time.Now().UnixNano()))) }, 200},
		{"link", linkFolder, func(t *testing.T, root string) { must(t, os.Remove(root)) }, 200},
		{"unmounted", mountFolder, func(t *testing.T, root string) {
			if err := syscall.Unmount(root, 0); err != syscall.EBUSY {
				t.Errorf("unmounted under the program: %v", err)
			}
			must(t, syscall.Unmount(root, syscall.MNT_DETACH))
		}, 404},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, flags ...string) {
				root := filepath.Join(t.TempDir(), "root")
				test.make(t, root)
				settle()
				p := start(t, append(flags, root)...)
				for range 3 {
					p.fetch(t, "/file.txt").whole(t, "at first", root)
				}
				before := p.holds(t)
				for range 3 {
					test.end(t, root)
					if a := p.fetch(t, "/file.txt"); a.status != test.then || a.err != nil {
						t.Errorf("without a folder: %v", a)
					}
					if a := p.fetch(t, "/"); a.status != 200 && a.status != 404 || a.err != nil {
						t.Errorf("without a folder: listing: %v", a)
					}
					test.make(t, root)
					writeFile(t, filepath.Join(root, "file.txt"), "another one")
					p.fetch(t, "/file.txt").whole(t, "when there is another one", "another one")
					if a := p.fetch(t, "/", "Accept: text/plain"); !strings.Contains(string(a.content), "file.txt") {
						t.Errorf("when there is another one: listing: %q", a.content)
					}
				}
				p.letsGo(t, before)
			})
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func makeFolder(t *testing.T, root string) {
	t.Helper()
	writeFile(t, filepath.Join(root, "file.txt"), root)
}

func linkFolder(t *testing.T, root string) {
	t.Helper()
	release := t.TempDir()
	makeFolder(t, release)
	writeFile(t, filepath.Join(release, "file.txt"), root)
	must(t, os.Symlink(release, root))
}

func mountFolder(t *testing.T, root string) {
	t.Helper()
	mountMemory(t, root, "1m")
	makeFolder(t, root)
}

// mountMemory mounts a file system in memory until the test ends.
func mountMemory(t testing.TB, at, size string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	must(t, os.MkdirAll(at, 0o755))
	if err := syscall.Mount("trial", at, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		for syscall.Unmount(at, syscall.MNT_DETACH) == nil {
		}
	})
}

// TestMountBelow has a disk below the folder that is served be unmounted: it is
// nobody's when no request is under way.
func TestMountBelow(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, flags ...string) {
		root := t.TempDir()
		disk := filepath.Join(root, "disk")
		mountMemory(t, disk, "1m")
		writeFile(t, filepath.Join(disk, "file.txt"), "on the disk")
		settle()
		p := start(t, append(flags, root)...)
		for range 3 {
			p.fetch(t, "/disk/file.txt").whole(t, "at first", "on the disk")
		}
		busy := syscall.Unmount(disk, 0)
		for end := time.Now().Add(10 * time.Second); busy != nil && time.Now().Before(end); busy = syscall.Unmount(disk, 0) {
			time.Sleep(50 * time.Millisecond)
		}
		if busy != nil {
			t.Fatalf("it cannot be unmounted: %v", busy)
		}
		if a := p.fetch(t, "/disk/file.txt"); a.status != 404 || a.err != nil {
			t.Errorf("unmounted: %v", a)
		}
		must(t, syscall.Mount("trial", disk, "tmpfs", 0, "size=1m"))
		writeFile(t, filepath.Join(disk, "file.txt"), "another disk")
		p.fetch(t, "/disk/file.txt").whole(t, "mounted again", "another disk")
	})
}

// TestDiskPulledOut has a disk go without being unmounted, and come back.
func TestDiskPulledOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ what, at, target string }{
		{"root", "", "/file.txt"},
		{"below", "disk", "/disk/file.txt"},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, flags ...string) {
				root := t.TempDir()
				at := filepath.Join(root, test.at)
				must(t, os.MkdirAll(at, 0o755))
				d := newDisk(t, at)
				d.write(t, "file.txt", "on the disk")
				settle()
				p := start(t, append(flags, root)...)
				t.Cleanup(d.pullOut)
				for range 3 {
					p.fetch(t, test.target).whole(t, "at first", "on the disk")
				}
				before := p.holds(t)
				for range 2 {
					d.pullOut()
					if a := p.fetch(t, test.target); a.status != 500 || a.err != nil {
						t.Errorf("pulled out: %v", a)
					}
					d.unplug(t)
					if a := p.fetch(t, test.target); a.status/100 == 2 || a.status == 0 {
						t.Errorf("unmounted: %v", a)
					}
					d.plugIn(t)
					p.fetch(t, test.target).whole(t, "back", "on the disk")
				}
				p.letsGo(t, before)
			})
		})
	}
}
