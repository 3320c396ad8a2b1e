package zipsite_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
	"github.com/klauspost/compress/zstd"
)

// serve serves a file system, and returns where.
func serve(t testing.TB, root fs.FS, opts ...fileserver.Option) string {
	t.Helper()
	server := httptest.NewServer(fileserver.New(root, opts...))
	t.Cleanup(server.Close)
	return server.URL
}

// get asks for a URL with these fields, and returns the answer and its content.
// There is an error if that was cut.
func get(t testing.TB, url string, fields ...string) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	must(t, err)
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(fields); i += 2 {
		request.Header.Set(fields[i], fields[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil { // cut before the head was out
		return &http.Response{Status: "none", Header: http.Header{}}, "", err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	return answer, string(content), err
}

func gunzip(t testing.TB, content string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(content))
	must(t, err)
	decoded, err := io.ReadAll(r)
	must(t, err)
	return string(decoded)
}

func unzstd(t testing.TB, content string) string {
	t.Helper()
	r, err := zstd.NewReader(strings.NewReader(content))
	must(t, err)
	defer r.Close()
	decoded, err := io.ReadAll(r)
	must(t, err)
	return string(decoded)
}

// mixed has an entry of each kind.
func mixed(t testing.TB) []byte {
	return archive(t,
		member{name: "app.js", content: text(50_000, 1), method: zip.Deflate},
		member{name: "stored.txt", content: text(200_000, 2)},
		member{name: "docs/modern.css", content: text(50_000, 3), method: zstd.ZipMethodWinZip},
		member{name: "docs/tiny.css", content: "a{}", method: zip.Deflate},
		member{name: "docs/both.js", content: text(4000, 4), method: zip.Deflate},
		member{name: "docs/both.js.gz", content: "the one that is there"},
		member{name: "docs/link.js", content: "../app.js", mode: fs.ModeSymlink | 0o777},
		member{name: "docs/index.html", content: "<h1>docs</h1>", method: zip.Deflate},
		member{name: "docs/secret.txt", content: "sealed", flags: 1},
		member{name: ".env", content: "KEY=" + text(2000, 5), method: zip.Deflate},
		member{name: "empty/"},
	)
}

// TestServer asks a server for what is in an archive.
func TestServer(t *testing.T) {
	t.Parallel()
	site, _ := open(t, mixed(t))
	url := serve(t, site)
	app, stored := text(50_000, 1), text(200_000, 2)
	coded := gzipOf(pack(t, zip.Deflate, app), app)
	for _, test := range []struct {
		name, path, field, value string
		status                   int
		coding, ranges, vary     string
		content                  string
	}{
		{"inflated", "/app.js", "", "", 200, "", "", "Accept-Encoding", app},
		{"as it lies", "/app.js", "Accept-Encoding", "gzip", 200, "gzip", "bytes", "Accept-Encoding", coded},
		{"not by choice", "/app.js", "Accept-Encoding", "br, zstd", 200, "", "", "Accept-Encoding", app},
		{"no part of what is inflated", "/app.js", "Range", "bytes=0-9", 200, "", "", "Accept-Encoding", app},
		{"zstd", "/docs/modern.css", "Accept-Encoding", "zstd, gzip", 200, "zstd", "bytes", "Accept-Encoding", pack(t, 93, text(50_000, 3))},
		{"zstd decoded", "/docs/modern.css", "Accept-Encoding", "gzip", 200, "", "", "Accept-Encoding", text(50_000, 3)},
		{"larger when coded", "/docs/tiny.css", "Accept-Encoding", "gzip", 200, "", "", "", "a{}"},
		{"a coded file that is there", "/docs/both.js", "Accept-Encoding", "gzip", 200, "gzip", "bytes", "Accept-Encoding", "the one that is there"},
		{"behind a link", "/docs/link.js", "", "", 200, "", "", "Accept-Encoding", app},
		{"behind a link, coded", "/docs/link.js", "Accept-Encoding", "gzip", 200, "gzip", "bytes", "Accept-Encoding", coded},
		{"stored", "/stored.txt", "", "", 200, "", "bytes", "Accept-Encoding", stored},
		{"part of what is stored", "/stored.txt", "Range", "bytes=100000-", 206, "", "bytes", "", stored[100000:]},
		{"end of what is stored", "/stored.txt", "Range", "bytes=-5", 206, "", "bytes", "", stored[199_995:]},
		{"coded form by name", "/app.js.gz", "", "", 200, "", "bytes", "", coded},
		{"coded form of what is not deflated", "/stored.txt.gz", "", "", 404, "", "", "", ""},
		{"coded form of another kind", "/app.js.zst", "", "", 404, "", "", "", ""},
		{"coded form of a coded form", "/app.js.gz.gz", "", "", 404, "", "", "", ""},
		{"index", "/docs/", "", "", 200, "", "", "", "<h1>docs</h1>"},
		{"encrypted", "/docs/secret.txt", "", "", 404, "", "", "", ""},
		{"hidden", "/.env", "", "", 404, "", "", "", ""},
		{"hidden, coded", "/.env.gz", "", "", 404, "", "", "", ""},
		{"below a file", "/app.js/x", "", "", 404, "", "", "", ""},
		{"missing", "/docs/missing", "", "", 404, "", "", "", ""},
		{"above", "/../stored.txt", "", "", 404, "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer, content, err := get(t, url+test.path, "Accept-Encoding", "identity", cmp.Or(test.field, "X-None"), test.value)
			head := answer.Header
			if err != nil || answer.StatusCode != test.status {
				t.Fatalf("%s, %v", answer.Status, err)
			}
			if test.status == 404 {
				return
			}
			if head.Get("Content-Encoding") != test.coding || head.Get("Accept-Ranges") != test.ranges || test.status == 200 && head.Get("Vary") != test.vary {
				t.Errorf("fields: %v", head)
			}
			if content != test.content {
				t.Errorf("%d bytes, want %d", len(content), len(test.content))
			}
			if tag := head.Get("ETag"); !strings.HasPrefix(tag, `"`) || head.Get("Last-Modified") != "Fri, 02 Jan 2026 03:04:06 GMT" {
				t.Errorf("validators: %s, %s", tag, head.Get("Last-Modified"))
			}
		})
	}
	if _, content, _ := get(t, url+"/app.js", "Accept-Encoding", "gzip"); gunzip(t, content) != app {
		t.Error("what is sent as it lies is not the file")
	}
	if _, content, _ := get(t, url+"/app.js", "Accept-Encoding", "gzip", "Range", "bytes=5-"); content != coded[5:] {
		t.Error("a part of what is sent as it lies is not that")
	}
	if _, content, _ := get(t, url+"/docs/modern.css", "Accept-Encoding", "zstd"); unzstd(t, content) != text(50_000, 3) {
		t.Error("what is sent as Zstandard is not the file")
	}
}

// gzipOf wraps deflated content as another program would.
func gzipOf(raw, content string) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
	io.WriteString(w, content)
	w.Close()
	whole := b.String()
	return "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + raw + whole[len(whole)-8:]
}

// TestListing lists, searches and packs what is in an archive.
func TestListing(t *testing.T) {
	t.Parallel()
	site, _ := open(t, mixed(t))
	url := serve(t, site, fileserver.WithIndex())
	list := func(path string) string {
		_, content, err := get(t, url+path, "Accept", "application/json")
		must(t, err)
		var listed any
		must(t, json.Unmarshal([]byte(content), &listed))
		return content
	}
	for path, expected := range map[string]string{"/": "app.js docs empty stored.txt", "/docs/": "both.js both.js.gz index.html link.js modern.css secret.txt tiny.css"} {
		content := list(path)
		for _, name := range strings.Fields(expected) {
			if !strings.Contains(content, `"`+name) {
				t.Errorf("%s lacks %s: %s", path, name, content)
			}
		}
		for _, name := range []string{"app.js.gz", "modern.css.zst", ".env"} {
			if strings.Contains(content, name) {
				t.Errorf("%s shows %s", path, name)
			}
		}
	}
	if found := list("/?q=css&deep=1"); !strings.Contains(found, "modern.css") || strings.Contains(found, ".zst") {
		t.Errorf("search: %s", found)
	}
	for _, form := range []string{"zip", "tar"} {
		out := filepath.Join(t.TempDir(), "out."+form)
		answer, content, err := get(t, url+"/?archive="+form)
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", form, answer.Status, err)
		}
		must(t, os.WriteFile(out, []byte(content), 0o644))
		program := []string{"unzip", "-q", out}
		if form == "tar" {
			program = []string{"tar", "-xf", out}
		}
		run := exec.Command(exchange.Program(t, program[0]), program[1:]...)
		run.Dir = t.TempDir()
		if report, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, report)
		}
		got := names(t, os.DirFS(filepath.Join(run.Dir, "Files")))
		if want := "app.js|docs/both.js|docs/both.js.gz|docs/index.html|docs/link.js|docs/modern.css|docs/tiny.css|stored.txt"; got != want {
			t.Errorf("%s has %s", form, got)
		}
		app, _ := os.ReadFile(filepath.Join(run.Dir, "Files/app.js"))
		if string(app) != text(50_000, 1) {
			t.Errorf("%s: app.js has %d bytes", form, len(app))
		}
	}
}

// TestCurl has curl decode, take parts, and go on with what it has a part of.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	site, _ := open(t, mixed(t))
	url := serve(t, site)
	stored, app := text(200_000, 2), text(50_000, 1)
	dir := t.TempDir()
	fetch := func(want string, args ...string) {
		t.Helper()
		out := filepath.Join(dir, "out")
		if report, err := exec.Command(curl, append([]string{"-sSf", "-o", out}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", args, err, report)
		}
		got, _ := os.ReadFile(out)
		if string(got) != want {
			t.Errorf("%q: %d bytes, want %d", args, len(got), len(want))
		}
		os.Remove(out)
	}
	fetch(app, url+"/app.js")
	fetch(app, "--compressed", url+"/app.js")
	fetch(stored[10:21], "-r", "10-20", url+"/stored.txt")
	write(t, filepath.Join(dir, "out"), []byte(stored[:70_000]))
	fetch(stored, "-C", "-", url+"/stored.txt")
	coded := gzipOf(pack(t, zip.Deflate, app), app)
	write(t, filepath.Join(dir, "out"), []byte(coded[:100]))
	fetch(coded, "-C", "-", "-H", "Accept-Encoding: gzip", url+"/app.js")
}

// TestDamaged cuts what turns out not to be what the archive promised.
func TestDamaged(t *testing.T) {
	t.Parallel()
	content := text(100_000, 1)
	raw := pack(t, zip.Deflate, content)
	site, _ := open(t, archive(t,
		member{name: "sum.js", content: content, method: zip.Deflate, crc: 1},
		member{name: "short.js", content: content, method: zip.Deflate, size: 100_001},
		member{name: "long.js", content: content, method: zip.Deflate, size: 99_999, crc: crc32.ChecksumIEEE([]byte(content[:99_999]))},
		member{name: "cut.js", content: content, method: zip.Deflate, raw: raw[:len(raw)/2]},
		member{name: "none.js", content: content, method: zip.Deflate, raw: "\xff\xff\xff\xff"},
		member{name: "small.js", content: "small", method: zip.Deflate, crc: 1},
		member{name: "empty.js", content: "", raw: pack(t, zip.Deflate, ""), method: zip.Deflate, crc: 1},
		member{name: "zstd.js", content: content, method: 93, crc: 1},
		member{name: "nozstd.js", content: content, method: 93, raw: "no frame at all"},
		member{name: "window.js", content: content, method: 93, raw: "\x28\xb5\x2f\xfd\x00\x80" + "\x01\x00\x00"},
	))
	url := serve(t, site)
	for _, name := range []string{"sum", "short", "long", "cut", "none", "small", "empty", "zstd", "nozstd", "window"} {
		answer, got, err := get(t, url+"/"+name+".js")
		if answer.StatusCode == 200 && err == nil {
			t.Errorf("%s.js: %d bytes, as if nothing were wrong", name, len(got))
		}
		if _, err := fs.ReadFile(site, name+".js"); err == nil {
			t.Errorf("%s.js can be read", name)
		}
	}
	for _, name := range []string{"nozstd.js.zst", "window.js.zst"} {
		if _, err := site.Stat(name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}
