package reload

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// TestLimit runs out of what the system grants, and polls from then on.
func TestLimit(t *testing.T) {
	t.Parallel()
	dir := project(t)
	w := watch(t, dir, modes["notify"])
	w.mu.Lock()
	w.Watcher.mu.Lock()
	w.tree.watch = func(string) error { return fmt.Errorf("watch: %w", syscall.ENOSPC) }
	w.Watcher.mu.Unlock()
	w.mu.Unlock()
	must(t, os.Mkdir(dir+"/new", 0o777))
	write(t, dir+"/new/a.py", "1")
	if got := w.next(); got != "new/a.py" {
		t.Errorf("%q changed", got)
	}
	if log := w.log(); !strings.Contains(log, "fs.inotify.max_user_watches") || strings.Contains(log, "\n") {
		t.Errorf("log: %q", log)
	}
	for _, name := range []string{"new/a.py", "pkg/sub/b.py"} {
		write(t, dir+"/"+name, "two")
		if got := w.next(); got != name {
			t.Errorf("%q changed, want %q", got, name)
		}
	}
	w.idle()
}

// TestOverflow loses events, and looks for itself.
func TestOverflow(t *testing.T) {
	t.Parallel()
	dir := project(t)
	w := watch(t, dir, Options{Quiet: 50 * time.Millisecond, Interval: time.Hour})
	w.Watcher.mu.Lock()
	for path := range w.tree.folders {
		w.notify.Remove(path) // so that nothing is told
	}
	w.Watcher.mu.Unlock()
	write(t, dir+"/pkg/a.py", "two")
	w.notify.Errors <- fsnotify.ErrEventOverflow
	if got := w.next(); got != "pkg/a.py" {
		t.Errorf("%q changed", got)
	}
	if w.log() != "" {
		t.Errorf("log: %q", w.log())
	}
}

// TestHint tells what to do about a limit.
func TestHint(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		syscall.ENOSPC: "max_user_watches", syscall.EMFILE: "max_user_instances", syscall.EACCES: "instead",
	} {
		if got := hint(err); !strings.Contains(got, want) {
			t.Errorf("hint(%v) = %q", err, got)
		}
	}
}
