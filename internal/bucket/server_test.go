package bucket_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/bucket"
	"github.com/gserve/gserve/internal/bucket/storetest"
)

// text returns n bytes that are worth encoding.
func text(n int) string { return strings.Repeat("All work and no play. ", n/22+1)[:n] }

func zipped(content string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, content)
	w.Close()
	return b.String()
}

// fill stores a small site.
func fill(t testing.TB) *storetest.Store {
	t.Helper()
	s := storetest.Start(t)
	for key, content := range map[string]string{
		"index.html": "<h1>home</h1>", "docs/guide.html": "<p>guide", "docs/page.txt": text(100), "docs/long.txt": text(bucket.SmallSize + 1),
		"docs/data.bin": strings.Repeat("0123456789", 30_000), "docs/app.js": "let app = 1", "docs/app.js.gz": zipped("let app = 1"),
		"docs/deep/er/x.png": "png", "list/b.txt": "b", "list/a.txt": "aa", "list/sub/c.txt": "c", "marked/": "",
		"404.html": "<h1>nothing</h1>", "none/.hidden": "hidden", "both/x": "x",
	} {
		s.Put(t, key, content)
	}
	s.Age(t)
	return s
}

// TestRequests counts what an answer costs: for a file two requests to the store,
// and none when it was asked for within a second.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := fill(t)
	for _, test := range []struct {
		asked, fields string
		status        int
		want          string // of a bucket of which nothing is known
		again         string // a second later
	}{
		{"GET /docs/data.bin", "", 200, "LIST docs/, GET /site/docs/data.bin bytes=0-299999", "LIST docs/data.bin, GET /site/docs/data.bin bytes=0-299999"},
		{"GET /docs/data.bin", "Range: bytes=10-19", 206, "LIST docs/, GET /site/docs/data.bin bytes=10-19", "LIST docs/data.bin, GET /site/docs/data.bin bytes=10-19"},
		{"GET /docs/data.bin", "Range: bytes=-5", 206, "LIST docs/, GET /site/docs/data.bin bytes=299995-299999", "LIST docs/data.bin, GET /site/docs/data.bin bytes=299995-299999"},
		{"HEAD /docs/data.bin", "", 200, "LIST docs/", "LIST docs/data.bin"},
		{"GET /docs/page.txt", "", 200, "LIST docs/, GET /site/docs/page.txt bytes=0-99", "LIST docs/page.txt"},
		{"GET /docs/page.txt", "Range: bytes=1-2", 206, "LIST docs/, GET /site/docs/page.txt bytes=0-99", "LIST docs/page.txt"},
		{"GET /docs/long.txt", "", 200, "LIST docs/, GET /site/docs/long.txt bytes=0-131071, GET /site/docs/long.txt bytes=0-131072", "LIST docs/long.txt, GET /site/docs/long.txt bytes=0-131072"},
		{"GET /docs/app.js", "Accept-Encoding: gzip", 200, "LIST docs/, GET /site/docs/app.js bytes=0-10, GET /site/docs/app.js.gz bytes=0-34", "LIST docs/app.js, GET /site/docs/app.js.gz bytes=0-34"},
		{"GET /docs/deep/er/x.png", "", 200, "LIST docs/deep/er/, GET /site/docs/deep/er/x.png bytes=0-2", "LIST docs/deep/er/x.png, GET /site/docs/deep/er/x.png bytes=0-2"},
		{"GET /", "", 200, "LIST index.htm, GET /site/index.html bytes=0-12", "LIST index.htm"},
		{"GET /list/", "", 200, "LIST list/", "LIST list/index.htm, LIST list/"},
		{"GET /list", "", 301, "LIST list, LIST list/index.htm", "LIST list, LIST list/index.htm"},
		{"GET /absent.txt", "", 404, "LIST absent.txt", "LIST absent.txt"},
		{"GET /no/such/folder/here.txt", "", 404, "LIST no/such/folder/, LIST no/", "LIST no/such/folder/, LIST no/"},
		{"GET /docs/none/a.txt", "", 404, "LIST docs/none/, LIST docs/", "LIST docs/none/"},
		{"PUT /docs/data.bin", "", 405, "LIST docs/", "LIST docs/data.bin"},
		{"GET /%FF/x", "", 404, "", ""},
		{"GET /docs/" + strings.Repeat("n", 1100), "", 404, "LIST docs/", ""},
	} {
		t.Run(strings.TrimSuffix(test.asked+" "+test.fields, " "), func(t *testing.T) {
			t.Parallel()
			url, proxy, forget := site(t, s)
			method, target, _ := strings.Cut(test.asked, " ")
			var fields []string
			if name, value, ok := strings.Cut(test.fields, ": "); ok {
				fields = []string{name, value}
			}
			for _, want := range []string{test.want, test.again} {
				a := ask(t, method, url+target, fields...)
				if a.StatusCode != test.status || a.err != nil {
					t.Errorf("%s, %v", a.Status, a.err)
				}
				if got := strings.Join(proxy.Taken(), ", "); got != want {
					t.Errorf("the store was asked\n%s, not\n%s", got, want)
				}
				forget()
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := fill(t)
	url, _, _ := site(t, s, fileserver.WithErrorPage("404.html"))
	tag := get(t, url+"/docs/data.bin").Header.Get("Etag")
	if tag == "" || strings.HasPrefix(tag, "W/") {
		t.Fatalf("the tag %s is not strong", tag)
	}
	for _, test := range []struct {
		target, fields string
		status         int
		want           string // fields of the answer
		content        string
	}{
		{"/docs/guide.html", "", 200, "Content-Type: text/html; charset=utf-8\nContent-Length: 8\nAccept-Ranges: bytes", "<p>guide"},
		{"/docs/data.bin", "Range: bytes=10-14", 206, "Content-Range: bytes 10-14/300000\nEtag: " + tag, "01234"},
		{"/docs/data.bin", "Range: bytes=10-14\nIf-Range: " + tag, 206, "", "01234"},
		{"/docs/data.bin", "Range: bytes=400000-", 416, "Content-Range: bytes */300000", ""},
		{"/docs/data.bin", "If-None-Match: " + tag, 304, "Etag: " + tag, ""},
		{"/docs/data.bin", `If-None-Match: "other"`, 200, "", strings.Repeat("0123456789", 30_000)},
		{"/docs/data.bin", `If-Match: "other"`, 412, "", ""},
		{"/docs/app.js", "Accept-Encoding: gzip", 200, "Content-Encoding: gzip\nVary: Accept-Encoding", zipped("let app = 1")},
		{"/docs/app.js", "", 200, "Content-Encoding: ", "let app = 1"},
		{"/docs/long.txt", "", 200, "Content-Length: 131073", text(bucket.SmallSize + 1)},
		{"/docs/long.txt", "Range: bytes=131070-", 206, "", text(bucket.SmallSize + 1)[131070:]},
		{"/docs/", "Accept: application/json", 200, "Content-Type: application/json", ""},
		{"/list/?sort=name", "Accept: text/plain", 200, "", "sub/\na.txt\nb.txt\n"},
		{"/marked/", "Accept: text/plain", 200, "", ""},
		{"/none/", "Accept: text/plain", 200, "", ""},
		{"/none/.hidden", "", 404, "", "<h1>nothing</h1>"},
		{"/docs/absent", "", 404, "Content-Type: text/html; charset=utf-8", "<h1>nothing</h1>"},
		{"/absent/", "", 404, "", "<h1>nothing</h1>"},
		{"/index.html/", "", 404, "", "<h1>nothing</h1>"},
		{"/index.html/x", "", 404, "", "<h1>nothing</h1>"},
	} {
		var fields []string
		for line := range strings.Lines(test.fields) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			fields = append(fields, name, value)
		}
		a := get(t, url+test.target, fields...)
		if a.StatusCode != test.status || a.err != nil {
			t.Errorf("%s %q: %s, %v", test.target, test.fields, a.Status, a.err)
			continue
		}
		for line := range strings.Lines(test.want) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
			if got := a.Header.Get(name); got != value {
				t.Errorf("%s %q: %s: %q, not %q", test.target, test.fields, name, got, value)
			}
		}
		if test.content != "" && a.content != test.content {
			t.Errorf("%s %q: %.80q", test.target, test.fields, a.content)
		}
	}
}

// TestParts asks for two parts, each of which is asked of the store.
func TestParts(t *testing.T) {
	t.Parallel()
	url, proxy, _ := site(t, fill(t))
	a := get(t, url+"/docs/data.bin", "Range", "bytes=0-1,100005-100006")
	if a.StatusCode != 206 || !strings.Contains(a.content, "\r\n\r\n01\r\n") || !strings.Contains(a.content, "\r\n\r\n56\r\n") {
		t.Errorf("%s: %q", a.Status, a.content)
	}
	if got := strings.Join(proxy.Taken()[1:], ", "); got != "GET /site/docs/data.bin bytes=0-1, GET /site/docs/data.bin bytes=100005-100006" {
		t.Error(got)
	}
}

// TestTags has the tag of an object change with its content, and not with time.
func TestTags(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	url, _, forget := site(t, s)
	seen := map[string]string{}
	for _, content := range []string{"one", "two", "one"} {
		s.Put(t, "a.bin", content)
		s.Age(t)
		forget()
		a := get(t, url+"/a.bin")
		tag := a.Header.Get("Etag")
		if a.content != content || seen[tag] != "" && seen[tag] != content {
			t.Errorf("%s is the tag of %q and %q", tag, a.content, seen[tag])
		}
		seen[tag] = content
	}
	if len(seen) < 2 {
		t.Errorf("tags: %v", seen)
	}
}

// TestStoredEncoded has objects be stored with a coding, as sites are uploaded
// that are encoded in advance.
func TestStoredEncoded(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	page := "<h1>" + text(3000)
	s.Put(t, "index.html", zipped(page), "Content-Encoding", "gzip")
	s.Put(t, "sub/app.js", zipped(page), "Content-Encoding", "aws-chunked,gzip")
	s.Put(t, "sub/strange.js", "let strange = 1", "Content-Encoding", "compress")
	s.Put(t, "sub/people.js", "let people = 1", "Content-Encoding", "utf-8")
	s.Put(t, "sub/photo.jpg", zipped("jpg"), "Content-Encoding", "gzip")
	s.Age(t)
	url, _, _ := site(t, s)
	for _, target := range []string{"/", "/index.html", "/sub/app.js"} {
		a := get(t, url+target, "Accept-Encoding", "gzip")
		if a.StatusCode != 200 || a.content != zipped(page) || a.Header.Get("Content-Encoding") != "gzip" || a.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %s, %v, %d bytes", target, a.Status, a.Header, len(a.content))
		}
		plain := get(t, url+target)
		if plain.StatusCode != 200 || plain.content != page || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s decoded: %s, %v, %d bytes", target, plain.Status, plain.Header, len(plain.content))
		}
		if a.Header.Get("Etag") == plain.Header.Get("Etag") {
			t.Errorf("%s: both forms have the tag %s", target, a.Header.Get("Etag"))
		}
		if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/") {
			t.Errorf("%s: %s", target, got)
		}
	}
	if a := get(t, url+"/sub/strange.js"); a.StatusCode != 500 || strings.Contains(a.content, "strange") {
		t.Errorf("a coding that is not known: %s, %q", a.Status, a.content)
	}
	if a := get(t, url+"/sub/people.js"); a.content != "let people = 1" || a.Header.Get("Content-Encoding") != "" {
		t.Errorf("a charset for a coding: %s, %v", a.Status, a.Header)
	}
	if a := get(t, url+"/sub/photo.jpg", "Accept-Encoding", "gzip"); a.content != zipped("jpg") || a.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("what is no text: %s, %v", a.Status, a.Header)
	}
	if a := get(t, url+"/sub/", "Accept", "text/plain"); a.content != "app.js\npeople.js\nphoto.jpg\nstrange.js\n" {
		t.Errorf("the listing: %q", a.content)
	}
}

// TestListed has files be asked for right after they have been listed.
func TestListed(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "a.txt", "a")
	s.Put(t, "b.bin", "b")
	s.Put(t, "app.js", zipped("let app = 1"), "Content-Encoding", "gzip")
	url, _, _ := site(t, s)
	if a := get(t, url+"/", "Accept", "text/plain"); a.content != "a.txt\napp.js\nb.bin\n" {
		t.Errorf("%q", a.content)
	}
	for target, content := range map[string]string{"/a.txt": "a", "/b.bin": "b"} {
		if a := get(t, url+target); a.content != content {
			t.Errorf("%s: %s, %q", target, a.Status, a.content)
		}
	}
	a := get(t, url+"/app.js")
	if a.StatusCode == 503 { // what a listing does not tell is known from now on
		a = get(t, url+"/app.js")
	}
	if a.content != "let app = 1" {
		t.Errorf("/app.js: %s, %q", a.Status, a.content)
	}
}

func TestStoredType(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	for key, mediaType := range map[string]string{
		"about": "text/html; charset=utf-8", "data": "application/x-own", "known.css": "text/x-other", "plain": "application/octet-stream",
	} {
		s.Put(t, key, text(2000), "Content-Type", mediaType)
	}
	s.Age(t)
	url, _, _ := site(t, s)
	for target, want := range map[string]string{
		"/about": "text/html; charset=utf-8", "/data": "application/x-own", "/known.css": "text/css; charset=utf-8", "/plain": "text/plain; charset=utf-8",
	} {
		if got := get(t, url+target).Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %q, not %q", target, got, want)
		}
	}
}

// TestPrefix has nothing be reached that lies beside the prefix.
func TestPrefix(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	for _, key := range []string{"web/a.txt", "web/in/b.txt", "secret.txt", "web-secret/c.txt", "webs"} {
		s.Put(t, key, key)
	}
	proxy := storetest.NewProxy(t, s)
	url := serve(t, open(t, s, proxy.URL, "s3://"+s.Bucket+"/web/"))
	proxy.Taken()
	for target, content := range map[string]string{"/a.txt": "web/a.txt", "/in/b.txt": "web/in/b.txt"} {
		if a := get(t, url+target); a.content != content {
			t.Errorf("%s: %q", target, a.content)
		}
	}
	for _, target := range []string{"/../secret.txt", "/in/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/-secret/c.txt", "/s", "//secret.txt", "/in%2f..%2f..%2fsecret.txt", "/web/a.txt"} {
		if a := get(t, url+target); a.StatusCode != 404 {
			t.Errorf("%s: %s, %q", target, a.Status, a.content)
		}
	}
	for _, asked := range proxy.Taken() {
		if _, of, _ := strings.Cut(asked, " "); !strings.HasPrefix(strings.TrimPrefix(of, "/"+s.Bucket+"/"), "web/") {
			t.Errorf("the store was asked for what lies beside: %s", asked)
		}
	}
}

// TestManyNames has many names lie together: more than a page of a listing, and
// more than a look brings between a name and its folder.
func TestManyNames(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	for i := range 60 {
		s.Put(t, fmt.Sprintf("dir/img-%04d.jpg", i), "x")
	}
	s.Put(t, "dir/img/a.txt", "in the folder")
	s.Put(t, "dir/img.js.gz", zipped("let img = 1"))
	for i := range 2100 { // quicker than by requests
		writeFile(t, s, fmt.Sprintf("flat/%05d.txt", i), "x")
	}
	s.Age(t)
	url, proxy, _ := site(t, s)
	if a := get(t, url+"/dir/img"); a.StatusCode != 301 {
		t.Errorf("/dir/img: %s", a.Status)
	}
	if a := get(t, url+"/dir/img/a.txt"); a.content != "in the folder" {
		t.Errorf("/dir/img/a.txt: %q", a.content)
	}
	if a := get(t, url+"/dir/img.js", "Accept-Encoding", "gzip"); a.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("/dir/img.js: %s, %v", a.Status, a.Header)
	}
	proxy.Taken()
	a := get(t, url+"/flat/", "Accept", "text/plain")
	if n := strings.Count(a.content, "\n"); n != 2100 || !strings.HasPrefix(a.content, "00000.txt\n00001.txt\n") || a.err != nil {
		t.Errorf("%d names, %v", n, a.err)
	}
	if asked := proxy.Taken(); len(asked) != 5 {
		t.Errorf("the store was asked %d times for 3 pages: %v", len(asked), asked)
	}
}

// TestFileSystem tries what any file system has to do.
func TestFileSystem(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	names := []string{"a.txt", "docs/b.bin", "docs/deep/c.html", "empty.txt", "odd/a b%ü'\".txt", "odd/line\nbreak"}
	for _, name := range names {
		s.Put(t, name, strings.TrimPrefix(name, "empty.txt"))
	}
	b := open(t, s, s.URL, "s3://"+s.Bucket)
	must(t, fstest.TestFS(forward{b}, names...))
	entries, err := b.ReadDir(".")
	must(t, err)
	if !slices.IsSortedFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) }) {
		t.Error("entries are not in order")
	}
}

// forward hides that the beginning of a file can be read at an offset, and no
// more than that.
type forward struct{ fs.FS }

func (f forward) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if _, ok := file.(fs.ReadDirFile); ok || err != nil {
		return file, err
	}
	return struct {
		fs.File
		io.Seeker
	}{file, file.(io.Seeker)}, nil
}

// TestSteady asks for the rules of a site over and over.
func TestSteady(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "_redirects", "/old /new")
	proxy := storetest.NewProxy(t, s)
	b := open(t, s, proxy.URL, "s3://"+s.Bucket)
	forget := b.Believe()
	proxy.Taken()
	for range 3 {
		info, err := b.Stat("_redirects")
		must(t, err)
		if info.Size() != 9 {
			t.Errorf("%d bytes", info.Size())
		}
		forget()
	}
	if asked := proxy.Taken(); len(asked) != 1 {
		t.Errorf("the store was asked %v", asked)
	}
}
