package webdav

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// recorder notes which names are asked for.
type recorder struct {
	fs.FS
	mu  sync.Mutex
	bad []string
}

func (r *recorder) note(name string) {
	for segment := range strings.SplitSeq(name, "/") {
		if name != "." && (segment == "" || segment == "." || segment == "..") || strings.ContainsRune(segment, 0) {
			r.mu.Lock()
			r.bad = append(r.bad, name)
			r.mu.Unlock()
		}
	}
}

func (r *recorder) Open(name string) (fs.File, error)     { r.note(name); return r.FS.Open(name) }
func (r *recorder) Stat(name string) (fs.FileInfo, error) { r.note(name); return fs.Stat(r.FS, name) }

// FuzzRequest says that no path, Destination or If leads outside, and nothing
// that is hidden changes.
func FuzzRequest(f *testing.F) {
	f.Add(0, "/f", "/g", "", "T", "0")
	f.Add(1, "/d/", "http://example.com/e/%2e%2e/..", "(<urn:x>)", "F", "infinity")
	f.Add(2, "/%2e%2e/outside", "/../outside", `</../outside> (["x"])`, "", "1")
	f.Add(3, "/d/..%2foutside", `/..\outside`, "(Not <a>)", "T", "1,noroot")
	f.Add(4, "//outside", "//example.com//outside", "<//outside> (<b>)", "T", "")
	f.Add(5, "/.hidden", "/d/.hidden", "", "T", "")
	outside := f.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	dir := filepath.Join(outside, "root")
	if err := os.MkdirAll(filepath.Join(dir, "d/sub"), 0o755); err != nil {
		f.Fatal(err)
	}
	hidden := filepath.Join(dir, ".hidden")
	if err := os.WriteFile(hidden, []byte("hidden"), 0o600); err != nil {
		f.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		f.Fatal(err)
	}
	seen := &recorder{}
	h, _ := newHandler(f, dir, settings{overwrite: true, root: func(root fs.FS) fs.FS { seen.FS = root; return seen }})
	methods := append(append([]string{}, writing...), "PROPFIND", "OPTIONS")
	f.Fuzz(func(t *testing.T, method int, path, destination, condition, overwrite, depth string) {
		if len(path) > 1 && path[0] != '/' {
			path = "/" + path
		}
		u, err := url.ParseRequestURI(path)
		if err != nil || method < 0 {
			return
		}
		r := httptest.NewRequest(methods[method%len(methods)], "http://example.com/", strings.NewReader("content"))
		r.URL = u
		for name, value := range map[string]string{"Destination": destination, "If": condition, "Overwrite": overwrite, "Depth": depth} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusBadGateway && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if len(seen.bad) > 0 {
			t.Errorf("asked for %q", seen.bad)
		}
		content, err := os.ReadFile(secret)
		if entries, _ := os.ReadDir(outside); err != nil || string(content) != "secret" || len(entries) != 2 {
			t.Error("something outside has changed")
		}
		if content, err := os.ReadFile(hidden); err != nil || string(content) != "hidden" {
			t.Error("something hidden has changed")
		}
	})
}

// FuzzXML says that what is made of XML can be read again, and is the same then.
func FuzzXML(f *testing.F) {
	for _, value := range values {
		f.Add(set(value))
	}
	f.Add(lockInfo)
	f.Fuzz(func(t *testing.T, content string) {
		root, err := parseXML([]byte(content))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		root.write(&once)
		again, err := parseXML(once.Bytes())
		if err != nil {
			if strings.Contains(err.Error(), "too many elements") {
				return
			}
			t.Fatalf("%v: %s of %q", err, once.Bytes(), content)
		}
		if again.write(&twice); !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("%s, then %s", once.Bytes(), twice.Bytes())
		}
	})
}

// FuzzIf says that an If field is read without a fault, and its tokens are few.
func FuzzIf(f *testing.F) {
	f.Add(`</x> (<a> ["b"]) (Not <c> [W/"d"])`)
	f.Fuzz(func(t *testing.T, field string) {
		alternatives, err := parseIf(field)
		if err == nil && len(tokensOf(alternatives)) > maxConditions {
			t.Error("too many tokens")
		}
	})
}
