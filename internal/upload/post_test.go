package upload

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/store"
)

func TestPostForm(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	os.Mkdir(filepath.Join(s.dir, "sub"), 0o777)
	content, kind := makeForm(t, "photo.jpg:one", "photo.jpg:two", "comment=ignored", "album/2026/a b?.txt:three", ":", `C:\fakepath\x.txt:four`)
	a := s.ask("POST", "/sub/", content, kind, "Accept: application/json").want(t, "JSON", 201)
	var got []stored
	if err := json.Unmarshal([]byte(a.content), &got); err != nil {
		t.Fatal(err)
	}
	want := []stored{
		{Name: "photo.jpg", URL: "photo.jpg", Size: 3},
		{Name: "photo (1).jpg", URL: "photo%20%281%29.jpg", Size: 3},
		{Name: "album/2026/a b_.txt", URL: "album/2026/a%20b_.txt", Size: 5},
		{Name: "x.txt", URL: "x.txt", Size: 4},
	}
	for i := range got {
		got[i].URL = strings.NewReplacer("(", "%28", ")", "%29").Replace(got[i].URL)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	s.wantFiles("the form", map[string]string{
		"sub/": "", "sub/photo.jpg": "one", "sub/photo (1).jpg": "two", "sub/x.txt": "four",
		"sub/album/": "", "sub/album/2026/": "", "sub/album/2026/a b_.txt": "three",
	})

	content, kind = makeForm(t, "new.txt:x")
	page := "Accept: text/html,application/xhtml+xml"
	if a := s.ask("POST", "/sub/", content, kind, page).want(t, "a page", 303); a.header.Get("Location") != "/sub/" {
		t.Errorf("%v", a.header)
	}
	a = s.ask("POST", "/sub/", content, kind, page).want(t, "a page that tells of a name", 201)
	if !strings.Contains(a.content, "<bdi>new (1).txt</bdi> (was <bdi>new.txt</bdi>)") {
		t.Errorf("%q", a.content)
	}
	a = s.ask("POST", "/sub", content, kind).want(t, "without slash", 201)
	if a.content != "new (2).txt\n" || a.header.Get("Location") != "/sub/new%20%282%29.txt" && a.header.Get("Location") != "/sub/new%20(2).txt" {
		t.Errorf("%+v", a)
	}
	s.ask("POST", "/none", content, kind).want(t, "no folder", 409)
	s.ask("POST", "/made/by/it/", content, kind).want(t, "a folder that is to be", 201)
	s.ask("POST", "/", content, kind, "Sec-Fetch-Site: cross-site").want(t, "of another page", 403)
	s.ask("POST", "/", content, "Content-Type: multipart/form-data").want(t, "no boundary", 400)
	s.ask("POST", "/", "").want(t, "nothing", 400)
	content, kind = makeForm(t)
	s.ask("POST", "/", content, kind).want(t, "an empty form", 400)
}

func TestPostFormFails(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Max: 3}, all)
	content, kind := makeForm(t, "a:one", "../b:two", "c:three")
	a := s.ask("POST", "/", content, kind).want(t, "a path that leads up", 400)
	if !strings.Contains(a.content, "1 files before it are stored, the last one is a") {
		t.Errorf("%q", a.content)
	}
	content, kind = makeForm(t, "d:longer")
	s.ask("POST", "/", content, kind).want(t, "too large", 413)
	content, kind = makeForm(t, "e/f:x", "e:x", "e (1)/g:x")
	s.ask("POST", "/", content, kind).want(t, "a file in the place of a folder", 409)
	content, kind = makeForm(t, "text="+strings.Repeat("x", maxForm))
	s.ask("POST", "/", content, kind).want(t, "much text", 413)
	s.wantFiles("after all", map[string]string{"a": "one", "e/": "", "e/f": "x", "e (1)": "x"})
}

func TestPostContent(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Refused: func(name string) bool { return name == "index.html" }}, all)
	for disposition, want := range map[string]string{
		`attachment; filename="a.txt"`:                             "a.txt",
		`inline; filename="x.txt"; filename*=UTF-8''%e2%82%ac.txt`: "€.txt",
		`attachment; filename="dir/b.txt"`:                         "dir/b.txt",
		`attachment; filename=.profile`:                            "profile",
		`attachment; filename=index.html`:                          "index (1).html",
	} {
		a := s.ask("POST", "/", "x", "Content-Disposition: "+disposition, "Content-Type: image/png").want(t, disposition, 201)
		if a.content != want+"\n" {
			t.Errorf("%s: %q, want %q", disposition, a.content, want)
		}
	}
	s.ask("POST", "/", "x", "Content-Type: image/png").want(t, "no name", 400)
	s.ask("POST", "/", "x", "Content-Disposition: attachment; filename=../x").want(t, "up", 400)
}

func TestDropBox(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, Config{Upload: true, DropBox: true})
	content, kind := makeForm(t, "<b>.txt:x")
	a := s.ask("POST", "/", content, kind, "Accept: text/html").want(t, "a form", 201)
	if !strings.Contains(a.content, "<bdi>_b_.txt</bdi> (was <bdi>&lt;b&gt;.txt</bdi>)") || !strings.Contains(a.content, `<a href="/">`) {
		t.Errorf("%q", a.content)
	}
}

func TestActs(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{}, all)
	kind := "Content-Type: application/x-www-form-urlencoded"
	act := func(path, fields string, status int) answer {
		t.Helper()
		return s.ask("POST", path, fields, kind).want(t, fields, status)
	}
	act("/", "do=mkdir&to=a", 204)
	act("/", "do=mkdir&to=a", 409)
	act("/", "do=mkdir&to=b%3Fc", 204)
	act("/", "do=mkdir&to=..", 400)
	act("/", "do=mkdir&to=x/y", 400)
	act("/", "do=mkdir", 400)
	act("/", "do=nothing", 400)
	act("/", "do=%zz", 400)
	act("/", "x="+strings.Repeat("x", maxForm), 413)
	for _, name := range []string{"f", "g", "h", "a/i"} {
		s.ask("PUT", "/"+name, name).want(t, name, 201)
	}
	act("/", "do=delete&name=f&name=g", 204)
	act("/", "do=delete&name=f", 404)
	act("/", "do=delete&name=a", 409)
	act("/", "do=delete&name=../x", 400)
	act("/", "do=delete&name=.gserve-1", 403)
	act("/", "do=move&name=h&to=a", 409)
	act("/", "do=move&name=h&to=", 400)
	act("/", "do=move&name=h&to=j", 204)
	act("/", "do=move&name=j&name=b_c/&to=a/", 204)
	act("/", "do=move&name=a/&to=a/b", 403)
	act("/a/", "do=move&name=i&to=/i", 204)
	act("/a/", "do=move&name=j&to=/", 204)
	s.wantFiles("moved", map[string]string{"a/": "", "a/b_c/": "", "i": "a/i", "j": "h"})
	act("/", "do=delete&name=a/", 204)
	if a := s.ask("POST", "/", "do=mkdir&to=z", kind, "Accept: text/html").want(t, "a page", 303); a.header.Get("Location") != "/" {
		t.Errorf("%v", a.header)
	}
	content, multi := makeForm(t, "do=mkdir", "to=y")
	s.ask("POST", "/", content, multi).want(t, "in a form of parts", 201)
	s.wantFiles("after all", map[string]string{"i": "a/i", "j": "h", "y/": "", "z/": ""})
}

func TestTree(t *testing.T) {
	t.Parallel()
	s := serve(t, store.Options{Overwrite: true}, all)
	do := func(method, path string, status int, fields ...string) answer {
		t.Helper()
		return s.ask(method, path, "", fields...).want(t, method+" "+path, status)
	}
	do("MKCOL", "/a/", 201)
	do("MKCOL", "/a", 405)
	do("MKCOL", "/", 405)
	do("MKCOL", "/x/y", 409)
	do("MKCOL", "/con", 400)
	do("MKCOL", "/.x", 403)
	s.ask("MKCOL", "/b", "content").want(t, "content", 415)
	s.ask("PUT", "/f", "f")
	s.ask("PUT", "/a/g", "gg")
	do("MOVE", "/f", 400)
	do("MOVE", "/f", 400, "Destination: f2")
	do("MOVE", "/f", 400, "Destination: /f2?q")
	do("MOVE", "/f", 400, "Destination: /f2", "Overwrite: x")
	do("MOVE", "/f", 502, "Destination: http://other.example/f2")
	do("MOVE", "/f", 403, "Destination: /f")
	do("MOVE", "/f", 409, "Destination: /none/f")
	do("MOVE", "/none", 404, "Destination: /g")
	do("MOVE", "/f", 412, "Destination: /a/g", "Overwrite: F")
	do("MOVE", "/f", 412, "Destination: /a")
	do("MOVE", "/a", 403, "Destination: /a/b")
	do("MOVE", "/f", 403, "Destination: "+s.url+"/g", "Origin: http://evil.example")
	if a := do("MOVE", "/f", 201, "Destination: "+s.url+"/f%202"); a.header.Get("Location") != "/f%202" {
		t.Errorf("%v", a.header)
	}
	do("MOVE", "/f%202", 204, "Destination: /a/g")
	do("MOVE", "/a/", 201, "Destination: /b/")
	s.wantFiles("moved", map[string]string{"b/": "", "b/g": "f"})
	do("DELETE", "/b", 409)
	do("DELETE", "/b/g/", 404)
	do("DELETE", "/b/g", 412, `If-Match: "9"`)
	do("DELETE", "/", 403)
	do("DELETE", "/none", 404)
	do("DELETE", "/b/", 403, "Sec-Fetch-Site: cross-site")
	do("DELETE", "/b/", 204)
	s.wantFiles("after all", map[string]string{})
}

func FuzzPartName(f *testing.F) {
	f.Add(`form-data; name="f"; filename="a b.txt"`)
	f.Add(`form-data; name="f"; filename="a\"b%22.txt"`)
	f.Add(`form-data; name="f"; filename*=UTF-8''%e2%82%ac%00`)
	f.Add(`form-data; name="f"; filename="C:\dir\..\x"`)
	f.Add("form-data; filename=\"\xff/../x\"")
	f.Fuzz(func(t *testing.T, disposition string) {
		name, isFile, err := partName(disposition)
		if err != nil || !isFile {
			return
		}
		clean, err := store.CleanPath(cutDrive(name), false)
		if err != nil {
			return
		}
		for segment := range strings.SplitSeq(clean, "/") {
			if segment == "" || segment == "." || segment == ".." || segment[0] == '.' || strings.ContainsAny(segment, "\x00\\:") || len(segment) > 255 {
				t.Fatalf("%q is %q", disposition, clean)
			}
		}
	})
}

func FuzzTarget(f *testing.F) {
	f.Add("/a/../b%20c/")
	f.Add("/%2e%2e/%00")
	f.Fuzz(func(t *testing.T, path string) {
		name, err := parseName(path)
		if err != nil || name.name == "." {
			return
		}
		for segment := range strings.SplitSeq(name.name, "/") {
			if segment == "" || segment == "." || segment == ".." || strings.IndexByte(segment, 0) >= 0 {
				t.Fatalf("%q is %q", path, name.name)
			}
		}
		if again, err := parseName(escape(name.name)); err != nil || again.name != name.name {
			t.Fatalf("%q is %q, and that %q, %v", path, name.name, again.name, err)
		}
	})
}
