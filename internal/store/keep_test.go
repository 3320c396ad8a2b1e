package store

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func keep(t *testing.T, s *Store, dir, content string, length int64) string {
	t.Helper()
	d, err := s.Create(dir, Meta{Name: "a.bin", Length: length, Client: "c", Keep: true, Note: "n"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	return d.Token()
}

func TestResume(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	token := keep(t, s, "sub", "123", 6)
	again := openIn(t, dir, Options{})
	_, err := again.Resume(".", token)
	wantErr(t, "elsewhere", err, ErrNotFound)
	for _, odd := range []string{"", "../x", strings.Repeat("0", 31), strings.ToUpper(token)} {
		_, err = again.Resume("sub", odd)
		wantErr(t, odd, err, ErrNotFound)
	}
	d, err := again.Resume("sub", token)
	if err != nil {
		t.Fatal(err)
	}
	if m := d.Meta(); d.Offset() != 3 || m.Name != "a.bin" || m.Length != 6 || m.Client != "c" || m.Note != "n" || d.Folder() != "sub" {
		t.Errorf("%d, %+v", d.Offset(), m)
	}
	_, err = again.Resume("sub", token)
	wantErr(t, "in use", err, ErrDraft)
	_, err = s.Resume("sub", token)
	wantErr(t, "in use by another process", err, ErrDraft)
	d.Write([]byte("456"))
	d.Close()
	if d, err = s.Resume("sub", token); err != nil {
		t.Fatal(err)
	}
	f, err := d.Commit("a.bin", Conditions{})
	if err != nil || f.Name != "sub/a.bin" {
		t.Errorf("%+v, %v", f, err)
	}
	wantContent(t, dir, "sub/a.bin", "123456")
	wantNames(t, filepath.Join(dir, "sub"), "a.bin")
	info, _ := os.Stat(filepath.Join(dir, "sub/a.bin"))
	if info.Mode().Perm()&0o400 == 0 || info.Mode().Perm() == 0o600 && umaskIsUsual(t) {
		t.Errorf("mode %v", info.Mode())
	}
	_, err = s.Resume("sub", token)
	wantErr(t, "committed", err, ErrNotFound)
}

// known returns how many drafts are known to be there.
func known(s *Store) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.drafts {
		if e.kept {
			n++
		}
	}
	return n
}

func umaskIsUsual(t *testing.T) bool {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "x"), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	return err == nil && info.Mode().Perm() != 0o600
}

func TestAbort(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	token := keep(t, s, ".", "123", -1)
	if len(names(t, dir)) != 2 {
		t.Errorf("%q", names(t, dir))
	}
	if info, err := os.Stat(filepath.Join(dir, draftName(token))); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others can read what is not whole: %v, %v", info.Mode(), err)
	}
	d, err := s.Resume(".", token)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetLength(2); err == nil {
		t.Error("a length below what is there")
	}
	if err := d.SetLength(5); err != nil {
		t.Error(err)
	}
	wantErr(t, "another length", d.SetLength(6), ErrLength)
	d.Close()
	if d, err = s.Resume(".", token); err != nil || d.Meta().Length != 5 {
		t.Fatalf("%v", err)
	}
	d.Abort()
	wantNames(t, dir)
	if n := known(s); n != 0 {
		t.Errorf("%d drafts are remembered", n)
	}
}

// TestLinkedDraft is of a process that ended when its draft had got its name,
// and had not lost that of a draft: what is committed must not be written to.
func TestLinkedDraft(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	token := keep(t, s, ".", "123", -1)
	if err := os.Link(filepath.Join(dir, draftName(token)), filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	_, err := openIn(t, dir, Options{}).Resume(".", token)
	wantErr(t, "resumed", err, ErrNotFound)
}

func TestTooManyDrafts(t *testing.T) {
	t.Parallel()
	s, _ := open(t, Options{MaxDrafts: 5, MaxEach: 3})
	create := func(client string) error {
		d, err := s.Create(".", Meta{Length: -1, Client: client, Keep: true})
		if err == nil {
			d.Close()
		}
		return err
	}
	for range 3 {
		if err := create("one"); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "of one", create("one"), ErrBusy)
	create("two")
	create("two")
	wantErr(t, "of all", create("three"), ErrBusy)
	if _, err := put(s, ".", "plain", "x", Conditions{}); err != nil {
		t.Error("one that is not kept:", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "deep/er"), 0o777)
	write := func(name, content string, age time.Duration) {
		path := filepath.Join(dir, "deep/er", name)
		os.WriteFile(path, []byte(content), 0o600)
		os.Chtimes(path, time.Time{}, time.Now().Add(-age))
	}
	token := func(n int) string { return fmt.Sprintf("%032x", n) }
	about := func(age time.Duration) string {
		return fmt.Sprintf(`{"name":"x","length":-1,"mode":420,"created":%q}`, time.Now().Add(-age).Format(time.RFC3339))
	}
	day := 24 * time.Hour
	write(draftName(token(1)), "plain, alive", time.Minute)
	write(draftName(token(2)), "plain, dead", 2*time.Hour)
	write(draftName(token(3)), "kept, alive", 20*time.Hour)
	write(companionName(token(3)), about(2*day), 2*day)
	write(draftName(token(4)), "kept, idle", 25*time.Hour)
	write(companionName(token(4)), about(25*time.Hour), 25*time.Hour)
	write(draftName(token(5)), "kept, for too long", time.Minute)
	write(companionName(token(5)), about(8*day), 8*day)
	write(companionName(token(6)), about(day), 2*time.Hour) // alone
	write(companionName(token(7))+newExt, "", 2*time.Hour)
	write(".gserve-notes.txt", "of somebody else", 9*day)
	write("file", "of somebody else", 9*day)

	s := openIn(t, dir, Options{})
	want := []string{draftName(token(1)), draftName(token(3)), companionName(token(3)), ".gserve-notes.txt", "file"}
	eventually(t, "swept", func() bool { return len(names(t, filepath.Join(dir, "deep/er"))) <= len(want) })
	wantNames(t, filepath.Join(dir, "deep/er"), want...)
	eventually(t, "the draft of an earlier process is known", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.drafts) == 1 && s.drafts[token(3)] != nil && s.swept["deep/er"]
	})
	if _, err := s.Resume("deep/er", token(3)); err != nil {
		t.Error(err)
	}
}

// TestSweepFirstWrite is of a folder that was not there when the walk came by.
func TestSweepFirstWrite(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	s.sweeps <- "."
	eventually(t, "the walk is over", func() bool { return len(s.sweeps) == 0 })
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	old := filepath.Join(dir, "sub", draftName(strings.Repeat("0", 32)))
	os.WriteFile(old, nil, 0o600)
	os.Chtimes(old, time.Time{}, time.Now().Add(-48*time.Hour))
	if _, err := put(s, "sub", "a", "x", Conditions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "swept", func() bool { return len(names(t, filepath.Join(dir, "sub"))) == 1 })
}

// TestSweepLeavesOpen is of a draft that is in use, however old it looks.
func TestSweepLeavesOpen(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{})
	d, err := s.Create(".", Meta{Length: -1})
	if err != nil {
		t.Fatal(err)
	}
	os.Chtimes(filepath.Join(dir, draftName(d.Token())), time.Time{}, time.Now().Add(-48*time.Hour))
	s.sweepNamed(".")
	if f, err := d.Commit("a", Conditions{}); err != nil || f.Size != 0 {
		t.Error(err)
	}
	wantNames(t, dir, "a")
}

func TestForgotten(t *testing.T) {
	t.Parallel()
	s, dir := open(t, Options{MaxAge: time.Hour})
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	keep(t, s, "sub", "123", -1)
	os.RemoveAll(filepath.Join(dir, "sub"))
	s.sweepNamed("sub")
	if known(s) != 0 {
		t.Error("a draft is remembered that is gone with its folder")
	}
	token := keep(t, s, ".", "123", -1)
	s.mu.Lock()
	s.drafts[token].expires = time.Now().Add(-time.Second)
	s.mu.Unlock()
	s.expire()
	if known(s) != 0 {
		t.Error("a draft is remembered that is over")
	}
}

// TestTwoProcesses has two processes complete one draft: it is whole, and
// nothing is written to it once it has its name.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("drafts are not locked there")
	}
	dir := t.TempDir()
	stores := []*Store{openIn(t, dir, Options{}), openIn(t, dir, Options{})}
	for i := range 50 {
		token := keep(t, stores[0], ".", "123", -1)
		name := fmt.Sprint("f", i)
		var wg sync.WaitGroup
		for who := range 2 {
			wg.Go(func() {
				d, err := stores[who].Resume(".", token)
				if err != nil {
					return
				}
				defer d.Close()
				d.Write([]byte("456"))
				d.Commit(name, Conditions{})
			})
		}
		wg.Wait()
		wantContent(t, dir, name, "123456")
	}
}
