//go:build unix

package authority

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What others could read is closed to them and told of; what they could write
// is refused.
func TestOpenToOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		folder, file os.FileMode
		err          string // a part of it
		notices      []string
	}{
		{name: "closed", folder: 0o700, file: 0o600},
		{name: "read-only", folder: 0o700, file: 0o400},
		{name: "open folder", folder: 0o775, file: 0o600, notices: []string{"(mode 0775)"}},
		{name: "readable", folder: 0o700, file: 0o644, notices: []string{"(mode 0644)"}},
		{name: "both", folder: 0o755, file: 0o640, notices: []string{"(mode 0755)", "(mode 0640)"}},
		{name: "writable by the group", folder: 0o700, file: 0o660, err: "others can write it (mode 0660); remove the file"},
		{name: "writable", folder: 0o700, file: 0o602, err: "others can write it (mode 0602); remove the file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := openNew(t, "laptop")
			for name, mode := range map[string]os.FileMode{a.file(): test.file, a.dir: test.folder} {
				if err := os.Chmod(name, mode); err != nil {
					t.Fatal(err)
				}
			}
			again, err := Open(a.dir, "laptop")
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Notices()) != len(test.notices) {
				t.Fatalf("notices %q, want %q", again.Notices(), test.notices)
			}
			for i, part := range test.notices {
				if !strings.Contains(again.Notices()[i], part) {
					t.Errorf("notice %q, want %q", again.Notices()[i], part)
				}
			}
			for _, name := range []string{a.dir, a.file()} {
				if info, err := os.Stat(name); err != nil || isOpenToOthers(info) {
					t.Errorf("%s is still open: %v", name, err)
				}
			}
		})
	}
}

// A pipe is not waited for, and a file is no folder.
func TestOpenIrregular(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, authorityFile), 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := Open(dir, "laptop"); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(filepath.Join(dir, authorityFile), "laptop"); err == nil {
		t.Error("a folder that is none is opened")
	}
}

// ownedBy describes a file of some user's.
type ownedBy struct {
	os.FileInfo
	uid uint32
}

func (o ownedBy) Sys() any { return &syscall.Stat_t{Uid: o.uid} }

// What belongs to another user may be theirs to change. The superuser's files
// are not, and the superuser may use all.
func TestCheckOwner(t *testing.T) {
	t.Parallel()
	me := uint32(os.Geteuid())
	for _, test := range []struct {
		uid     uint32
		refused bool
	}{{me, false}, {0, false}, {me + 1, me != 0}} {
		if err := checkOwner(ownedBy{uid: test.uid}); (err != nil) != test.refused {
			t.Errorf("user %d with a file of %d: %v", me, test.uid, err)
		}
	}
}

// A leaf whose key others may have read is not used again.
func TestLeafOpenToOthers(t *testing.T) {
	t.Parallel()
	m := newMachine(t, t.TempDir(), made, "laptop.local")
	before := m.leaf("")
	if err := os.Chmod(m.leafFile(), 0o644); err != nil {
		t.Fatal(err)
	}
	if newMachine(t, m.dir, made, "laptop.local").leaf("").Equal(before) {
		t.Error("it is used again")
	}
}

// Where nothing can be written, what is there is used, and a leaf serves one run.
func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write anywhere")
	}
	a := openNew(t, "laptop")
	if err := os.Chmod(a.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(a.dir, 0o700)
	again, err := Open(a.dir, "laptop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.TLSConfig(func() []string { return nil }).GetCertificate(nil); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(a.dir, "new"), "laptop"); err == nil {
		t.Error("a folder was made")
	}
}
