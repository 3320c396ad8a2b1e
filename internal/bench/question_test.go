//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// siteBench is a bench whose site has some files.
func siteBench(t *testing.T, files map[string]string) *bench {
	t.Helper()
	b := &bench{folder: t.TempDir(), out: io.Discard, progress: io.Discard}
	for name, content := range files {
		if err := b.writeSite(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// response is an answer with some content.
func response(coding, content string) *http.Response {
	r := &http.Response{Header: http.Header{}, ContentLength: int64(len(content)), Body: io.NopCloser(strings.NewReader(content))}
	if coding != "" {
		r.Header.Set("Content-Encoding", coding)
	}
	return r
}

func gzipOf(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRightAnswers(t *testing.T) {
	t.Parallel()
	whole := gzipOf(t, "0123456789")
	b := siteBench(t, map[string]string{"ten": "0123456789", "ten.br": "br", "ten.gz": "gz"})
	page := func(n int) (page string) {
		for i := range n {
			page += fmt.Sprintf(`<a href="file-%06d.txt">file-%06d.txt</a>`, i, i)
		}
		return page
	}
	for _, c := range []struct {
		name    string
		right   func(*http.Response) error
		coding  string
		content string
		wrong   string // in the complaint, or "" where the answer is right
	}{
		{"whole", b.whole("ten"), "", "0123456789", ""},
		{"whole, another", b.whole("ten"), "", "0123456780", "content differs"},
		{"whole, half", b.whole("ten"), "", "01234", "length"},
		{"whole, encoded", b.whole("ten"), "gzip", "0123456789", "coding"},
		{"part", b.part("ten", 2, 4), "", "234", ""},
		{"part, all", b.part("ten", 2, 4), "", "0123456789", "length"},
		{"part, another", b.part("ten", 2, 4), "", "345", "content differs"},
		{"gzip", b.gzipped("ten"), "gzip", whole, ""},
		{"gzip, more", b.gzipped("ten"), "gzip", gzipOf(t, "0123456789X"), "content differs"},
		{"gzip, not", b.gzipped("ten"), "", "0123456789", "coding"},
		{"gzip, cut", b.gzipped("ten"), "gzip", whole[:20], "content differs"},
		{"gzip, without its sum", b.gzipped("ten"), "gzip", whole[:len(whole)-3], "unexpected EOF"},
		{"sidecar", b.sidecar("ten"), "br", "br", ""},
		{"sidecar, gzip", b.sidecar("ten"), "gzip", "gz", ""},
		{"sidecar, the other", b.sidecar("ten"), "gzip", "br", "content differs"},
		{"sidecar, none", b.sidecar("ten"), "", "0123456789", "coding"},
		{"listing", lists(3), "", page(3), ""},
		{"listing, fewer", lists(3), "", page(2) + page(2), "lists 2"},
		{"nothing", nothing, "", "", ""},
		{"nothing, some", nothing, "", "x", "content differs"},
		{"anything", anything, "", "x", ""},
	} {
		err := c.right(response(c.coding, c.content))
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.wrong)
		}
	}
}

// What follows the first 64 KiB is compared, too.
func TestSameToTheEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 10_000)
	for got, want := range map[string]bool{long: true, long[:len(long)-1]: false, long + "x": false, long[:len(long)-1] + "x": false} {
		if err := same(strings.NewReader(got), strings.NewReader(long)); (err == nil) != want {
			t.Errorf("%d bytes that end in %q: got %v", len(got), got[len(got)-2:], err)
		}
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	b := siteBench(t, nil)
	if err := os.Mkdir(b.inSite(""), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.makeLarge("large", 3*64*kibibyte); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(b.inSite("large"))
	if err != nil || len(content) != 3*64*kibibyte || bytes.Equal(content[:8], content[64*kibibyte:64*kibibyte+8]) {
		t.Errorf("%d bytes, %v, or its parts are alike", len(content), err)
	}
	if err := b.makeMany("many", 12); err != nil {
		t.Fatal(err)
	}
	if names, _ := filepath.Glob(b.inSite("many/file-0000*.txt")); len(names) != 12 || !listed.MatchString(names[11]) {
		t.Errorf("got %q", names)
	}
	text := prose(100_000)
	if encoded := gzipOf(t, string(text)); len(text) != 100_000 || len(encoded) < 20_000 || len(encoded) > 60_000 {
		t.Errorf("%d bytes become %d", len(text), len(encoded))
	}
}
