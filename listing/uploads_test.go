package listing_test

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/store"
	"github.com/gserve/gserve/internal/upload"
	"github.com/gserve/gserve/listing"
)

// site is a folder that is served and changed, by a server whose network can
// be cut.
type site struct {
	testing.TB
	dir    string
	server *httptest.Server
	files  http.Handler
	sent   atomic.Int64 // bytes of content that have come

	mu       sync.Mutex
	requests []string // that changed something: their methods, paths and statuses
	meddle   func(w http.ResponseWriter, r *http.Request) bool
}

// serveChanges serves a folder until the test is over, and takes changes.
func serveChanges(t testing.TB, dir string, changes listing.Changes, options ...fileserver.Option) *site {
	t.Helper()
	s := &site{TB: t, dir: dir}
	root, err := fileserver.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(dir, store.Options{Max: changes.MaxUpload})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := upload.New(upload.Config{
		Store: kept, Upload: changes.Upload, Mkdir: changes.MakeFolder, Delete: changes.Delete, Move: changes.Move,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.files = fileserver.New(root, append([]fileserver.Option{
		fileserver.WithWriter(handler, strings.Split(handler.Allow(), ", ")[3:]...),
		fileserver.WithMount(upload.ResourcePrefix, handler), fileserver.WithChanges(".", changes),
	}, options...)...)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = countedBody{r.Body, &s.sent}
		if !s.meddles(w, r) {
			s.files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
		kept.Close()
		root.Close()
	})
	return s
}

type countedBody struct {
	io.ReadCloser
	sent *atomic.Int64
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sent.Add(int64(n))
	return n, err
}

// whenever has f look at requests first. Those for which it returns true are
// answered.
func (s *site) whenever(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = f
}

func (s *site) meddles(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	if r.Method != "GET" {
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	}
	meddle := s.meddle
	s.mu.Unlock()
	return meddle != nil && meddle(w, r)
}

// asked returns how often there was a request of a method.
func (s *site) asked(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, request := range s.requests {
		if strings.HasPrefix(request, method+" ") {
			n++
		}
	}
	return n
}

// cut ends all connections, and takes no more until what it returns is called.
func (s *site) cut() (mend func()) {
	s.Helper()
	address := s.server.Listener.Addr().String()
	s.server.Listener.Close()
	s.server.CloseClientConnections()
	return func() {
		s.Helper()
		listener, err := net.Listen("tcp", address)
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() { listener.Close() })
		go s.server.Config.Serve(listener)
	}
}

// pieceSize is what the page sends at first of a large file.
const pieceSize = 8 << 20

// stick has the content of the next request of a method that begins at an
// offset come to a stop in the middle. The result is closed when it has; the
// connection has to be cut then.
func (s *site) stick(method string, offset int64) (stuck chan struct{}) {
	stuck = make(chan struct{})
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method && r.Header.Get("Upload-Offset") == strconv.FormatInt(offset, 10) {
			s.whenever(nil)
			r.Body = &stickyBody{r.Body, pieceSize / 2, stuck}
		}
		return false
	})
	return stuck
}

type stickyBody struct {
	io.ReadCloser
	left  int
	stuck chan struct{}
}

func (b *stickyBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		close(b.stuck)
		b.left = -1
	}
	if b.left < 0 { // what has come already is lost
		_, err := io.Copy(io.Discard, b.ReadCloser)
		return 0, cmp.Or(err, io.ErrUnexpectedEOF)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// content returns what is in a file of the folder.
func (s *site) content(name string) string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.Error(err)
	}
	return string(content)
}

// names returns what is in the folder.
func (s *site) names() []string {
	s.Helper()
	var names []string
	err := filepath.WalkDir(s.dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, err = filepath.Rel(s.dir, name)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		s.Error(err)
	}
	return names
}
