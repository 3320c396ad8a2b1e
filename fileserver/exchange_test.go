package fileserver_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
	"github.com/gserve/gserve/listing"
)

// options are what a script of exchanges may ask for in its first line.
var options = map[string]fileserver.Option{
	"hidden":         fileserver.WithHidden(),
	"no-listing":     fileserver.WithoutListing(),
	"no-archive":     fileserver.WithoutArchive(),
	"page-only":      fileserver.WithPageOnly(),
	"no-index":       fileserver.WithIndex(),
	"own-index":      fileserver.WithIndex("home.html", "index.html"),
	"own-type":       fileserver.WithContentType("application/x-own"),
	"own-charset":    fileserver.WithContentType("text/plain; charset=koi8-r"),
	"own-text":       fileserver.WithContentType("text/x-own"),
	"hidden-index":   fileserver.WithIndex(".index.html"),
	"no-compression": fileserver.WithoutCompression(),
	"no-coding":      fileserver.WithoutCoding(),
	"no-cache":       fileserver.WithCacheSize(0),
	"small-cache":    fileserver.WithCacheSize(400_000),
	"fields": fileserver.WithFields(
		fileserver.Field{Name: "Cache-Control", Value: "no-cache"}, fileserver.Field{Name: "X-One", Value: "1"},
		fileserver.Field{Name: "X-Two", Value: "2"}, fileserver.Field{Name: "X-Two", Value: "3"},
		fileserver.Field{Name: "x-lower", Value: "yes"}),
	"clean-urls":     fileserver.WithCleanURLs(),
	"error-page":     fileserver.WithErrorPage("404.html"),
	"upper-text":     fileserver.WithTransform("text/plain", upper),
	"router":         fileserver.WithRouter(router),
	"prefix":         fileserver.WithPrefix("/se/cret/"),
	"home":           fileserver.WithHome("10:a.txt"),
	"drop-box":       fileserver.WithDropBox("."),
	"drop-box-docs":  fileserver.WithDropBox("/docs/"),
	"changes":        fileserver.WithChanges(".", listing.Changes{Upload: true}),
	"writer":         fileserver.WithWriter(says("writer"), "PUT", "POST", "PATCH"),
	"writer-options": fileserver.WithWriter(says("writer"), "PUT", "OPTIONS"),
	"mount-api":      fileserver.WithMount("/api", says("api")),
	"mount-api-v2":   fileserver.WithMount("/api/v2/", says("v2")),
	"mount-docs":     fileserver.WithMount("docs", says("docs")),
	"mount-root":     fileserver.WithMount("/", says("root")),
	"mount-nested":   fileserver.WithMount("/nested", http.StripPrefix("/nested/", fileserver.New(exchange.Site()))),
	"fallback":       fileserver.WithFallback(says("fallback")),
	"filter-teapot": fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) {
		p.Extra = append(p.Extra, fileserver.Field{Name: "X-Teapot", Value: "short"})
	}),
	"filter-order": fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) {
		p.Extra = append(p.Extra, fileserver.Field{Name: "X-Order", Value: p.Extra[len(p.Extra)-1].Name})
	}),
	"filter-no-type": fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) { p.Meta.Type = "" }),
	"filter-no-etag": fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) { p.Meta.ETag = "" }),
}

// upper is a transformation of text that makes it longer by its end.
func upper(w io.Writer, file io.Reader, mediaType string) error {
	content, err := io.ReadAll(file)
	if err == nil {
		_, err = io.WriteString(w, strings.ToUpper(string(content)+" "+mediaType))
	}
	return err
}

// router leads some paths elsewhere.
func router(q *fileserver.Request, missing bool) (fileserver.Route, bool) {
	routes := map[string]fileserver.Route{
		"/ten.txt":     {Status: 302, Location: "/forced"},
		"/old":         {Status: 308, Location: "docs/?a=b"},
		"/app":         {Status: 200, Path: "/docs"},
		"/gone":        {Status: 410, Path: "/empty.txt"},
		"/mislaid":     {Status: 404, Path: "/docs/guide.html"},
		"/nowhere":     {Status: 200, Path: "/nothing.txt"},
		"/outside":     {Status: 200, Path: "/../etc/passwd"},
		"/secret":      {Status: 200, Path: "/.env"},
		"/plain/a.txt": {Status: 200, Path: "/docs/guide.html"},
		"/other":       {Handler: says("other")},
	}
	route, ok := routes[q.Path]
	return route, ok && (q.Path == "/ten.txt") != missing
}

// says is a handler that tells its name and what it was asked.
func says(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Handler", name)
		w.Header().Set("X-Path", r.URL.EscapedPath())
		io.WriteString(w, name)
	})
}

func newServer(t *testing.T, script exchange.Script) *fileserver.Server {
	opts := []fileserver.Option{fileserver.WithClock(func() time.Time { return exchange.Now })}
	for _, name := range script.Options {
		opt, ok := options[name]
		if !ok {
			t.Fatalf("unknown option %q", name)
		}
		opts = append(opts, opt)
	}
	return fileserver.New(exchange.Site(), opts...)
}

func scripts(t *testing.T) map[string]exchange.Script {
	all, err := exchange.ReadAll(os.DirFS("../testdata"), "exchanges/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// writer is a way to have exchanges answered.
type writer struct {
	name  string
	proto string
	start func(t *testing.T, s *fileserver.Server) func(exchange.Exchange) (exchange.Answer, error)
}

var writers = []writer{
	{"Respond", "", func(_ *testing.T, s *fileserver.Server) func(exchange.Exchange) (exchange.Answer, error) {
		return func(e exchange.Exchange) (exchange.Answer, error) { return exchange.Decided(s, e) }
	}},
	{"HTTP1", "HTTP/1", func(t *testing.T, s *fileserver.Server) func(exchange.Exchange) (exchange.Answer, error) {
		server := httptest.NewUnstartedServer(s)
		server.Config.DisableGeneralOptionsHandler = true
		server.Start()
		t.Cleanup(server.Close)
		return func(e exchange.Exchange) (exchange.Answer, error) {
			return exchange.HTTP1(server.Listener.Addr().String(), e)
		}
	}},
	{"HTTP2", "HTTP/2", func(t *testing.T, s *fileserver.Server) func(exchange.Exchange) (exchange.Answer, error) {
		server := httptest.NewUnstartedServer(s)
		server.Config.DisableGeneralOptionsHandler = true
		server.EnableHTTP2 = true
		server.StartTLS()
		client := exchange.NewHTTP2Client()
		t.Cleanup(server.Close)
		t.Cleanup(client.CloseIdleConnections)
		return func(e exchange.Exchange) (exchange.Answer, error) {
			return exchange.HTTP2(client, server.Listener.Addr().String(), e)
		}
	}},
}

// TestExchanges runs the corpus through every writer.
func TestExchanges(t *testing.T) {
	for _, w := range writers {
		t.Run(w.name, func(t *testing.T) {
			total := 0
			for name, script := range scripts(t) {
				total += len(script.Exchanges)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run := w.start(t, newServer(t, script))
					for _, e := range script.Exchanges {
						if e.Proto == "" || w.proto != "" && strings.HasPrefix(e.Proto, w.proto) {
							runExchange(t, run, e)
						}
					}
				})
			}
			if total < 200 {
				t.Errorf("the corpus has %d exchanges", total)
			}
		})
	}
}

// runExchange runs e, and its twin: HEAD for GET, which must have the same
// fields (RFC 9110, 9.3.2).
func runExchange(t *testing.T, run func(exchange.Exchange) (exchange.Answer, error), e exchange.Exchange) {
	t.Helper()
	a, err := run(e)
	if err == nil {
		err = e.Check(a)
	}
	if err == nil && e.Method == "GET" && a.Status != 206 && a.Status != 416 && a.Header.Get("X-Handler") == "" {
		err = checkHead(run, e, a)
	}
	if err != nil {
		t.Errorf("%s: %s\n\t%s %s: %v", e.Place, e.Comment, e.Method, e.Target, err)
	}
}

func checkHead(run func(exchange.Exchange) (exchange.Answer, error), e exchange.Exchange, get exchange.Answer) error {
	e.Method = "HEAD"
	head, err := run(e)
	if err != nil {
		return fmt.Errorf("HEAD: %w", err)
	}
	computed := []string{"Date"}
	if get.Header.Get("Content-Length") == "" && get.Header.Get("Content-Encoding") != "" {
		// What GET finds only by encoding, HEAD may know of after it.
		computed = append(computed, "Content-Length", "Accept-Ranges")
	}
	for _, name := range computed {
		get.Header.Del(name)
		head.Header.Del(name)
	}
	if head.Status != get.Status || !maps.EqualFunc(head.Header, get.Header, func(a, b []string) bool { return strings.Join(a, ",") == strings.Join(b, ",") }) {
		return fmt.Errorf("HEAD has %d %v, GET %d %v", head.Status, head.Header, get.Status, get.Header)
	}
	return nil
}
