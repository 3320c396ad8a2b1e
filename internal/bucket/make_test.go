package bucket_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/bucket"
	"github.com/gserve/gserve/internal/bucket/storetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens what lies at an address, for the account of the test store.
func open(t testing.TB, s *storetest.Store, at, address string) *bucket.Bucket {
	t.Helper()
	a, err := bucket.ParseAddress(address)
	must(t, err)
	settings, err := bucket.ReadSettings(getenv(s.Environment(at)))
	must(t, err)
	b, err := bucket.Open(context.Background(), a, settings, bucket.Options{Steady: []string{"_redirects"}})
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

func getenv(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

// serve serves a bucket, and returns where.
func serve(t testing.TB, b *bucket.Bucket, opts ...fileserver.Option) string {
	t.Helper()
	server := httptest.NewServer(fileserver.New(b, append(opts, fileserver.WithFilter(b.Through))...))
	t.Cleanup(server.Close)
	return server.URL
}

// site serves the bucket of a store that is asked through a proxy. What it has told
// is believed until forget is called.
func site(t testing.TB, s *storetest.Store, opts ...fileserver.Option) (url string, proxy *storetest.Proxy, forget func()) {
	t.Helper()
	proxy = storetest.NewProxy(t, s)
	b := open(t, s, proxy.URL, "s3://"+s.Bucket)
	forget = b.Believe()
	url = serve(t, b, opts...)
	proxy.Taken()
	return url, proxy, forget
}

// answer is what came of a request.
type answer struct {
	*http.Response
	content string
	err     error // why the content was cut
}

// get asks for a URL with these fields.
func get(t testing.TB, url string, fields ...string) answer {
	t.Helper()
	return ask(t, "GET", url, fields...)
}

func ask(t testing.TB, method, url string, fields ...string) answer {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	must(t, err)
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(fields); i += 2 {
		request.Header.Set(fields[i], fields[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	must(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response, string(content), err}
}

// writeFile has an object lie in a bucket that nobody has stored: it has no tag.
func writeFile(t testing.TB, s *storetest.Store, key, content string) {
	t.Helper()
	name := filepath.Join(s.Folder, filepath.FromSlash(key))
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(t, os.WriteFile(name, []byte(content), 0o644))
}
