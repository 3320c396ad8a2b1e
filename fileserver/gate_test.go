package fileserver_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// TestGate has the first gate that wants to answer do so, for mounts and
// writers too, and has that observed.
func TestGate(t *testing.T) {
	t.Parallel()
	var record fileserver.Record
	closed := func(path string, status int) func(*http.Request) http.Handler {
		return func(r *http.Request) http.Handler {
			if r.URL.Path != path {
				return nil
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		}
	}
	s := fileserver.New(exchange.Site(),
		fileserver.WithGate(closed("/api/x", 401)), fileserver.WithGate(closed("/api/x", 402)), fileserver.WithGate(closed("/docs/", 403)),
		fileserver.WithMount("/api", says("api")), fileserver.WithWriter(says("writer"), "PUT"),
		fileserver.WithObserver(func(r *fileserver.Record) { record = *r }))
	for _, row := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/ten.txt", 200},
		{"GET", "/api/x", 401},
		{"GET", "/api/y", 200},
		{"PUT", "/docs/", 403},
		{"HEAD", "/docs/", 403},
		{"PUT", "/x", 200},
	} {
		r := httptest.NewRequest(row.method, row.target, nil)
		r.SetBasicAuth("ann", "password")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != row.status || record.Status != row.status || record.Target != row.target || record.User != "ann" {
			t.Errorf("%s %s: %d, and %+v was observed", row.method, row.target, w.Code, record)
		}
	}
}
