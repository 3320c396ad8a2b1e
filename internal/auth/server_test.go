package auth

import (
	"net"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// TestCurl asks a real server with a real client.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	var log lines
	guard := New(Config{Users: users(t, nil, "ann:se:cret €", annLine[:3]+"2"+annLine[3:]), Log: log.log})
	server := httptest.NewServer(fileserver.New(fstest.MapFS{"a.txt": {Data: []byte("hello")}},
		fileserver.WithGate(HostGate(nil)), fileserver.WithGate(guard.Gate)))
	defer server.Close()
	tests := []struct{ args, want string }{
		{"", "401"},
		{"-u|ann:se:cret €", "200"},
		{"-u|ann:se:cret €|--anyauth", "200"},
		{"-u|ann:se:cret €|-I", "200"},
		{"-u|ann2:bar", "200"},
		{"-u|ann2:foo", "401"},
		{"-u|ann:se:cret €|--digest", "401"},
		{"--oauth2-bearer|x", "401"},
		{"-T|" + curl, "401"}, // content that nobody reads
		{"-u|ann:se:cret €|-H|Host: evil.example", "421"},
		{"-u|ann:se:cret €|-H|Host:|--http1.0", "200"},
		{"-u|ann:se:cret €|-H|Host: app.localhost:1", "200"},
	}
	for _, tt := range tests {
		args := []string{"-sS", "--max-time", "60", "-o", t.TempDir() + "/out", "-w", "%{response_code}", server.URL + "/a.txt"}
		if tt.args != "" {
			args = append(args, strings.Split(tt.args, "|")...)
		}
		if out, err := exec.Command(curl, args...).CombinedOutput(); string(out) != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.args, out, err, tt.want)
		}
	}
	if got := log.take(); got != `wrong name or password from 127.0.0.1, for "ann2", failure 1` {
		t.Errorf("log: %s", got)
	}
}

// TestUnixSocket guards what has no address.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	path := t.TempDir() + "/s"
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	guard := New(Config{Users: users(t, nil, "ann:secret"), Log: log.log})
	server := httptest.NewUnstartedServer(fileserver.New(fstest.MapFS{}, fileserver.WithGate(guard.Gate)))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	for credentials, want := range map[string]string{"ann:secret": "200", "ann:wrong": "401"} {
		out, err := exec.Command(curl, "-sS", "--max-time", "60", "-o", path+".out", "-w", "%{response_code}", "--unix-socket", path, "-u", credentials, "http://localhost/").CombinedOutput()
		if string(out) != want {
			t.Errorf("%s: %s, %v", credentials, out, err)
		}
	}
	if got := log.take(); got != `wrong name or password from unix, for "ann", failure 1` {
		t.Errorf("log: %s", got)
	}
}
