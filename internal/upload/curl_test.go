package upload

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/internal/store"
)

// curl runs it, and returns the last line of its output and the status.
func (s site) curl(dir string, args ...string) (content, status string) {
	s.t.Helper()
	cmd := exec.Command(exchange.Program(s.t, "curl"), append([]string{"-sS", "--max-time", "60", "-w", "\n%{http_code}"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "\n4") && !strings.Contains(string(out), "\n5") {
		s.t.Errorf("curl %q: %v: %s", args, err, out)
	}
	text := string(out)
	i := strings.LastIndexByte(text, '\n')
	return text[:max(i, 0)], text[i+1:]
}

func TestCurl(t *testing.T) {
	t.Parallel()
	exchange.Program(t, "curl")
	s := serve(t, store.Options{Max: 8 << 20}, all)
	from := t.TempDir()
	big := string(patternedBytes(3 << 20))
	odd := `odd "name" (ü).txt`
	for name, content := range map[string]string{"big.bin": big, "small": "x", "empty": "", odd: "odd"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args       []string
		status     string
		have, want string
	}{
		{[]string{"-T", "big.bin", s.url}, "201", "big.bin", big},
		{[]string{"-T", "big.bin", s.url + "/"}, "409", "big.bin", big},
		{[]string{"-T", "big.bin", "--limit-rate", "12M", s.url + "/slow.bin"}, "201", "slow.bin", big},
		{[]string{"-T", "big.bin", "-H", "Transfer-Encoding: chunked", s.url + "/chunked.bin"}, "201", "chunked.bin", big},
		{[]string{"-T", "big.bin", "-H", "Expect:", s.url + "/unexpected.bin"}, "201", "unexpected.bin", big},
		{[]string{"-T", "big.bin", "--http1.0", s.url + "/old.bin"}, "201", "old.bin", big},
		{[]string{"-T", "big.bin", "-C", "1000000", s.url + "/part.bin"}, "400", "", ""},
		{[]string{"-T", "empty", s.url + "/empty"}, "201", "empty", ""},
		{[]string{"-T", "small", "-H", "If-None-Match: *", s.url + "/empty"}, "412", "empty", ""},
		{[]string{"-F", "f=@big.bin", "-F", "g=@small", s.url}, "201", "big (1).bin", big},
		{[]string{"-F", `f=@"` + strings.ReplaceAll(odd, `"`, `\"`) + `"`, s.url}, "201", "odd _name_ (ü).txt", "odd"},
		{[]string{"-F", "f=@small;filename=in/a/folder", s.url}, "201", "in/a/folder", "x"},
		{[]string{"-X", "MKCOL", s.url + "/made"}, "201", "", ""},
		{[]string{"-T", "small", s.url + "/made/"}, "201", "made/small", "x"},
		{[]string{"-X", "MOVE", "-H", "Destination: /made/tiny", s.url + "/made/small"}, "201", "made/tiny", "x"},
		{[]string{"-X", "DELETE", s.url + "/made/"}, "204", "", ""},
		{[]string{"-d", "do=mkdir&to=by form", s.url}, "204", "", ""},
		{[]string{"--data-binary", "@small", "-H", "Content-Disposition: inline; filename=posted", s.url}, "201", "posted", "x"},
	} {
		if content, status := s.curl(from, c.args...); status != c.status {
			t.Errorf("%q: %s %s, want %s", c.args, status, content, c.status)
		}
		if c.have == "" {
			continue
		}
		if got, err := os.ReadFile(filepath.Join(s.dir, c.have)); err != nil || string(got) != c.want {
			t.Errorf("%q: %s has %d bytes, %v, want %d", c.args, c.have, len(got), err, len(c.want))
		}
	}
	for _, name := range s.visible() {
		if strings.HasPrefix(name, "made") {
			t.Errorf("%s is still there", name)
		}
	}
	if len(s.files()) != len(s.visible()) {
		t.Errorf("%q", s.files())
	}
}

// TestCurlRefused sees that curl gets to read why, though it has begun to send.
func TestCurlRefused(t *testing.T) {
	t.Parallel()
	exchange.Program(t, "curl")
	s := serve(t, store.Options{Max: 1000}, all)
	from := t.TempDir()
	os.WriteFile(filepath.Join(from, "big"), patternedBytes(20<<20), 0o666)
	for _, args := range [][]string{
		{"-T", "big", s.url + "/a"},
		{"-T", "big", "-H", "Expect:", s.url + "/a"},
		{"-T", "big", "-H", "Transfer-Encoding: chunked", s.url + "/a"},
		{"-F", "f=@big", s.url},
	} {
		if content, status := s.curl(from, args...); status != "413" || !strings.Contains(content, "a file may have 1000 bytes") {
			t.Errorf("%q: %s %s", args, status, content)
		}
	}
	s.wantFiles("after all", map[string]string{})
}

func patternedBytes(n int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), n/16) }
