package trial

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// past is when files of a tree were written: long ago, so that pages which tell
// their age are the same today, and within a second, so that what drops fractions
// shows.
var past = time.Date(2020, 2, 3, 4, 5, 6, 789_012_345, time.UTC)

// makeTree writes a tree of each kind of file that is answered in its own way.
func makeTree(t testing.TB, dir string) {
	t.Helper()
	var text strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&text, "%d bottles\n", i)
	}
	for name, content := range map[string]string{
		"index.html":      "<title>home</title>",
		"style.css":       strings.Repeat("p { margin: 0 }\n", 300), // encoded before the first answer
		"docs/large.txt":  text.String(),                            // encoded while it is sent
		"docs/a2.txt":     "2",
		"docs/a10.txt":    "10",
		"docs/README.md":  "# Read me\n",
		"film.bin":        strings.Repeat("\x00\x01\x02\x03", 5000),
		"_headers":        "/*\n  X-Site: yes\n",
		"pre/app.js":      "let original",
		"pre/app.js.br":   "in brotli",
		"pre/app.js.gz":   "in gzip",
		"docs/ä b/%.html": "<p>odd",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	backdate(t, dir, past)
}

// backdate gives each file and folder below dir a time.
func backdate(t testing.TB, dir string, when time.Time) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = os.Chtimes(name, when, when)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program, and fails the test if that fails.
func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(exchange.Program(t, name), args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// copying is a way in which a tree gets to a second machine.
type copying struct {
	name  string
	do    func(t testing.TB, from, to string)
	times times
}

// times is what a copy has of the times of the original.
type times int

const (
	same    times = iota // all of it
	seconds              // without fractions
	fresh                // nothing: it tells when the copy was made
)

var copyings = []copying{
	{"rsync -a", func(t testing.TB, from, to string) { run(t, "rsync", "-a", from+"/", to) }, same},
	{"cp -a", func(t testing.TB, from, to string) { run(t, "cp", "-a", from, to) }, same},
	{"tar, form of POSIX", tarred("--format=posix"), same},
	{"tar, form of GNU", tarred("--format=gnu"), seconds}, // an image has whole seconds as well
	{"cp -r", written, fresh}, // as git clone and a ConfigMap have it
}

func tarred(format string) func(t testing.TB, from, to string) {
	return func(t testing.TB, from, to string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "tree.tar")
		run(t, "tar", format, "-C", from, "-cf", file, ".")
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		run(t, "tar", "-C", to, "-xf", file)
	}
}

func written(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	backdate(t, to, time.Now().Add(-time.Hour)) // which no other copy has
}

// replicas starts n replicas of a tree that are copied in a way, all under one
// name, which pages and archives show.
func replicas(t testing.TB, n int, c copying, from string, args ...string) []*program {
	t.Helper()
	all := make([]*program, n)
	for i := range all {
		dir := filepath.Join(t.TempDir(), "site")
		c.do(t, from, dir)
		all[i] = start(t, append([]string{dir}, args...)...)
	}
	return all
}

// answered is what a replica says.
type answered struct {
	status  int
	header  http.Header
	content []byte
}

// request sends a request to p, with fields of the form "Name: value".
func (p *program) request(t testing.TB, method, target string, fields ...string) answered {
	t.Helper()
	return request(t, http.DefaultTransport, method, "http://"+p.address+target, fields...)
}

func request(t testing.TB, by http.RoundTripper, method, url string, fields ...string) answered {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	answer, err := by.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	answer.Header.Del("Date")
	return answered{answer.StatusCode, answer.Header, content}
}

// sameAs fails the test unless both answers are the same, to the last byte.
func (a answered) sameAs(t testing.TB, what string, other answered) {
	t.Helper()
	if a.status != other.status || fmt.Sprint(a.header) != fmt.Sprint(other.header) || !bytes.Equal(a.content, other.content) {
		t.Errorf("%s: %d %v, %d bytes; another replica %d %v, %d bytes",
			what, a.status, a.header, len(a.content), other.status, other.header, len(other.content))
	}
}

// questions are for each kind of answer of a tree, by how they are asked.
var questions = [][]string{
	{"/"}, {"/style.css"}, {"/style.css", "Accept-Encoding: gzip"}, {"/style.css", "Accept-Encoding: zstd"}, {"/style.css", "Accept-Encoding: br"},
	{"/docs/large.txt"}, {"/docs/large.txt", "Accept-Encoding: gzip"}, {"/docs/large.txt", "Accept-Encoding: zstd"}, {"/docs/large.txt", "Accept-Encoding: br"},
	{"/pre/app.js"}, {"/pre/app.js", "Accept-Encoding: br"}, {"/pre/app.js", "Accept-Encoding: gzip"},
	{"/film.bin", "Range: bytes=100-199"}, {"/docs/%C3%A4%20b/%25.html"},
	{"/docs"}, {"/missing"}, {"/_headers"},
}

// listings are the forms of a folder, and orders.
var listings = [][]string{
	{"/docs/", "Accept: text/html"}, {"/docs/", "Accept: text/html", "Accept-Encoding: br"}, {"/docs/?sort=time&order=desc", "Accept: text/html"},
	{"/docs/?format=json"}, {"/docs/?format=text"}, {"/?q=a&deep=1&format=text"},
}

// TestReplicas has replicas give the same answers if their files have the same
// times, and else never give parts of two answers that pass for one.
func TestReplicas(t *testing.T) {
	t.Parallel()
	from := filepath.Join(t.TempDir(), "site")
	makeTree(t, from)
	for _, c := range copyings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := replicas(t, 2, c, from)
			original := start(t, from)
			if c.times == fresh {
				wantApart(t, all)
				return
			}
			if c.times == same {
				all = append(all, original)
			} else {
				wantApart(t, []*program{all[0], original})
			}
			wantAlike(t, all)
		})
	}
}

// wantAlike has each replica answer as the first one does, and know its tags.
func wantAlike(t *testing.T, all []*program) {
	t.Helper()
	for _, q := range slices.Concat(questions, listings) {
		first := all[0].request(t, "GET", q[0], q[1:]...)
		if q[0] != "/missing" && q[0] != "/_headers" && first.status >= 400 {
			t.Errorf("%q: %d", q, first.status)
		}
		// The first answer may be sent while it is encoded, without a length.
		first = all[0].request(t, "GET", q[0], q[1:]...)
		for _, p := range all[1:] {
			p.request(t, "GET", q[0], q[1:]...)
			p.request(t, "GET", q[0], q[1:]...).sameAs(t, fmt.Sprintf("%q", q), first)
			wantKnown(t, p, q, first)
		}
	}
}

// wantKnown has p answer 304 to the validators of another replica.
func wantKnown(t *testing.T, p *program, q []string, other answered) {
	t.Helper()
	for field, condition := range map[string]string{"Etag": "If-None-Match: ", "Last-Modified": "If-Modified-Since: "} {
		value := other.header.Get(field)
		if value == "" || other.status != http.StatusOK && other.status != http.StatusPartialContent {
			continue
		}
		for _, method := range []string{"GET", "HEAD"} {
			if got := p.request(t, method, q[0], append(q[1:len(q):len(q)], condition+value)...); got.status != http.StatusNotModified {
				t.Errorf("%s %q with %s%s: %d", method, q, condition, value, got.status)
			}
		}
	}
}

// wantApart has files whose times are not the same be told apart, so that a part
// of one is never joined with a part of the other.
func wantApart(t *testing.T, all []*program) {
	t.Helper()
	for _, q := range [][]string{{"/film.bin"}, {"/style.css", "Accept-Encoding: gzip"}, {"/style.css"}} {
		first := all[0].request(t, "GET", q[0], q[1:]...)
		tag := first.header.Get("Etag")
		got := all[1].request(t, "GET", q[0], append(q[1:len(q):len(q)], "Range: bytes=10-19", "If-Range: "+tag)...)
		if tag == "" || got.status != http.StatusOK || !bytes.Equal(got.content, first.content) || got.header.Get("Etag") == tag {
			t.Errorf("%q: the rest of %s is %d with %s, %d bytes", q, tag, got.status, got.header.Get("Etag"), len(got.content))
		}
	}
}

// TestReplicasOfArchive has copies of one zip be the same site, whatever became
// of the times of the zip itself: those of what is in it count.
func TestReplicasOfArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from := filepath.Join(dir, "tree")
	makeTree(t, from)
	file, err := os.Create(filepath.Join(dir, "site.zip"))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	if err := w.AddFS(os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	var all []*program
	for i := range 2 {
		site := filepath.Join(t.TempDir(), "site.zip")
		if err := os.WriteFile(site, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(site, past, past.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		all = append(all, start(t, site))
	}
	wantAlike(t, all)
	first := all[0].request(t, "GET", "/docs/?archive=tar")
	all[1].request(t, "GET", "/docs/?archive=tar").sameAs(t, "an archive of a folder", first)
}

// TestReplicasArchives has archives of equal trees be the same bytes under tags
// that differ, since these tell the files of one disk from those of another: a
// download that changes over begins again.
func TestReplicasArchives(t *testing.T) {
	t.Parallel()
	from := filepath.Join(t.TempDir(), "site")
	makeTree(t, from)
	all := replicas(t, 2, copyings[1], from)
	for _, q := range []string{"/docs/?archive=zip", "/docs/?archive=tar"} {
		first, second := all[0].request(t, "GET", q), all[1].request(t, "GET", q)
		if !bytes.Equal(first.content, second.content) {
			t.Errorf("%s: %d bytes, another replica %d", q, len(first.content), len(second.content))
		}
		tag := first.header.Get("Etag")
		rest := all[1].request(t, "GET", q, "Range: bytes=100-", "If-Range: "+tag)
		if tag == "" || tag == second.header.Get("Etag") || rest.status != http.StatusOK || len(rest.content) != len(first.content) {
			t.Errorf("%s: the rest of %s is %d, %d bytes", q, tag, rest.status, len(rest.content))
		}
	}
}

// TestReplicasZones has the page of a folder be that of one time zone, in which
// it tells times, and all else be the same in each.
func TestReplicasZones(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "site")
	makeTree(t, dir)
	var all []*program
	for _, zone := range []string{"UTC", "Asia/Tokyo"} {
		cmd := exec.Command(binary, dir, "-p", "0", "-b", "127.0.0.1")
		cmd.Env = append(os.Environ(), "TZ="+zone)
		all = append(all, launch(t, cmd))
	}
	for _, q := range slices.Concat(questions, listings) {
		all[0].request(t, "GET", q[0], q[1:]...)
		all[1].request(t, "GET", q[0], q[1:]...)
		first, second := all[0].request(t, "GET", q[0], q[1:]...), all[1].request(t, "GET", q[0], q[1:]...)
		if isPage := slices.Contains(q, "Accept: text/html"); !isPage {
			second.sameAs(t, fmt.Sprintf("%q", q), first)
		} else if first.header.Get("Etag") == second.header.Get("Etag") {
			t.Errorf("%q: the same tag %s in two zones", q, first.header.Get("Etag"))
		}
	}
}
