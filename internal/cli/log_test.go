package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gserve/gserve/fileserver"
)

func TestHiddenPart(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/.env":                   "/.env",
		"/.git/config":            "/.git",
		"/a/.git/config":          "/a/.git",
		"/a/%2Egit/.config":       "/a/%2Egit",
		"/.well-known/.x/y":       "/.well-known/.x",
		"/a/.well-known/x":        "/a/.well-known",
		"/./../a/.env":            "/./../a/.env",
		"/%zz/.env":               "/%zz/.env",
		"/nothing/of/that/sort":   "/nothing/of/that/sort",
		"http://example.com/.env": "http://example.com/.env",
	} {
		if got := hiddenPart(path); got != want {
			t.Errorf("%s: %s instead of %s", path, got, want)
		}
	}
}

// Each kind of refusal is commented upon once, however many come at a time.
func TestHintsComeOnce(t *testing.T) {
	t.Parallel()
	var h hints
	var mu sync.Mutex
	got := map[string]int{}
	outside := fmt.Errorf("open: %w", fileserver.ErrOutside)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for _, err := range []error{fileserver.ErrHidden, outside, fs.ErrNotExist} {
				hint := h.about(&fileserver.Record{Target: "/.x?y", Err: err})
				mu.Lock()
				got[hint]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, want := range []string{"/.x begins with a dot; --hidden would serve it", "/.x leads out of the folder; --follow-symlinks would serve it"} {
		if got[want] != 1 {
			t.Errorf("%q came %d times", want, got[want])
		}
	}
	if len(got) != 3 {
		t.Errorf("there is more: %v", got)
	}
}

func TestNoTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || isTerminal(new(bytes.Buffer)) {
		t.Error("a file or a buffer is taken for a terminal")
	}
}
