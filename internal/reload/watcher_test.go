package reload

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds what is waited for; nothing takes that long unless it fails.
const patience = 10 * time.Second

// watched is a folder with a watcher that takes notes.
type watched struct {
	*Watcher
	t       *testing.T
	dir     string
	changed chan []string
	mu      sync.Mutex
	calls   []string
	lines   []string
}

func watch(t *testing.T, dir string, options Options) *watched {
	t.Helper()
	w := &watched{t: t, dir: dir, changed: make(chan []string, 100)}
	note := func(call string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, call)
	}
	options.Changing = func() { note("changing") }
	options.Changed = func(names []string) { note("changed"); w.changed <- names }
	options.Log = func(line string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lines = append(w.lines, line)
	}
	if options.Roots == nil {
		options.Roots = []string{dir}
	}
	watcher, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { watcher.Close() })
	w.Watcher = watcher
	return w
}

// next returns the names of the next change, below the folder.
func (w *watched) next() string {
	w.t.Helper()
	select {
	case names := <-w.changed:
		for i, name := range names {
			if rel, err := filepath.Rel(w.dir, name); err == nil {
				names[i] = filepath.ToSlash(rel)
			}
		}
		return strings.Join(names, " ")
	case <-time.After(patience):
		w.t.Fatal("no change was told")
		return ""
	}
}

// idle fails if there is a change. It proves that by one that is made after it,
// which comes alone.
func (w *watched) idle() {
	w.t.Helper()
	time.Sleep(w.options.Quiet)
	write(w.t, filepath.Join(w.dir, "probe.py"), time.Now().String())
	if got := w.next(); got != "probe.py" {
		w.t.Errorf("%q changed, want none", got)
	}
}

func (w *watched) log() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// project makes what the table works on.
func project(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	for _, folder := range []string{"pkg/sub", ".git", "__pycache__", "node_modules/x", "env/lib", "lib/site-packages/x"} {
		must(t, os.MkdirAll(filepath.Join(dir, folder), 0o777))
	}
	for _, file := range []string{"app.py", "note.txt", "pkg/a.py", "pkg/sub/b.py", ".git/h.py", "__pycache__/c.py", "node_modules/x/n.py", "env/e.py", "env/lib/e.py", "lib/site-packages/x/s.py"} {
		write(t, filepath.Join(dir, file), "1")
	}
	write(t, filepath.Join(dir, "env/pyvenv.cfg"), "")
	return dir
}

// saves are ways to change something, and the files that have changed then;
// none if it is no change.
var saves = []struct {
	name string
	do   func(t *testing.T, dir string)
	want string
}{
	{"truncate and write", func(t *testing.T, d string) { write(t, d+"/app.py", "two") }, "app.py"},
	{"append", func(t *testing.T, d string) {
		f, err := os.OpenFile(d+"/app.py", os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		for range 5 {
			f.WriteString("more")
		}
		must(t, f.Close())
	}, "app.py"},
	{"rename over", func(t *testing.T, d string) {
		write(t, d+"/.app.py.swp", "x")
		write(t, d+"/app.py.tmp", "two")
		must(t, os.Rename(d+"/app.py.tmp", d+"/app.py"), os.Remove(d+"/.app.py.swp"))
	}, "app.py"},
	{"backup and new file, as vim", func(t *testing.T, d string) {
		write(t, d+"/4913", "")
		must(t, os.Remove(d+"/4913"), os.Rename(d+"/app.py", d+"/app.py~"))
		write(t, d+"/app.py", "two")
		must(t, os.Remove(d+"/app.py~"))
	}, "app.py"},
	{"touch", func(t *testing.T, d string) {
		now := time.Now().Add(time.Hour)
		must(t, os.Chtimes(d+"/app.py", now, now))
	}, "app.py"},
	{"deep down", func(t *testing.T, d string) { write(t, d+"/pkg/sub/b.py", "two") }, "pkg/sub/b.py"},
	{"new file", func(t *testing.T, d string) { write(t, d+"/pkg/new.py", "1") }, "pkg/new.py"},
	{"deleted file", func(t *testing.T, d string) { must(t, os.Remove(d+"/pkg/a.py")) }, "pkg/a.py"},
	{"renamed file", func(t *testing.T, d string) { must(t, os.Rename(d+"/pkg/a.py", d+"/pkg/z.py")) }, "pkg/a.py pkg/z.py"},
	{"new folders with a file at once", func(t *testing.T, d string) {
		must(t, os.MkdirAll(d+"/x/y/z", 0o777))
		write(t, d+"/x/y/z/n.py", "1")
	}, "x/y/z/n.py"},
	{"deleted folder", func(t *testing.T, d string) { must(t, os.RemoveAll(d+"/pkg")) }, "pkg/a.py pkg/sub/b.py"},
	{"renamed folder", func(t *testing.T, d string) { must(t, os.Rename(d+"/pkg", d+"/qkg")) }, "pkg/a.py pkg/sub/b.py qkg/a.py qkg/sub/b.py"},
	{"folder moved in", func(t *testing.T, d string) {
		must(t, os.MkdirAll(d+"/../other/in", 0o777))
		write(t, d+"/../other/in/n.py", "1")
		must(t, os.Rename(d+"/../other", d+"/other"))
	}, "other/in/n.py"},
	{"several files", func(t *testing.T, d string) { write(t, d+"/app.py", "two"); write(t, d+"/pkg/a.py", "two") }, "app.py pkg/a.py"},

	{"chmod", func(t *testing.T, d string) { must(t, os.Chmod(d+"/app.py", 0o700)) }, ""},
	{"read", func(t *testing.T, d string) { _, err := os.ReadFile(d + "/app.py"); must(t, err) }, ""},
	{"other pattern", func(t *testing.T, d string) { write(t, d+"/note.txt", "two") }, ""},
	{"backup", func(t *testing.T, d string) { write(t, d+"/app.py~", "two") }, ""},
	{"dot file", func(t *testing.T, d string) { write(t, d+"/.#app.py", "two") }, ""},
	{"dot folder", func(t *testing.T, d string) { write(t, d+"/.git/h.py", "two") }, ""},
	{"cache", func(t *testing.T, d string) { write(t, d+"/__pycache__/c.py", "two") }, ""},
	{"node_modules", func(t *testing.T, d string) { write(t, d+"/node_modules/x/n.py", "two") }, ""},
	{"virtual environment", func(t *testing.T, d string) { write(t, d+"/env/e.py", "two"); write(t, d+"/env/lib/e.py", "two") }, ""},
	{"site-packages", func(t *testing.T, d string) { write(t, d+"/lib/site-packages/x/s.py", "two") }, ""},
	{"folder without files", func(t *testing.T, d string) { must(t, os.Mkdir(d+"/empty", 0o777)) }, ""},
	{"folder named as a file", func(t *testing.T, d string) { must(t, os.Mkdir(d+"/folder.py", 0o777)) }, ""},
	{"linked folder", func(t *testing.T, d string) {
		must(t, os.MkdirAll(d+"/../linked", 0o777), os.Symlink(d+"/../linked", d+"/link"))
		write(t, d+"/link/x.py", "1")
	}, ""},
}

// modes are the ways to learn of changes.
var modes = map[string]Options{
	"notify": {Quiet: 80 * time.Millisecond, Interval: 50 * time.Millisecond},
	"poll":   {Quiet: 80 * time.Millisecond, Interval: 50 * time.Millisecond, Poll: true},
}

func eachMode(t *testing.T, f func(t *testing.T, options Options)) {
	t.Parallel()
	for name, options := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, options)
		})
	}
}

// TestSaves has every way to save give one change, or none.
func TestSaves(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		for _, save := range saves {
			t.Run(save.name, func(t *testing.T) {
				t.Parallel()
				dir := project(t)
				w := watch(t, dir, options)
				save.do(t, dir)
				if save.want != "" {
					if got := w.next(); got != save.want {
						t.Errorf("%q changed, want %q", got, save.want)
					}
				}
				w.idle()
				w.mu.Lock()
				defer w.mu.Unlock()
				for i, call := range w.calls {
					if want := []string{"changing", "changed"}[i%2]; call != want {
						t.Errorf("calls %q do not alternate", w.calls)
					}
				}
			})
		}
	})
}

// TestAgain saves into folders that came to be, or came back, while watched.
func TestAgain(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		w := watch(t, dir, options)
		steps := []struct {
			do   func()
			want string
		}{
			{func() { must(t, os.Mkdir(dir+"/new", 0o777)); write(t, dir+"/new/a.py", "1") }, "new/a.py"},
			{func() { write(t, dir+"/new/a.py", "two") }, "new/a.py"},
			{func() { must(t, os.RemoveAll(dir+"/new")) }, "new/a.py"},
			{func() { must(t, os.Mkdir(dir+"/new", 0o777)); write(t, dir+"/new/b.py", "1") }, "new/b.py"},
			{func() { write(t, dir+"/new/b.py", "two") }, "new/b.py"},
			{func() { must(t, os.Rename(dir+"/new", dir+"/moved")) }, "moved/b.py new/b.py"},
			{func() { write(t, dir+"/moved/b.py", "three") }, "moved/b.py"},
			{func() { must(t, os.Mkdir(dir+"/venv", 0o777)); write(t, dir+"/venv/a.py", "1") }, "venv/a.py"},
		}
		for i, step := range steps {
			step.do()
			if got := w.next(); got != step.want {
				t.Fatalf("step %d: %q changed, want %q", i, got, step.want)
			}
		}
		write(t, dir+"/venv/pyvenv.cfg", "")
		w.idle()
		write(t, dir+"/venv/a.py", "two")
		w.idle()
	})
}

// TestRoot has the root removed, made anew, and exchanged for another one.
func TestRoot(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := filepath.Join(t.TempDir(), "root")
		w := watch(t, dir, options) // it is not there
		must(t, os.Mkdir(dir, 0o777))
		write(t, dir+"/a.py", "1")
		for i, step := range []struct {
			do   func()
			want string
		}{
			{func() {}, "a.py"},
			{func() { write(t, dir+"/a.py", "two") }, "a.py"},
			{func() { must(t, os.RemoveAll(dir)) }, "a.py"},
			{func() { must(t, os.Mkdir(dir, 0o777)); write(t, dir+"/b.py", "1") }, "b.py"},
			{func() { write(t, dir+"/b.py", "two") }, "b.py"},
			{func() {
				must(t, os.Mkdir(dir+".new", 0o777))
				write(t, dir+".new/c.py", "1")
				must(t, os.Rename(dir, dir+".old"), os.Rename(dir+".new", dir))
			}, "b.py c.py"},
			{func() { write(t, dir+"/c.py", "two") }, "c.py"},
		} {
			step.do()
			if got := w.next(); got != step.want {
				t.Fatalf("step %d: %q changed, want %q", i, got, step.want)
			}
		}
		write(t, dir+".old/b.py", "three") // no root any more
		w.idle()
	})
}

// TestLinkedRoot follows the root itself.
func TestLinkedRoot(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		link := filepath.Join(t.TempDir(), "link")
		must(t, os.Symlink(dir, link))
		w := watch(t, link, options)
		write(t, dir+"/pkg/a.py", "two")
		if got := w.next(); got != "pkg/a.py" {
			t.Errorf("%q changed", got)
		}
		other := project(t)
		must(t, os.Remove(link), os.Symlink(other, link))
		w.next()
		write(t, other+"/pkg/sub/b.py", "three")
		if got := w.next(); got != "pkg/sub/b.py" {
			t.Errorf("%q changed", got)
		}
	})
}

// TestAdd adds folders, also one that would be skipped, and from a callback.
func TestAdd(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		w := watch(t, dir, options)
		must(t, w.Add(dir+"/lib/site-packages/x", dir, dir+"/pkg"))
		write(t, dir+"/lib/site-packages/x/s.py", "two")
		if got := w.next(); got != "lib/site-packages/x/s.py" {
			t.Errorf("%q changed", got)
		}
		w.idle()

		added := make(chan struct{}, 10)
		var self *Watcher
		options.Roots = []string{dir + "/pkg"}
		ready := make(chan struct{})
		options.Changing = func() { <-ready; self.Add(dir + "/node_modules/x"); added <- struct{}{} }
		self, err := New(options)
		must(t, err)
		close(ready)
		defer self.Close()
		write(t, dir+"/pkg/a.py", "two")
		<-added
		write(t, dir+"/node_modules/x/n.py", "two")
		time.Sleep(3 * options.Quiet)
		write(t, dir+"/node_modules/x/n.py", "three")
		<-added
	})
}

// TestPatterns watches other files.
func TestPatterns(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		options.Patterns = []string{"*.html", ".env", "*.py"}
		w := watch(t, dir, options)
		for _, name := range []string{"x.html", ".env"} {
			write(t, filepath.Join(dir, name), "1")
			if got := w.next(); got != name {
				t.Errorf("%q changed, want %q", got, name)
			}
		}
		for _, pattern := range []string{"[", ""} {
			if _, err := New(Options{Patterns: []string{pattern}}); err == nil {
				t.Errorf("pattern %q was taken", pattern)
			}
		}
	})
}

// TestBusy writes for longer than it must be quiet: one change, at its end,
// which was told of at its beginning.
func TestBusy(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		options.Quiet = time.Second
		w := watch(t, dir, options)
		for i := range 2000 {
			write(t, filepath.Join(dir, "pkg", fmt.Sprintf("many%04d.py", i)), "1")
			if i%200 == 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		if n := len(strings.Fields(w.next())); n != maxNames {
			t.Errorf("%d names were told, want %d", n, maxNames)
		}
		w.idle()
	})
}

// TestHeld learns of a change before it ends.
func TestHeld(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		options.Quiet = time.Second
		w := watch(t, dir, options)
		write(t, dir+"/app.py", "two")
		for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
			w.mu.Lock()
			calls := slices.Clone(w.calls)
			w.mu.Unlock()
			if len(calls) == 1 {
				break
			}
			if len(calls) > 1 || time.Since(start) > patience {
				t.Fatalf("calls %q, want one at first", calls)
			}
		}
		w.next()
	})
}

// TestMaxFolders watches so many folders, and says so.
func TestMaxFolders(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		dir := project(t)
		options.MaxFolders = 2
		w := watch(t, dir, options)
		if !strings.Contains(w.log(), "more than 2 folders") || strings.Contains(w.log(), "\n") {
			t.Errorf("log: %q", w.log())
		}
		w.mu.Lock()
		n := len(w.tree.folders)
		w.mu.Unlock()
		if n != 2 {
			t.Errorf("%d folders are watched", n)
		}
		w.idle()
	})
}

// TestClose leaves nothing that calls.
func TestClose(t *testing.T) {
	eachMode(t, func(t *testing.T, options Options) {
		w := watch(t, project(t), options)
		must(t, w.Close(), w.Close())
		select {
		case <-w.ended:
		case <-time.After(patience):
			t.Fatal("the watcher goes on")
		}
		write(t, w.dir+"/app.py", "two")
		time.Sleep(2 * options.Quiet)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.calls) > 0 {
			t.Errorf("calls after Close: %q", w.calls)
		}
	})
}
