package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/bucket"
	"github.com/gserve/gserve/internal/bucket/storetest"
)

// isGet reports whether a request is for the content of an object.
func isGet(r *http.Request) bool { return r.Method == "GET" && !r.URL.Query().Has("list-type") }

// TestReplaced has an object be replaced between the listing and the content.
func TestReplaced(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	old, young := strings.Repeat("old ", 50_000), strings.Repeat("young", 60_000)
	for _, test := range []struct {
		name, fields string
		status       int
	}{
		{"whole", "", 200},
		{"part", "Range: bytes=100000-100003", 503},
		{"condition", `If-Match: *`, 503},
	} {
		s.Put(t, "a.bin", old)
		s.Age(t)
		url, proxy, forget := site(t, s)
		before := get(t, url+"/a.bin").Header.Get("Etag")
		var replaced atomic.Bool
		proxy.Meddle(func(_ http.ResponseWriter, r *http.Request) bool {
			if isGet(r) && !replaced.Swap(true) {
				s.Put(t, "a.bin", young)
				s.Age(t)
			}
			return false
		})
		forget()
		var fields []string
		if name, value, ok := strings.Cut(test.fields, ": "); ok {
			fields = []string{name, value}
		}
		a := get(t, url+"/a.bin", fields...)
		if a.StatusCode != test.status || a.err != nil {
			t.Errorf("%s: %s, %v", test.name, a.Status, a.err)
		}
		if a.StatusCode == 200 && (a.content != young || a.Header.Get("Etag") == before) {
			t.Errorf("%s: %.20q, %s as before", test.name, a.content, a.Header.Get("Etag"))
		}
		if a.StatusCode == 503 && (a.Header.Get("Retry-After") == "" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Etag") != "") {
			t.Errorf("%s: %v", test.name, a.Header)
		}
		a = get(t, url+"/a.bin", fields...)
		if a.StatusCode >= 300 || !strings.Contains(young, a.content) {
			t.Errorf("%s, once more: %s, %.20q", test.name, a.Status, a.content)
		}
	}
}

// TestGone has an object be deleted between the listing and the content.
func TestGone(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "a.bin", "a")
	s.Put(t, "b.txt", "b")
	url, proxy, _ := site(t, s)
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			fail(w, http.StatusNotFound, "NoSuchKey")
		}
		return isGet(r)
	})
	for _, target := range []string{"/a.bin", "/b.txt"} {
		if a := get(t, url+target); a.StatusCode != 404 {
			t.Errorf("%s: %s", target, a.Status)
		}
	}
}

// fail answers as a store does that refuses.
func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>because of %s</Message><AWSAccessKeyId>%s</AWSAccessKeyId></Error>", code, code, storetest.ID)
}

// TestRefusals has the store refuse what it is asked for.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "a.bin", "a")
	s.Put(t, "b.txt", "b")
	for _, test := range []struct {
		status int
		code   string
		get    int // of the answer, when content is refused
		list   int // or a listing
	}{
		{403, "AccessDenied", 404, 503},
		{403, "InvalidObjectState", 404, 503},
		{403, "InvalidAccessKeyId", 503, 503},
		{400, "ExpiredToken", 503, 503},
		{503, "SlowDown", 503, 503},
		{500, "InternalError", 503, 503},
		{404, "NoSuchBucket", 503, 503},
	} {
		for _, whichGet := range []bool{true, false} {
			var last atomic.Value
			proxy := storetest.NewProxy(t, s)
			b := open(t, s, proxy.URL, "s3://"+s.Bucket)
			url := serve(t, b, fileserver.WithObserver(func(r *fileserver.Record) { last.Store(fmt.Sprint(r.Err)) }))
			proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
				if isGet(r) != whichGet {
					return false
				}
				fail(w, test.status, test.code)
				return true
			})
			want := test.list
			if whichGet {
				want = test.get
			}
			for _, target := range []string{"/a.bin", "/b.txt"} {
				a := get(t, url+target, "Range", "bytes=0-0")
				if a.StatusCode != want || want == 503 && a.Header.Get("Retry-After") == "" {
					t.Errorf("%s, get %v, %s: %s", test.code, whichGet, target, a.Status)
				}
				cause := last.Load().(string)
				if !strings.Contains(cause, test.code) {
					t.Errorf("%s, get %v, %s: the cause is told as %q", test.code, whichGet, target, cause)
				}
				for _, secret := range []string{storetest.ID, storetest.Secret} {
					if strings.Contains(cause+a.content+fmt.Sprint(a.Header), secret) {
						t.Errorf("%s: %s is told", test.code, secret)
					}
				}
				if strings.Contains(a.content, test.code) || strings.Contains(a.content, "site") {
					t.Errorf("%s: the client is told %q", test.code, a.content)
				}
			}
		}
	}
}

// TestDown has the store die, and come back.
func TestDown(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "a.bin", "a")
	s.Put(t, "docs/b.txt", "b")
	var last atomic.Value
	b := open(t, s, s.URL, "s3://"+s.Bucket)
	forget := b.Believe()
	url := serve(t, b, fileserver.WithObserver(func(r *fileserver.Record) { last.Store(fmt.Sprint(r.Err)) }))
	if a := get(t, url+"/a.bin"); a.content != "a" {
		t.Fatal(a.Status)
	}
	s.Stop()
	forget()
	for _, target := range []string{"/a.bin", "/docs/b.txt", "/", "/docs/", "/?archive=zip"} {
		a := get(t, url+target)
		if a.StatusCode != 503 || a.Header.Get("Retry-After") == "" || a.content != "503 Service Unavailable\n" {
			t.Errorf("%s: %s, %q", target, a.Status, a.content)
		}
		if cause := last.Load().(string); !strings.Contains(cause, "refused") && !strings.Contains(cause, "reset") && !strings.Contains(cause, "closed from the other side") {
			t.Errorf("%s: the cause is told as %q", target, cause)
		}
	}
}

// TestBrokenOff has content end too early: the rest is asked for, and if that is
// of another version, the answer is cut and not completed by it.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	content := strings.Repeat("0123456789", 100_000)
	for _, replaced := range []bool{false, true} {
		tag := s.Put(t, "a.bin", content).ETag
		url, proxy, _ := site(t, s)
		var broken atomic.Int32
		proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
			if !isGet(r) || broken.Add(1) > 1 {
				return false
			}
			if replaced {
				s.Put(t, "a.bin", strings.ToUpper(strings.Repeat("abcdefghij", 100_000)))
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Header().Set("ETag", `"`+tag+`"`)
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, content[:300_000])
			panic(http.ErrAbortHandler)
		})
		a := get(t, url+"/a.bin")
		if !strings.HasPrefix(content, a.content) {
			t.Errorf("replaced %v: two versions are mixed", replaced)
		}
		if whole := a.err == nil && a.content == content; whole == replaced {
			t.Errorf("replaced %v: %d bytes, %v", replaced, len(a.content), a.err)
		}
	}
}

// TestHostileKeys has a listing hold what cannot be asked for.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "x.txt", "x")
	url, proxy, _ := site(t, s)
	keys := []string{"", "..", ".", "../up.txt", "/lead.txt", "a//b.txt", "a/../b.txt", "ctl\x07.txt", "line\nbreak.txt", "<script>.txt", "\xff.txt", "back\\slash.txt", "nul\x00.txt", "good.txt", strings.Repeat("l", 1024)}
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			return false
		}
		io.WriteString(w, "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>")
		for _, key := range keys {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>1</Size><ETag>\"e\"</ETag><LastModified>2020-01-02T03:04:05.000Z</LastModified></Contents>", escape(key))
		}
		for _, key := range []string{"..", ".", "", "good.txt", "dir"} {
			fmt.Fprintf(w, "<CommonPrefixes><Prefix>%s/</Prefix></CommonPrefixes>", escape(key))
		}
		io.WriteString(w, "</ListBucketResult>")
		return true
	})
	a := get(t, url+"/", "Accept", "application/json")
	for _, name := range []string{"up.txt", "lead.txt", "b.txt", `".."`, `"."`, `""`, "nul"} {
		if strings.Contains(a.content, `"name":`+name) || strings.Contains(a.content, `"name":"`+name) {
			t.Errorf("%s is listed: %s", name, a.content)
		}
	}
	if n := strings.Count(a.content, "good.txt"); a.StatusCode != 200 || n == 0 || !strings.Contains(a.content, "dir") {
		t.Errorf("%s: %s", a.Status, a.content)
	}
	if page := get(t, url+"/", "Accept", "text/html"); strings.Contains(page.content, "<script>.txt") {
		t.Error("a name is markup")
	}
}

// escape encodes a key as listings do.
func escape(key string) string {
	var b strings.Builder
	for i := range len(key) {
		fmt.Fprintf(&b, "%%%02X", key[i])
	}
	return b.String()
}

// TestEndlessListing has a store tell names without end.
func TestEndlessListing(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "x.txt", "x")
	var last atomic.Value
	proxy := storetest.NewProxy(t, s)
	b := open(t, s, proxy.URL, "s3://"+s.Bucket)
	url := serve(t, b, fileserver.WithObserver(func(r *fileserver.Record) { last.Store(r.Err) }))
	var pages atomic.Int64
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		page := pages.Add(1)
		io.WriteString(w, "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>")
		for i := range 1000 {
			fmt.Fprintf(w, "<Contents><Key>%09d.txt</Key><Size>1</Size></Contents>", page*1000+int64(i))
		}
		io.WriteString(w, "</ListBucketResult>")
		return true
	})
	if a := get(t, url+"/"); a.StatusCode < 500 || !errors.Is(last.Load().(error), bucket.ErrMany) {
		t.Errorf("%s, %v", a.Status, last.Load())
	}
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		io.WriteString(w, "<ListBucketResult>")
		for range 200 {
			if _, err := io.WriteString(w, strings.Repeat("<Contents><Size>1</Size></Contents>", 10_000)); err != nil {
				break
			}
		}
		io.WriteString(w, "</ListBucketResult>")
		return true
	})
	if a := get(t, url+"/other.txt"); a.StatusCode != 503 {
		t.Errorf("one page without an end: %s", a.Status)
	}
}

// TestSlow has a store begin no answer, and stop in the middle of one.
func TestSlow(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/piece" {
			io.WriteString(w, "begins")
			w.(http.Flusher).Flush()
		}
		<-hang
	}))
	defer server.Close()
	defer close(hang)
	way := bucket.NewPatient(context.Background(), 300*time.Millisecond, 300*time.Millisecond)
	request, err := http.NewRequest("GET", server.URL+"/head", nil)
	must(t, err)
	if _, err := way.RoundTrip(request); !errors.Is(err, bucket.ErrSlow) {
		t.Errorf("no answer: %v", err)
	}
	request, err = http.NewRequest("GET", server.URL+"/piece", nil)
	must(t, err)
	// The head of this one is there at once, unless the machine is busy.
	answer, err := bucket.NewPatient(context.Background(), time.Minute, 300*time.Millisecond).RoundTrip(request)
	must(t, err)
	defer answer.Body.Close()
	if content, err := io.ReadAll(answer.Body); !errors.Is(err, bucket.ErrSlow) || string(content) != "begins" {
		t.Errorf("%q, %v", content, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := bucket.NewPatient(ctx, time.Minute, time.Minute).RoundTrip(request.Clone(context.Background())); err == nil {
		// The head was quicker, which is as well.
		t.Log("the head came first")
	}
}

// TestOpenRefuses tells users what to do when there is nothing to serve.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "docs/a.txt", "a")
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	nobody.Close()
	with := func(name, value string) map[string]string {
		e := s.Environment(s.URL)
		e[name] = value
		return e
	}
	anonymous := map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "us-east-1"}
	for _, test := range []struct {
		name, address string
		environment   map[string]string
		says, hint    string
	}{
		{"bucket", "s3://other", with("", ""), "there is no such bucket", s.URL},
		{"prefix", "s3://site/none", with("", ""), "nothing lies below it", "s3://site"},
		{"object", "s3://site/docs/a.txt", with("", ""), "it is an object", "gserve s3://site/docs"},
		{"key", "s3://site", with("AWS_ACCESS_KEY_ID", "hunter2"), "No user exists", "AWS_ACCESS_KEY_ID"},
		{"secret", "s3://site", with("AWS_SECRET_ACCESS_KEY", "hunter2"), "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"},
		{"anonymous", "s3://site", anonymous, "AccessDenied", "requests are not signed"},
		{"region", "s3://site", with("AWS_REGION", "eu-north-1"), "egion", "AWS_REGION"},
		{"nobody", "s3://site", with("AWS_ENDPOINT_URL", "http://"+nobody.Addr().String()), "refused", "as AWS_ENDPOINT_URL says"},
	} {
		a, err := bucket.ParseAddress(test.address)
		must(t, err)
		settings, err := bucket.ReadSettings(getenv(test.environment))
		must(t, err)
		_, err = bucket.Open(context.Background(), a, settings, bucket.Options{})
		advice, ok := errors.AsType[*bucket.Advice](err)
		if !ok || !strings.Contains(err.Error(), test.says) || !strings.Contains(advice.Hint, test.hint) {
			t.Errorf("%s: %v (%+v)", test.name, err, advice)
			continue
		}
		if strings.Contains(err.Error()+advice.Hint, "hunter2") {
			t.Errorf("%s: a key is told: %v", test.name, err)
		}
	}
}

// TestOpenUnreadable has what lies in a bucket be listed, and not be read.
func TestOpenUnreadable(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "docs/", "")
	s.Put(t, "docs/a.txt", "a")
	proxy := storetest.NewProxy(t, s)
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			fail(w, http.StatusForbidden, "AccessDenied")
		}
		return isGet(r)
	})
	a, err := bucket.ParseAddress("s3://" + s.Bucket)
	must(t, err)
	settings, err := bucket.ReadSettings(getenv(s.Environment(proxy.URL)))
	must(t, err)
	_, err = bucket.Open(context.Background(), a, settings, bucket.Options{})
	if advice, ok := errors.AsType[*bucket.Advice](err); !ok || !strings.Contains(advice.Hint, "s3:GetObject") {
		t.Errorf("%v", err)
	}
}

// TestClosed has a bucket be closed while it is in use.
func TestClosed(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	s.Put(t, "a.bin", "a")
	b := open(t, s, s.URL, "s3://"+s.Bucket)
	f, err := b.Open("a.bin")
	must(t, err)
	must(t, b.Close())
	if _, err := io.ReadAll(f); err == nil {
		t.Error("a file of a bucket that is closed can be read")
	}
	must(t, f.Close())
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a file that is closed: %v", err)
	}
}

// TestClientLeaves has the client of a long transfer leave: the store is not asked
// for the rest.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	writeFile(t, s, "long.bin", "")
	must(t, os.Truncate(filepath.Join(s.Folder, "long.bin"), 1<<40))
	url, proxy, _ := site(t, s)
	left := make(chan struct{})
	proxy.Meddle(func(w http.ResponseWriter, r *http.Request) bool {
		if !isGet(r) {
			return false
		}
		defer close(left)
		w.Header().Set("Content-Length", fmt.Sprint(1<<40))
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusPartialContent)
		for piece := make([]byte, 64<<10); r.Context().Err() == nil; {
			if _, err := w.Write(piece); err != nil {
				break
			}
		}
		return true
	})
	answer, err := http.Get(url + "/long.bin")
	must(t, err)
	_, err = io.CopyN(io.Discard, answer.Body, 1<<20)
	must(t, err)
	answer.Body.Close()
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("the store goes on sending")
	}
}

// TestConcurrent has many ask at the same time, while objects come and go.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := fill(t)
	url := serve(t, open(t, s, s.URL, "s3://"+s.Bucket))
	targets := []string{"/", "/docs/", "/docs/data.bin", "/docs/long.txt", "/docs/app.js", "/list/", "/absent/x/y", "/docs/page.txt", "/list/?archive=tar"}
	var clients sync.WaitGroup
	for client := range 6 {
		clients.Go(func() {
			for i := range 30 {
				target := targets[(client*7+i)%len(targets)]
				request, err := http.NewRequest("GET", url+target, nil)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					t.Errorf("%s: %v", target, err)
					continue
				}
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if want := strings.HasPrefix(target, "/absent"); err != nil || (answer.StatusCode != 200) != want {
					t.Errorf("%s: %s, %v", target, answer.Status, err)
				}
			}
		})
	}
	for i := range 5 {
		s.Put(t, "docs/new.txt", fmt.Sprint(i))
	}
	clients.Wait()
}
