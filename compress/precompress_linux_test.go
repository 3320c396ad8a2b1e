package compress_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gserve/gserve/compress"
)

// A folder that not even root can make a file in is told once.
func TestPrecompressUnwritable(t *testing.T) {
	t.Parallel()
	const dir = "/sys/kernel/mm" // whose files pretend to have 4096 bytes
	if _, err := os.Stat(filepath.Join(dir, "transparent_hugepage/enabled")); err != nil {
		t.Skip(err)
	}
	p := every
	p.Skip = func(name string, _ bool) bool {
		return name != "transparent_hugepage" && name != "transparent_hugepage/enabled"
	}
	report := precompress(t, dir, p)
	if len(report.Errors) != 1 {
		t.Fatalf("reported %q", report.Errors)
	}
	t.Log(report.Errors[0])
	if report.Tallies != (compress.Report{}).Tallies {
		t.Errorf("reported %+v", report.Tallies)
	}
}

// On a full disk nothing half is left.
func TestPrecompressFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("gserve-test", dir, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("cannot mount a small disk: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	check(t, os.WriteFile(filepath.Join(dir, "a.js"), []byte(noise(400_000, 0.4)), 0o644))
	report := precompress(t, dir, zipOf)
	expectErrors(t, report, syscall.ENOSPC, `write "a.js.gz": no space left on device`)
	expectFiles(t, dir, "a.js")
}
