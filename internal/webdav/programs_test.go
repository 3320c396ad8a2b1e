package webdav

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

func TestCurl(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "curl")
	s := newSite(t, settings{})
	s.write("d/a b", "hello")
	curl := func(args ...string) string {
		out, err := exec.Command(program, append([]string{"-sS", "--max-time", "60"}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}
	got := curl("-X", "PROPFIND", "-H", "Depth: 1", s.url+"/d/")
	if m := parseMulti(t, got); len(m.Responses) != 2 || m.Responses[1].Href != "/d/a%20b" {
		t.Error(got)
	}
	curl("-T", filepath.Join(s.dir, "d/a b"), s.url+"/d/copy")
	if s.read("d/copy") != "hello" {
		t.Errorf("%q", s.names())
	}
	if got := curl("-i", "-X", "OPTIONS", s.url+"/"); !strings.Contains(got, "\r\nDav: 1, 2\r\n") {
		t.Error(got)
	}
}

// TestCadaver has a client walk about, as a person does.
func TestCadaver(t *testing.T) {
	t.Parallel()
	program := exchange.Program(t, "cadaver")
	s := newSite(t, all)
	local := t.TempDir()
	if err := os.WriteFile(filepath.Join(local, "a file.txt"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, s.url+"/")
	cmd.Dir = local
	cmd.Env = append(os.Environ(), "HOME="+local)
	cmd.Stdin = strings.NewReader(`mkcol "new folder"
cd "new folder"
put "a file.txt"
lock "a file.txt"
propset "a file.txt" author me
propget "a file.txt" author
copy "a file.txt" copy.txt
ls
unlock "a file.txt"
move copy.txt ../moved.txt
get "a file.txt" got.txt
cd ..
copy "new folder" second
rmcol "new folder"
delete moved.txt
quit
`)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "failed") {
		t.Errorf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), "Value of author is: me") {
		t.Errorf("%s", out)
	}
	if got := s.names(); !slices.Equal(got, []string{"second", "second/a file.txt"}) || s.read("second/a file.txt") != "content" {
		t.Errorf("%q: %s", got, out)
	}
	if got, err := os.ReadFile(filepath.Join(local, "got.txt")); string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
}
