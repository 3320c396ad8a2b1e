package share

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// shared is a real server behind a link.
type shared struct {
	*testing.T
	link *Link
	url  string // of the link, with a slash at its end
	seen chan *fileserver.Record
	curl string
}

// serve shares a folder with a text, and a file of 32 MiB.
func serve(t *testing.T, terms string) shared {
	t.Helper()
	curl := exchange.Program(t, "curl")
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/a.txt", bytes.Repeat([]byte("all work and no play\n"), 1000), 0o600))
	must(t, os.WriteFile(dir+"/large.bin", nil, 0o600))
	must(t, os.Truncate(dir+"/large.bin", 32<<20))
	must(t, os.Mkdir(dir+"/folder", 0o700))
	must(t, os.WriteFile(dir+"/folder/b.txt", []byte("b"), 0o600))
	root, err := fileserver.Dir(dir)
	must(t, err)
	s := shared{T: t, seen: make(chan *fileserver.Record, 100), curl: curl}
	s.link = share(t, terms, func(c *Config) { c.Grace = time.Millisecond }).link
	server := httptest.NewServer(fileserver.New(root,
		fileserver.WithPrefix(s.link.Path()),
		fileserver.WithGate(s.link.Gate),
		fileserver.WithObserver(func(record *fileserver.Record) {
			s.link.Observe(record.Request, record)
			s.seen <- record
		})))
	t.Cleanup(func() { server.Close(); root.Close() })
	s.url = server.URL + s.link.Path() + "/"
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run has curl fetch a target, and returns the status.
func (s shared) run(target string, args ...string) string {
	s.Helper()
	out := filepath.Join(s.TempDir(), "out")
	args = append([]string{"-sS", "--max-time", "60", "-w", "%{response_code}", "-o", out}, args...)
	status, err := exec.Command(s.curl, append(args, s.url+target)...).Output()
	if err != nil {
		s.Errorf("curl %s: %v", target, err)
	}
	<-s.seen
	return string(status)
}

// TestCurl downloads with a real client from a real server.
func TestCurl(t *testing.T) {
	t.Parallel()
	tests := []struct {
		target, args string
		status       string
		want         int
	}{
		{"a.txt", "", "200", 1},
		{"a.txt", "--compressed", "200", 1},
		{"large.bin", "", "200", 1},
		{"large.bin", "-r 0-1000", "206", 0},
		{"large.bin", "-r 0-", "206", 1},
		{"large.bin", "-r 0-5,10-20", "206", 0},
		{"large.bin", "-I", "200", 0},
		{"", "", "200", 0},
		{"", "-H Accept:text/html", "200", 0},
		{"folder/", "-H Accept:application/json", "200", 0},
		{"?archive=zip", "", "200", 1},
		{"?archive=tar.gz", "", "200", 1},
		{"folder/?archive=tar", "", "200", 1},
		{"folder/b.txt", "-H Sec-Fetch-Dest:image", "200", 0},
		{"none", "", "404", 0},
		{"a.txt", "-X POST", "405", 0},
	}
	for _, tt := range tests {
		t.Run(tt.target+" "+tt.args, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "1h,2")
			for range 2 {
				if status := s.run(tt.target, strings.Fields(tt.args)...); status != tt.status || s.link.used() != tt.want {
					t.Errorf("%s, and %d downloads", status, s.link.used())
				}
			}
		})
	}
}

// TestResumed breaks a download off, and goes on with it.
func TestResumed(t *testing.T) {
	t.Parallel()
	s := serve(t, "1h,1")
	r, err := http.NewRequest("GET", s.url+"large.bin", nil)
	must(t, err)
	r.Header.Set("User-Agent", "downloader")
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	n, err := io.CopyN(io.Discard, answer.Body, 1<<20)
	must(t, err)
	answer.Body.Close()
	record := <-s.seen
	if record.Sent < n || record.Sent >= 32<<20 || s.link.used() != 0 {
		t.Fatalf("%d bytes sent, %d downloads", record.Sent, s.link.used())
	}
	if status := s.run("large.bin", "-A", "another", "-r", "1048576-"); status != "206" || s.link.used() != 0 {
		t.Errorf("%s, and %d downloads", status, s.link.used())
	}
	if status := s.run("large.bin", "-A", "downloader", "-r", "1048576-"); status != "206" || s.link.used() != 1 {
		t.Errorf("%s, and %d downloads", status, s.link.used())
	}
	if status := s.run("large.bin", "-A", "downloader"); status != "410" {
		t.Errorf("then %s", status)
	}
	s.link.mu.Lock()
	if n := len(s.link.ledger.partial); n != 1 { // the other client's
		t.Errorf("%d downloads are begun", n)
	}
	s.link.mu.Unlock()
	<-s.link.Done()
}

// TestBesideReal answers 404 to what is not the link.
func TestBesideReal(t *testing.T) {
	t.Parallel()
	s := serve(t, "1h")
	s.url = strings.TrimSuffix(s.url, s.link.Path()+"/")
	for _, target := range []string{"/", "/a.txt", s.link.Path() + "/../a.txt", s.link.Path() + "/%2e%2e/a.txt", s.link.Path() + "%2F..%2Fa.txt", s.link.Path() + "x/a.txt"} {
		if status := s.run(target, "--path-as-is"); status != "404" {
			t.Errorf("%s: %s", target, status)
		}
	}
	if status := s.run(s.link.Path() + "/a.txt"); status != "200" {
		t.Errorf("the link itself: %s", status)
	}
}
