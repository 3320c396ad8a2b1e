package accesslog_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gserve/gserve/internal/accesslog"
)

// TestFilePipe has a pipe that nobody reads hold up nobody.
func TestFilePipe(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := accesslog.OpenFile(name); err == nil || err.Error() != "open "+name+": nobody reads that pipe" {
		t.Errorf("%v", err)
	}
}

// TestFileSocket refuses what standard output is where a journal has the log.
func TestFileSocket(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "socket")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := accesslog.OpenFile(name); err == nil || err.Error() != "open "+name+": it is a socket" {
		t.Errorf("%v", err)
	}
}

// TestFileMode keeps a log from strangers.
func TestFileMode(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "log")
	openFile(t, name)
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm()&0o137 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestFileDiskFull has a disk be full in the midst of a line, and later not.
func TestFileDiskFull(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size=16k"); err != nil {
		t.Skip("mount a small disk: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
	name, other := filepath.Join(folder, "log"), filepath.Join(folder, "other")
	if err := os.WriteFile(other, make([]byte, 8<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, name)
	write(t, f, "one\n")
	long := bytes.Repeat([]byte("x"), 64<<10)
	if n, err := f.Write(append(long, '\n')); n <= 0 || n >= len(long) || err == nil {
		t.Fatalf("%d, %v: the disk is not full", n, err)
	}
	if n, err := f.Write([]byte("lost\n")); n != 0 || err == nil {
		t.Errorf("%d, %v: the disk is not full", n, err)
	}
	if err := f.Reopen(); err != nil { // the same file
		t.Fatal(err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	write(t, f, "two\n")
	write(t, f, "three\n")
	if got := read(t, name); !strings.HasPrefix(got, "one\nxxx") || !strings.HasSuffix(got, "xxx\ntwo\nthree\n") {
		t.Errorf("%.10q...%q", got, got[max(0, len(got)-20):])
	}
}
