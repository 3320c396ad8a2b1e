package trial

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/gserve/gserve/internal/exchange"
)

// nginxConf is a balancer before replicas. What is of use elsewhere is from
// upstream on: the rest has it run in a folder of its own, as one process.
var nginxConf = template.Must(template.New("nginx.conf").Parse(`
daemon off;
master_process off;
pid {{.Dir}}/pid;
error_log {{.Dir}}/error.log;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path {{.Dir}}/body;
	proxy_temp_path {{.Dir}}/proxy;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;

	upstream replicas {
{{- range .Replicas}}
		server {{.}} max_fails=1 fail_timeout=10s;
{{- end}}
		keepalive 8;
	}
	server {
		listen unix:{{.Dir}}/socket;
		location / {
			proxy_pass http://replicas;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $host;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_next_upstream error timeout http_502 http_503;
			proxy_max_temp_file_size 0;
			add_header X-Replica $upstream_addr always;
		}
	}
}
`))

// balance starts nginx before replicas, and returns what asks it, whatever the
// host of a URL.
func balance(t *testing.T, all []*program) *http.Transport {
	t.Helper()
	nginx := exchange.Program(t, "nginx")
	dir, err := os.MkdirTemp("", "balance") // that of the test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var conf strings.Builder
	values := struct {
		Dir      string
		Replicas []string
	}{Dir: dir}
	for _, p := range all {
		values.Replicas = append(values.Replicas, p.address)
	}
	if err := nginxConf.Execute(&conf, values); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log"))
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	by := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(dir, "socket"))
	}, MaxIdleConnsPerHost: 4}
	t.Cleanup(func() {
		by.CloseIdleConnections()
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx:\n%s%s", out.tail(), log)
		}
	})
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", filepath.Join(dir, "socket"))
		if err == nil {
			conn.Close()
			return by
		}
		select {
		case <-ended:
			t.Fatalf("nginx has ended: %s", out.tail())
		default:
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// TestReplicasBehindNginx has what one replica gave be known to all, whichever
// of them a request is handed to.
func TestReplicasBehindNginx(t *testing.T) {
	t.Parallel()
	from := filepath.Join(t.TempDir(), "site")
	makeTree(t, from)
	// nginx comes from this machine, with the name that clients have asked for.
	all := replicas(t, 3, copyings[0], from, "--allow-host", "files.example")
	by := balance(t, all)
	for _, q := range append(questions, listings...) {
		seen := map[string]bool{}
		for range 9 {
			got := request(t, by, "GET", "http://files.example"+q[0], q[1:]...)
			replica := got.header.Get("X-Replica")
			seen[replica] = true
			tag := got.header.Get("Etag")
			if got.status != http.StatusOK || tag == "" {
				continue
			}
			again := request(t, by, "GET", "http://files.example"+q[0], append(q[1:len(q):len(q)], "If-None-Match: "+tag)...)
			if again.status != http.StatusNotModified {
				t.Errorf("%q: %s is %d to %s", q, tag, again.status, again.header.Get("X-Replica"))
			}
		}
		if len(seen) != len(all) {
			t.Errorf("%q was answered by %v", q, seen)
		}
	}
	for _, p := range all {
		if log := p.stderr.String(); !strings.Contains(log, `"GET / HTTP/1.1"`) {
			t.Errorf("no line for / at %s:\n%s", p.address, log)
		}
	}
}
