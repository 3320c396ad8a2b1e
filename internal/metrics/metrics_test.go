package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/metrics"
)

// numbers are what a look has, each under its name and labels as they are in
// Prometheus's text.
func numbers(t *testing.T, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for name, family := range families {
		for _, one := range family.Metric {
			var labels []string
			for _, l := range one.Label {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			key := name + "{" + strings.Join(labels, ",") + "}"
			got[key] = one.GetCounter().GetValue() + one.GetGauge().GetValue() + one.GetUntyped().GetValue()
			if h := one.GetHistogram(); h != nil {
				got[key], got[key+" sum"] = float64(h.GetSampleCount()), h.GetSampleSum()
			}
		}
	}
	return got
}

func (w want) check(t *testing.T, got map[string]float64) {
	t.Helper()
	for name, value := range w {
		if n, ok := got[name]; !ok || n != value {
			t.Errorf("%s is %v (%v), want %v", name, n, ok, value)
		}
	}
}

type want map[string]float64

func TestObserve(t *testing.T) {
	t.Parallel()
	open, hits := 7, uint64(3)
	m := metrics.New(metrics.Options{
		Connections: func() int { return open },
		CacheHits:   map[string]func() uint64{"encodings": func() uint64 { return hits }},
	})
	for _, r := range []fileserver.Record{
		{Method: "GET", Status: 200, Sent: 512, Duration: 2 * time.Second},
		{Method: "GET", Status: 206, Sent: 10, Duration: time.Second},
		{Method: "GET", Status: 304},
		{Method: "HEAD", Status: 301},
		{Method: "PUT", Status: 507, Sent: 5},
		{Method: "get", Status: 405},
		{Method: "GET", Status: 101},
		{Method: "GET", Status: 0, Sent: -1, Duration: -time.Second},
		{Method: "GET", Status: 999},
	} {
		m.Observe(&r)
	}
	want{
		`gserve_requests_total{method="GET",status="1xx"}`:    1,
		`gserve_requests_total{method="GET",status="2xx"}`:    2,
		`gserve_requests_total{method="GET",status="3xx"}`:    1,
		`gserve_requests_total{method="HEAD",status="3xx"}`:   1,
		`gserve_requests_total{method="PUT",status="5xx"}`:    1,
		`gserve_requests_total{method="other",status="4xx"}`:  1,
		`gserve_requests_total{method="GET",status="other"}`:  2,
		`gserve_sent_bytes_total{}`:                           527,
		`gserve_cache_hits_total{cache="client"}`:             1,
		`gserve_cache_hits_total{cache="encodings"}`:          3,
		`gserve_open_connections{}`:                           7,
		`gserve_request_duration_seconds{status="2xx"}`:       2,
		`gserve_request_duration_seconds{status="2xx"} sum`:   3,
		`gserve_request_duration_seconds{status="other"} sum`: 0,
	}.check(t, numbers(t, m))
	open, hits = 8, 4
	want{
		`gserve_cache_hits_total{cache="encodings"}`: 4,
		`gserve_open_connections{}`:                  8,
	}.check(t, numbers(t, m))
}

// A server at rest has the numbers that nobody else gives, and no others.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	got := numbers(t, metrics.New(metrics.Options{}))
	want{`gserve_sent_bytes_total{}`: 0, `gserve_cache_hits_total{cache="client"}`: 0}.check(t, got)
	if got["go_goroutines{}"] < 1 {
		t.Error("nothing of the Go runtime")
	}
	if _, ok := got["gserve_open_connections{}"]; ok {
		t.Error("connections that nobody counts")
	}
}

// Whatever clients send, there is a bounded number of series.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{})
	before := len(numbers(t, m))
	for i := range 20_000 {
		m.Observe(&fileserver.Record{
			Method: fmt.Sprintf("M%d\"\n\xff", i), Status: i, Target: fmt.Sprint("/", i), Host: fmt.Sprint(i),
			User: fmt.Sprint(i), Client: fmt.Sprint(i), UserAgent: fmt.Sprint(i), Type: fmt.Sprint(i), Name: fmt.Sprint(i),
		})
	}
	// One method, and six classes that have three numbers each here.
	if more := len(numbers(t, m)) - before; more != 6*3 {
		t.Errorf("%d series came", more)
	}
}

// TestServer counts the requests of a real server, while somebody looks.
func TestServer(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Options{})
	files := fileserver.New(fstest.MapFS{"a.txt": {Data: []byte("0123456789")}},
		fileserver.WithObserver(m.Observe), fileserver.WithMount("/metrics", m.Handler()))
	server := httptest.NewServer(files)
	get := func(path string) string {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Error(err)
			return ""
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return string(content)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				get("/a.txt")
				get("/absent")
			}
		})
	}
	all.Go(func() {
		for range 20 {
			if text := get("/metrics"); !strings.Contains(text, "# TYPE gserve_sent_bytes_total counter\n") {
				t.Errorf("%q", text)
			}
		}
	})
	all.Wait()
	server.Close() // the last observers have been called
	got := numbers(t, m)
	want{
		`gserve_requests_total{method="GET",status="2xx"}`: 220,
		`gserve_requests_total{method="GET",status="4xx"}`: 200,
	}.check(t, got)
	if sent := got["gserve_sent_bytes_total{}"]; sent < 2000 {
		t.Errorf("%v bytes were sent", sent)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h := metrics.New(metrics.Options{}).Handler()
	for _, tt := range []struct {
		method, accept string
		status         int
		mediaType      string
	}{
		{"GET", "", 200, "text/plain; version=0.0.4"},
		{"GET", "text/html,*/*;q=0.8", 200, "text/plain; version=0.0.4"},
		{"GET", "application/openmetrics-text;version=1.0.0", 200, "application/openmetrics-text; version=1.0.0"},
		{"HEAD", "", 200, "text/plain; version=0.0.4"},
		{"POST", "", 405, "text/plain"},
		{"DELETE", "", 405, "text/plain"},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, "/metrics", nil)
		r.Header.Set("Accept", tt.accept)
		h.ServeHTTP(w, r)
		fields := w.Header()
		if w.Code != tt.status || !strings.HasPrefix(fields.Get("Content-Type"), tt.mediaType) || fields.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %q: %d %v", tt.method, tt.accept, w.Code, fields)
		}
		if allow := fields.Get("Allow"); (allow == "GET, HEAD") != (w.Code == http.StatusMethodNotAllowed) {
			t.Errorf("%s: Allow: %q", tt.method, allow)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	m := metrics.New(metrics.Options{})
	r := fileserver.Record{Method: "GET", Status: 200, Sent: 512, Duration: time.Millisecond}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(&r)
	}
}

func BenchmarkHandler(b *testing.B) {
	m := metrics.New(metrics.Options{})
	m.Observe(&fileserver.Record{Method: "GET", Status: 200})
	h, r := m.Handler(), httptest.NewRequest("GET", "/", nil)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
