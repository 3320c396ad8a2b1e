package zipsite_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/internal/exchange"
)

// packers are programs that make archives of the folder they run in.
var packers = map[string][]string{
	"zip":     {"zip", "-qry", "OUT", "."},
	"zip-0":   {"zip", "-qry0", "OUT", "dist", "grüße.txt", "link"},
	"fifo":    {"sh", "-c", `zip -qr - dist grüße.txt | cat >"$1"`, "zip", "OUT"}, // sizes follow the data
	"7z":      {"7z", "a", "-bd", "-snl", "-y", "OUT", "."},
	"bsdtar":  {"bsdtar", "--format", "zip", "-cf", "OUT", "."},
	"python3": {"python3", "-m", "zipfile", "-c", "OUT", "dist", "grüße.txt"},
}

// TestPrograms compares what real programs pack with what they packed.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for name, command := range packers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := exchange.Program(t, command[0])
			dir := t.TempDir()
			files := map[string]string{
				"dist/app.js": text(5000, 1), "dist/a/b/c.css": text(300, 2), "dist/empty": "", "dist/tiny": "x", "grüße.txt": "hallo",
			}
			for name, content := range files {
				write(t, filepath.Join(dir, name), []byte(content))
			}
			must(t, os.Symlink("dist/app.js", filepath.Join(dir, "link")))
			out := filepath.Join(t.TempDir(), "site.zip")
			args := append([]string(nil), command[1:]...)
			for i := range args {
				if args[i] == "OUT" {
					args[i] = out
				}
			}
			if command[0] == "sh" {
				exchange.Program(t, "zip")
			}
			run := exec.Command(program, args...)
			run.Dir = dir
			run.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
			if report, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, report)

			}
			site, lines := openFile(t, out)
			expected := []string{}
			for name, content := range files {
				expected = append(expected, name)
				got, err := fs.ReadFile(site, name)
				if err != nil || string(got) != content {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
				info, err := fs.Stat(site, name)
				must(t, err)
				if info.ModTime().Unix() != modified.Unix() && name != "link" {
					t.Errorf("%s is of %v", name, info.ModTime())
				}
			}
			if err := fstest.TestFS(site, expected...); err != nil {
				t.Error(err)
			}
			if len(*lines) != 0 {
				t.Errorf("told %q", *lines)
			}
			if name == "python3" || name == "fifo" {
				return // they follow links
			}
			if got, err := fs.ReadFile(site, "link"); err != nil || string(got) != files["dist/app.js"] {
				t.Errorf("link: %d bytes, %v", len(got), err)
			}
			if to, err := site.ReadLink("link"); err != nil || to != "dist/app.js" {
				t.Errorf("link leads to %q, %v", to, err)
			}
		})
	}
}
