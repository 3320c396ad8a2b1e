package auth

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines takes notes of a log.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) log(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, line)
}

// take returns what has been logged since the last call.
func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.text = nil }()
	return strings.Join(l.text, "\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(name, []byte(text), 0o600))
}

// users returns users of these specs.
func users(t *testing.T, log func(string), specs ...string) *Users {
	t.Helper()
	u := NewUsers(log)
	for _, spec := range specs {
		s, err := ParseSpec(spec)
		must(t, err)
		must(t, u.Add(s))
	}
	return u
}

func (u *Users) accepts(name, password string) bool {
	return u.table().verify(credentials{name, password})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/one", annLine+"\n"+bobLine)
	write(t, dir+"/two", "bob:"+strings.TrimPrefix(annLine, "ann:")+"\nzoe:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=")
	u := users(t, nil, "ann:own", "eve:$2y$05$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", "@"+dir+"/one", "@"+dir+"/two")
	tests := []struct {
		name, password string
		want           bool
	}{
		{"ann", "own", true},
		{"ann", "bar", false}, // hers in the file
		{"eve", "bar", true},
		{"bob", "password", true},
		{"bob", "bar", false}, // of the second file
		{"zoe", "password", true},
		{"ann", "", false},
		{"", "", false},
		{"", "own", false},
		{"ANN", "own", false},
		{"mallory", "own", false},
		{"mallory", "bar", false},
		{"mallory", "password", false},
	}
	for _, tt := range tests {
		if got := u.accepts(tt.name, tt.password); got != tt.want {
			t.Errorf("%s with %q: %t", tt.name, tt.password, got)
		}
	}
	if got := u.Files(); len(got) != 2 || got[0] != filepath.Join(dir, "one") {
		t.Errorf("files: %q", got)
	}
}

func TestUsersRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/bad", "ann:SECRET")
	write(t, dir+"/large", strings.Repeat("#", maxFile+1))
	tests := []struct{ spec, want string }{
		{"ann:x", `user "ann" is given twice`},
		{"bob", `user "bob" has no password`},
		{"bob:$6$SECRET", `user "bob": a hash of an unknown kind`},
		{"@" + dir + "/bad", dir + `/bad:1: user "ann": neither`},
		{"@" + dir + "/none", dir + "/none: "},
		{"@" + dir + "/large", dir + "/large: larger than 1 MiB"},
		{"@" + dir, dir + ": "},
	}
	for _, tt := range tests {
		u := users(t, nil, "ann:x")
		s, err := ParseSpec(tt.spec)
		must(t, err)
		if err := u.Add(s); err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %s", tt.spec, err, tt.want)
		}
		if !u.accepts("ann", "x") {
			t.Errorf("%s: nobody is left", tt.spec)
		}
	}
	if NewUsers(nil).accepts("", "") {
		t.Error("nobody has a password")
	}
}

// counted counts how often it is computed.
type counted struct {
	hash
	calls *int
}

func (c counted) matches(password string) bool {
	*c.calls++
	return c.hash.matches(password)
}

// TestUnknown has the hash of one user computed for anybody, whoever it is, and
// always the same one.
func TestUnknown(t *testing.T) {
	t.Parallel()
	calls := map[string]*int{"ann": new(int), "bob": new(int), "zoe": new(int)}
	all := map[string]hash{}
	for name, n := range calls {
		all[name] = counted{newPlain("secret"), n}
	}
	table := newTable(all)
	used := map[string]bool{}
	for i := range 100 {
		name := strings.Repeat("x", i)
		var which [2]string
		for round := range 2 {
			if table.verify(credentials{name, "secret"}) {
				t.Fatalf("%q is let in", name)
			}
			for user, n := range calls {
				if *n > 0 {
					which[round] += user
				}
				*n = 0
			}
		}
		if len(which[0]) != 3 || which[0] != which[1] {
			t.Fatalf("%q costs the hash of %q, then of %q", name, which[0], which[1])
		}
		used[which[0]] = true
	}
	if len(used) != 3 {
		t.Errorf("stand-ins: %v", used)
	}
	if !table.verify(credentials{"ann", "secret"}) || *calls["ann"] != 1 || *calls["bob"]+*calls["zoe"] != 0 {
		t.Error("ann costs more than her hash")
	}
}

// TestFileChanges changes a file, spoils it and takes it away.
func TestFileChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		name := dir + "/users"
		write(t, name, annLine)
		u := users(t, log.log, "@"+name)
		steps := []struct {
			what     string
			change   func()
			ann, bob bool
			log      string // a part of it
		}{
			{"nothing", func() {}, true, false, ""},
			{"one more", func() { write(t, name, annLine+"\n"+bobLine) }, true, true, "users: read again, users in it: 2"},
			{"one less", func() { write(t, name, bobLine) }, false, true, "users in it: 1"},
			{"a fault", func() { write(t, name, annLine+"\ncarl:SECRET") }, false, true, `users:2: user "carl": neither`},
			{"still", func() {}, false, true, ""},
			{"gone", func() { must(t, os.Remove(name)) }, false, true, "users: "},
			{"still gone", func() {}, false, true, ""},
			{"a folder", func() { must(t, os.Mkdir(name, 0o700)) }, false, true, "users: not a file any more"},
			{"empty", func() { must(t, os.Remove(name)); write(t, name, "") }, false, true, "users: no users in it"},
			{"as it was", func() { write(t, name, bobLine) }, false, true, "users in it: 1"},
			{"another by its name", func() { write(t, name+".new", annLine); must(t, os.Rename(name+".new", name)) }, true, false, "users in it: 1"},
		}
		for _, step := range steps {
			step.change()
			time.Sleep(lookInterval)
			if ann, bob := u.accepts("ann", "bar"), u.accepts("bob", "password"); ann != step.ann || bob != step.bob {
				t.Errorf("%s: ann %t, bob %t", step.what, ann, bob)
			}
			got := log.take()
			if (got == "") != (step.log == "") || !strings.Contains(got, step.log) || strings.Contains(got, "SECRET") || strings.Contains(got, "\n") {
				t.Errorf("%s: log %q, want %q", step.what, got, step.log)
			}
		}
	})
}

// TestFileLooked looks at files once in a while, not for every request.
func TestFileLooked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		write(t, dir+"/users", annLine)
		u := users(t, nil, "@"+dir+"/users")
		before := u.table()
		write(t, dir+"/users", bobLine)
		time.Sleep(lookInterval - 1)
		if u.table() != before {
			t.Error("looked at too early")
		}
		time.Sleep(time.Nanosecond)
		if u.table() == before {
			t.Error("not looked at")
		}
	})
}

// TestFresh sees that a file has changed though its size and time are the same
// as when it was read, if it had been written just then.
func TestFresh(t *testing.T) {
	t.Parallel()
	name := t.TempDir() + "/users"
	write(t, name, annLine)
	f, err := openFile(name)
	must(t, err)
	if f.isFresh() {
		t.Error("a file that was written just now is trusted")
	}
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(name, old, old))
	if f.isFresh() {
		t.Error("another time is not seen")
	}
	if changed, err := f.load(); changed || err != nil {
		t.Errorf("the same text is a change: %v", err)
	}
	if !f.isFresh() {
		t.Error("a file that is old is not trusted")
	}
}

// TestPipe reads users from what is no file, once.
func TestPipe(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("pipes have no names there")
	}
	r, w, err := os.Pipe()
	must(t, err)
	w.WriteString(annLine)
	w.Close()
	defer r.Close()
	name := filepath.Join("/dev/fd", strconv.Itoa(int(r.Fd())))
	u := users(t, nil, "@"+name)
	for range 2 {
		if !u.accepts("ann", "bar") {
			t.Error("ann is not known")
		}
		u.looked = time.Time{}
	}
}
