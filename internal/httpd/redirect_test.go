package httpd

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

func TestSecureAuthority(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field, want string // "": refused
	}{
		{"laptop.local:8000", "laptop.local:8000"},
		{"laptop.local", "laptop.local:80"},
		{"laptop.local:", "laptop.local:80"},
		{"192.168.1.7:8000", "192.168.1.7:8000"},
		{"[::1]:8000", "[::1]:8000"},
		{"[::1]", "[::1]:80"},
		{"[2001:DB8::1]:65535", "[2001:DB8::1]:65535"},
		{"x.y_z-1.:1", "x.y_z-1.:1"},
		{"x:08000", "x:8000"},
		{"", ""},
		{":8000", ""},
		{"[]:8000", ""},
		{"::1", ""},
		{"::1:8000", ""},
		{"[::1]8000", ""},
		{"[127.0.0.1]:8000", ""},
		{"[::1%eth0]:8000", ""},
		{"[x]:8000", ""},
		{"x:0", ""},
		{"x:65536", ""},
		{"x:-1", ""},
		{"x:+1", ""},
		{"x:http", ""},
		{"x:8000:8000", ""},
		{"user@x:8000", ""},
		{"x/y:8000", ""},
		{"x\\y:8000", ""},
		{"x y:8000", ""},
		{"x\r\nSet-Cookie: a=b", ""},
		{"x?:8000", ""},
		{"x#:8000", ""},
		{`x">:8000`, ""},
		{"bücher:8000", ""},
	} {
		if got, ok := secureAuthority(test.field); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%q: got %q, %t, want %q", test.field, got, ok, test.want)
		}
	}
}

// What comes without TLS is sent to the same place with it, and to no other.
func TestRedirect(t *testing.T) {
	t.Parallel()
	s := serve(t, &Server{Handler: text("hello"), TLS: testTLS(t)})
	for _, test := range []struct {
		name string
		head string
		want string // status and Location
	}{
		{"plain", "GET /a/b?c=d HTTP/1.1|Host: x:8000", "307 https://x:8000/a/b?c=d"},
		{"no port", "GET / HTTP/1.1|Host: x", "307 https://x:80/"},
		{"HEAD", "HEAD / HTTP/1.1|Host: x:1", "307 https://x:1/"},
		{"POST", "POST / HTTP/1.1|Host: x:1|Content-Length: 0", "307 https://x:1/"},
		{"unknown method", "BREW / HTTP/1.1|Host: x:1", "307 https://x:1/"},
		{"IPv6", "GET / HTTP/1.1|Host: [::1]:8000", "307 https://[::1]:8000/"},
		{"HTTP/1.0", "GET / HTTP/1.0|Host: x:1", "307 https://x:1/"},
		{"coded path", "GET /%2f%0d%0aX:%20y/%C3%BC?%0d%0a HTTP/1.1|Host: x:1", "307 https://x:1/%2f%0d%0aX:%20y/%C3%BC?%0d%0a"},
		{"path that looks like a host", "GET //evil.example/ HTTP/1.1|Host: x:1", "307 https://x:1//evil.example/"},
		{"whole URL", "GET http://x:1/a?b HTTP/1.1|Host: y", "307 https://x:1/a?b"},
		{"empty query", "GET /a? HTTP/1.1|Host: x:1", "307 https://x:1/a?"},
		{"no host in HTTP/1.0", "GET / HTTP/1.0", "400 "},
		{"no host", "GET / HTTP/1.1", "400 "},
		{"empty host", "GET / HTTP/1.1|Host:", "400 "},
		{"two hosts", "GET / HTTP/1.1|Host: x|Host: y", "400 "},
		{"user in host", "GET / HTTP/1.1|Host: a@x", "400 "},
		{"path in host", "GET / HTTP/1.1|Host: x/y", "400 "},
		{"markup in host", `GET / HTTP/1.1|Host: x"><script>`, "400 "},
		{"asterisk", "OPTIONS * HTTP/1.1|Host: x:1", "400 "},
		{"opaque", "GET mailto:x HTTP/1.1|Host: x:1", "400 "},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0", "400 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, s.addr)
			c.send(strings.Split(test.head, "|")...)
			resp := c.answer(test.head[:strings.Index(test.head, " ")])
			if got := resp.Status[:4] + resp.Header.Get("Location"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if !resp.Close {
				t.Error("the connection is said to stay")
			}
			if len(resp.Header["X"])+len(resp.Header["Set-Cookie"]) > 0 {
				t.Errorf("got fields of the client's: %v", resp.Header)
			}
			io.Copy(io.Discard, resp.Body)
			c.ends()
		})
	}
}

// The clients that people have get what they want from a URL of http.
func TestRedirectWithCurl(t *testing.T) {
	t.Parallel()
	curl := exchange.Program(t, "curl")
	s := serve(t, &Server{TLS: testTLS(t), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Proto+" "+string(content))
	})})
	url := "http://" + s.addr + "/a%20b?c=d"
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"not followed", []string{"-o", "/dev/null", "-w", "%{http_code} %{redirect_url} %{num_connects}"},
			"307 https://" + s.addr + "/a%20b?c=d 1"},
		{"followed", []string{"-L"}, "GET /a%20b?c=d HTTP/2.0 "},
		{"without HTTP/2", []string{"-L", "--http1.1"}, "GET /a%20b?c=d HTTP/1.1 "},
		{"HTTP/1.0", []string{"-L", "--http1.0", "--no-alpn"}, "GET /a%20b?c=d HTTP/1.0 "},
		{"POST", []string{"-L", "-d", "content"}, "POST /a%20b?c=d HTTP/2.0 content"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"-sSk", "--noproxy", "*", "--max-time", "20", url}, test.args...)
			got, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
			if string(got) != test.want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// What there is to say without TLS is the caller's to decide, and one answer is
// all of it.
func TestPlain(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		s := serve(t, &Server{Handler: text("secret"), Plain: text("public"), TLS: testTLS(t), HTTP10: old})
		c := dial(t, s.addr)
		if got := c.get("/"); got != "public" {
			t.Errorf("without TLS: got %q", got)
		}
		if rest := c.ends(); rest != "" {
			t.Errorf("after it: got %q", rest)
		}
		if got := dialTLS(t, s.addr).get("/"); got != "secret" {
			t.Errorf("with TLS: got %q", got)
		}
	}
	s := serve(t, &Server{Handler: text("all"), Plain: text("public")})
	if got := dial(t, s.addr).get("/"); got != "all" {
		t.Errorf("where there is no TLS: got %q", got)
	}
}
