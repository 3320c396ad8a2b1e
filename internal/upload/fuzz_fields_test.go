package upload

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/store"
)

// The bare items that are known, and those with no parameters, which none needs.
var (
	integerForm = regexp.MustCompile(`(?s)^ *(-?0|[0-9]{1,15}) *(;.*)?$`)
	booleanForm = regexp.MustCompile(`(?s)^ *\?([01]) *(;.*)?$`)
	bareInteger = regexp.MustCompile(`^[0-9]{1,15}$`)
)

// FuzzItem holds that a structured field is taken only as RFC 9651 has it, and
// for what it says.
func FuzzItem(f *testing.F) {
	for _, value := range []string{"5", " 5 ", "05", "-0", "-1", "999999999999999", "1000000000000000", "5;a=1", `5; a="x;\"y";b=?1`, "5;", "5 5", "5,6", "?1", "?0;x", "?2", "1.0", "5;A", "5;a=", "\t5", `5;a="`} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := &http.Request{Header: http.Header{"Upload-Offset": {value}}}
		n, ok := integer(r, "Upload-Offset")
		m := integerForm.FindStringSubmatch(value)
		if ok {
			if m == nil {
				t.Fatalf("%q is %d", value, n)
			}
			if want, err := strconv.ParseInt(strings.TrimPrefix(m[1], "-"), 10, 64); err != nil || n != want {
				t.Fatalf("%q is %d, want %d", value, n, want)
			}
		} else if bareInteger.MatchString(value) {
			t.Fatalf("%q is refused", value)
		}
		is, ok := boolean(r, "Upload-Offset")
		if m := booleanForm.FindStringSubmatch(value); ok && (m == nil || is != (m[1] == "1")) || !ok && (value == "?0" || value == "?1") {
			t.Fatalf("%q is %t, %t", value, is, ok)
		}
	})
}

// FuzzLength holds that the length which a request tells is one that a file can
// have, and the same whatever tells it.
func FuzzLength(f *testing.F) {
	f.Add("?1", "10", int64(10), int64(0))
	f.Add("?0", "", int64(5), int64(5))
	f.Add("?1", "", int64(1<<63-1), int64(1))
	f.Add("?0", "999999999999999", int64(-1), int64(999999999999999))
	f.Fuzz(func(t *testing.T, complete, whole string, content, offset int64) {
		if offset < 0 || offset > maxInteger {
			return
		}
		r := &http.Request{ContentLength: max(content, -1), Header: http.Header{"Upload-Complete": {complete}, "Upload-Length": {whole}}, ProtoMajor: 1, ProtoMinor: 1}
		p, err := parsePlan(r)
		if err != nil {
			return
		}
		if p.resumable && p.length < -1 {
			t.Fatalf("%+v", p)
		}
		length, known, err := p.lengthAt(r, offset)
		if err != nil || !known {
			return
		}
		told, isTold := integer(r, "Upload-Length")
		switch {
		case length < offset && r.ContentLength >= 0:
			t.Fatalf("%d bytes from %d on make %d", r.ContentLength, offset, length)
		case isTold && length != told:
			t.Fatalf("%q makes %d", whole, length)
		case p.complete && r.ContentLength >= 0 && length-offset != r.ContentLength:
			t.Fatalf("the rest of %d bytes from %d on makes %d", r.ContentLength, offset, length)
		}
	})
}

// outside is a folder with a file, in which lies the folder for uploads.
func outside(t *testing.T) (parent, dir string) {
	t.Helper()
	parent = t.TempDir()
	dir = filepath.Join(parent, "uploads")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(parent, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return parent, dir
}

// checkOutside holds that nothing has been written but below dir, under names
// that hurt nowhere. It returns what the files have, drafts left out.
func checkOutside(t *testing.T, parent, dir string) (files map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(parent)
	secret, readErr := os.ReadFile(filepath.Join(parent, "secret"))
	if err != nil || readErr != nil || len(entries) != 2 || string(secret) != "secret" {
		t.Fatalf("outside there is %v, %q", entries, secret)
	}
	files = map[string]string{}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		base := d.Name()
		if strings.HasPrefix(base, store.Prefix) {
			return nil
		}
		if !d.IsDir() && !d.Type().IsRegular() || base[0] == '.' || strings.ContainsAny(base, "\\:*?\"<>|\r\n") || len(base) > 255 {
			t.Fatalf("%q is there", name)
		}
		if d.IsDir() {
			return nil
		}
		content, err := os.ReadFile(name)
		relative, _ := filepath.Rel(dir, name)
		files[relative] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// FuzzForm sends any content as a form. Whatever becomes of it, it is no fault
// of the server, and nothing is written but to the folder.
func FuzzForm(f *testing.F) {
	part := func(disposition, content string) string {
		return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n"
	}
	f.Add([]byte(part(`form-data; name="f"; filename="a.txt"`, "content")+"--b--\r\n"), "/", "")
	f.Add([]byte(part(`form-data; name="f"; filename="../../secret"`, "x")+part(`form-data; name="f"; filename="/secret"`, "y")+"--b--"), "/sub/", "")
	f.Add([]byte(part(`form-data; name="do"`, "mkdir")+part(`form-data; name="name"`, "../x")+"--b--"), "/", "")
	f.Add([]byte(part(`form-data; name="do"`, "move")+part(`form-data; name="name"`, "a")+part(`form-data; name="to"`, "../secret")+"--b--"), "/", "")
	f.Add([]byte(part(`form-data; name="do"`, "delete")+part(`form-data; name="name"`, "..")+"--b--"), "/x/../", "")
	f.Add([]byte(part(`form-data; name="f"; filename="C:\\x\\con.txt"`, "")+"--b"), "/", "")
	f.Add([]byte("content"), "/", `attachment; filename*=UTF-8''..%2fsecret`)
	f.Fuzz(func(t *testing.T, content []byte, path, disposition string) {
		if path == "" || path[0] != '/' {
			return
		}
		parent, dir := outside(t)
		h := newHandler(t, dir, store.Options{}, all)
		r := httptest.NewRequest("POST", "/", bytes.NewReader(content))
		u, err := r.URL.Parse(path)
		if err != nil || u.Host != r.URL.Host {
			return
		}
		r.URL = u
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		if disposition != "" {
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set("Content-Disposition", disposition)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for name, got := range checkOutside(t, parent, dir) {
			if !bytes.Contains(content, []byte(got)) {
				t.Fatalf("%q has %q", name, got)
			}
		}
	})
}

// FuzzResume sends a file in pieces that may overlap, be missing or lie about
// themselves. Each byte that is stored is the one that was sent for its place,
// and a file is there only if it is whole.
func FuzzResume(f *testing.F) {
	f.Add("content of a file", []byte{3, 0, 0, 5, 0, 0, 9, 1, 0}, "?0", "17")
	f.Add("content", []byte{2, 1, 0, 0, 0, 0, 7, 1, 1}, "?0", "")
	f.Add("x", []byte{}, "?1", "1")
	f.Add("content", []byte{3, 0, 3, 7, 1, 2}, "?0", "5")
	f.Fuzz(func(t *testing.T, content string, steps []byte, complete, length string) {
		if len(content) > 1000 || len(steps) > 30 {
			return
		}
		parent, dir := outside(t)
		h := newHandler(t, dir, store.Options{}, all)
		send := func(method, path, part string, fields map[string]string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(part))
			for name, value := range fields {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Fatalf("%s %s %v: %d %s", method, path, fields, w.Code, w.Body)
			}
			return w
		}
		first := len(content)
		if len(steps) > 0 {
			first = min(first, int(steps[0]))
		}
		w := send("PUT", "/file", content[:first], map[string]string{"Upload-Complete": complete, "Upload-Length": length})
		location := w.Header().Get("Location")
		isWhole := func() bool {
			files := checkOutside(t, parent, dir)
			got, ok := files["file"]
			if len(files) > 1 || ok && !strings.HasPrefix(content, got) {
				t.Fatalf("stored are %q of %q", files, content)
			}
			return ok
		}
		if isWhole() || !strings.HasPrefix(location, ResourcePrefix) {
			return
		}
		for i := 1; i+2 < len(steps); i += 3 {
			head := send("HEAD", location, "", nil)
			offset, err := strconv.Atoi(head.Header().Get("Upload-Offset"))
			if head.Code != http.StatusNoContent {
				break
			}
			if err != nil || offset > len(content) {
				t.Fatalf("after step %d it is at %q of %d", i, head.Header().Get("Upload-Offset"), len(content))
			}
			claimed := offset + int(int8(steps[i+2]))%4
			from := min(max(claimed, 0), len(content))
			fields := map[string]string{
				"Content-Type": partialUpload, "Upload-Offset": strconv.Itoa(claimed), "Upload-Complete": "?" + strconv.Itoa(int(steps[i+1]&1)),
			}
			if steps[i+1]&2 != 0 {
				fields["Upload-Length"] = length
			}
			send("PATCH", location, content[from:min(from+int(steps[i]), len(content))], fields)
			if isWhole() {
				return
			}
		}
		send("DELETE", location, "", nil)
		if isWhole() {
			t.Fatal("a file that was given up is there")
		}
	})
}
