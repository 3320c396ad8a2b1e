//go:build unix

package hook

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestClauses asks for what PEP 3333 says of an answer, clause by clause.
func TestClauses(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses"})
	source, err := os.ReadFile("testdata/apps/clauses.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		clause, method, path string
		content              string // of the request
		status               int    // 0 is a connection that is cut
		want                 string
		field, value         string // "-" is absent
	}{
		{"a list is the answer, with its length", "GET", "/plain_list", "", 200, "plain", "Content-Length", "5"},
		{"wsgi.input is what was sent", "POST", "/echo", "hello", 200, "hello", "Content-Length", "5"},
		{"read(size), readline() and iteration", "POST", "/lines", "one\ntwo\nthree\nfour", 200, `[b'one\n', b'tw', [b'o\n', b'three\n', b'four'], b'']`, "", ""},
		{"empty strings send no head", "GET", "/late", "", 200, "late", "", ""},
		{"start_response may come before the first string", "GET", "/from_iterator", "", 200, "here", "X-From", "iterator"},
		{"write() comes before what is iterated", "GET", "/write", "", 200, "abc", "", ""},
		{"an answer may be empty", "GET", "/empty", "", 200, "", "Content-Length", "0"},
		{"exc_info replaces a head that was not sent", "GET", "/replaced", "", 503, "new", "X-Old", "-"},
		{"exc_info raises once it was sent", "GET", "/too_late", "", 0, "", "", ""},
		{"start_response once only without exc_info", "GET", "/twice", "", 500, "500 Internal Server Error\n", "", ""},
		{"a class is an application", "GET", "/instance", "", 200, "instance", "", ""},
		{"close() that fails changes nothing", "GET", "/close_raises", "", 200, "ok", "", ""},
		{"no more than Content-Length from a list", "GET", "/clip", "", 200, "abc", "Content-Length", "3"},
		{"no more than Content-Length from an iterator", "GET", "/clip_stream", "", 200, "aba", "Content-Length", "3"},
		{"less than Content-Length is no answer, list", "GET", "/short", "", 0, "", "", ""},
		{"less than Content-Length is no answer, iterator", "GET", "/short_stream", "", 0, "", "", ""},
		{"two Content-Lengths are none", "GET", "/bad_length", "", 500, "", "", ""},
		{"fields may be repeated", "GET", "/two_cookies", "", 200, "x", "Set-Cookie", "a=1|b=2"},
		{"values are latin-1", "GET", "/two_cookies", "", 200, "x", "X-Latin", "caf\xe9"},
		{"hop-by-hop fields are the server's: Connection", "GET", "/hop", "", 200, "x", "Connection", "-"},
		{"hop-by-hop fields are the server's: Upgrade", "GET", "/hop", "", 200, "x", "Upgrade", "-"},
		{"any reason phrase will do", "GET", "/reason", "", 299, "x", "Content-Type", "-"},
		{"204 has no content, nor a length", "GET", "/no_content", "", 204, "", "Content-Length", "-"},
		{"304 has no content", "GET", "/not_modified", "", 304, "", "ETag", `"x"`},
		{"control characters make no fields: line", "GET", "/crlf", "", 200, "x", "X-B", "-"},
		{"control characters make no fields: NUL", "GET", "/nul", "", 500, "500 Internal Server Error\n", "X-B", "-"},
		{"values beyond latin-1 are the application's fault", "GET", "/wide", "", 500, "500 Internal Server Error\n", "", ""},
		{"a status begins with a number", "GET", "/bad_status", "", 500, "500 Internal Server Error\n", "", ""},
		{"a status is final", "GET", "/informational", "", 500, "", "", ""},
		{"file_wrapper sends a file", "GET", "/file", "", 200, string(source), "", ""},
		{"file_wrapper begins where the file stands", "GET", "/file?100", "", 200, string(source[100:]), "", ""},
		{"file_wrapper ends with the Content-Length", "GET", "/file_length", "", 200, string(source[:7]), "Content-Length", "7"},
		{"file_wrapper takes what only reads", "GET", "/file_like", "", 200, "from memory", "", ""},
		{"file_wrapper takes what decodes", "GET", "/file_like?gzip", "", 200, "from gzip", "", ""},
		{"file_wrapper takes temporary files", "GET", "/file_like?temp", "", 200, "456789", "", ""},
		{"HEAD of a file has its length", "HEAD", "/file", "", 200, "", "Content-Length", itoa(len(source))},
		{"an exception is 500", "GET", "/raises", "", 500, "500 Internal Server Error\n", "", ""},
		{"SystemExit is 500", "GET", "/exits", "", 500, "500 Internal Server Error\n", "", ""},
		{"a list of str is 500", "GET", "/text", "", 500, "500 Internal Server Error\n", "", ""},
		{"str from an iterator is 500", "GET", "/text_stream", "", 500, "500 Internal Server Error\n", "", ""},
		{"None is 500", "GET", "/none", "", 500, "500 Internal Server Error\n", "", ""},
		{"no start_response is 500", "GET", "/nothing", "", 500, "500 Internal Server Error\n", "", ""},
		{"HEAD has the fields and no content", "HEAD", "/two_cookies", "", 200, "", "X-Latin", "caf\xe9"},
		{"HEAD ends with what comes first", "HEAD", "/close_forever", "", 200, "", "", ""},
		{"HEAD claims no length that GET may not have", "HEAD", "/empty", "", 200, "", "Content-Length", "-"},
	} {
		t.Run(test.clause, func(t *testing.T) {
			got := s.do(test.method, test.path, test.content)
			if test.status == 0 {
				if got.err == nil {
					t.Fatalf("the answer is complete: %d %q", got.status, got.content)
				}
				return
			}
			if got.err != nil || got.status != test.status || test.want != "" && got.content != test.want {
				t.Fatalf("%d %.200q %v, want %d %.200q", got.status, got.content, got.err, test.status, test.want)
			}
			switch values := strings.Join(got.header[http.CanonicalHeaderKey(test.field)], "|"); {
			case test.field == "":
			case test.value == "-" && values != "", test.value != "-" && values != test.value:
				t.Errorf("%s is %q, want %q", test.field, values, test.value)
			}
		})
	}
	if !strings.Contains(s.log.String(), "GET /short: "+errTooLittle.Error()) {
		t.Errorf("the log does not tell the author:\n%s", s.log)
	}
	// All of it was one worker's.
	if n := strings.Count(s.log.String(), "ended"); n > 0 {
		t.Errorf("a worker ended:\n%s", s.log)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// TestEnviron looks at what an application gets.
func TestEnviron(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "clauses:application", Prefix: "/api/", Workers: 2})
	for _, test := range []struct {
		about, request string
		want           map[string]any // nil is absent
	}{
		{"the plain case", "GET /api/environ HTTP/1.1\r\nHost: shop.test:81\r\n", map[string]any{
			"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/api", "PATH_INFO": "/environ", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
			"REQUEST_URI": "/api/environ", "HTTP_HOST": "shop.test:81", "SERVER_NAME": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1",
			"wsgi.url_scheme": "http", "REQUEST_SCHEME": "http", "wsgi.multithread": true, "wsgi.multiprocess": true,
			"wsgi.run_once": false, "wsgi.input_terminated": true, "HTTPS": nil, "CONTENT_LENGTH": nil, "CONTENT_TYPE": nil,
			"GATEWAY_INTERFACE": "CGI/1.1",
		}},
		{"paths are decoded, and nothing else", "GET /api/environ//a%2Fb/../%C3%A9%FF?a=%20&b HTTP/1.1\r\nHost: x\r\n", map[string]any{
			"PATH_INFO": "/environ//a/b/../\u00c3\u00a9\u00ff", "QUERY_STRING": "a=%20&b",
		}},
		{"the mount itself", "GET /api HTTP/1.1\r\nHost: x\r\n", map[string]any{"SCRIPT_NAME": "/api", "PATH_INFO": ""}},
		{"repeated fields", "GET /api/environ HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=1\r\nCookie: b=2\r\n", map[string]any{
			"HTTP_X_A": "1,2", "HTTP_COOKIE": "a=1; b=2",
		}},
		{"fields that would be taken for others", "GET /api/environ HTTP/1.1\r\nHost: x\r\nX_A: 1\r\nProxy: http://evil\r\n", map[string]any{
			"HTTP_X_A": nil, "HTTP_PROXY": nil,
		}},
		{"content", "POST /api/environ HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 0\r\n", map[string]any{
			"CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "0", "HTTP_CONTENT_TYPE": nil, "HTTP_CONTENT_LENGTH": nil,
		}},
		{"values are latin-1", "GET /api/environ HTTP/1.1\r\nHost: x\r\nX-L: caf\xe9\r\n", map[string]any{"HTTP_X_L": "caf\u00e9"}},
		{"old clients", "GET /api/environ HTTP/1.0\r\n", map[string]any{"SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": nil}},
	} {
		t.Run(test.about, func(t *testing.T) {
			answer := s.raw(test.request + "Connection: close\r\n\r\n")
			_, content, _ := strings.Cut(answer, "\r\n\r\n")
			var got map[string]any
			if err := json.Unmarshal([]byte(content), &got); err != nil {
				t.Fatalf("%v in %q", err, answer)
			}
			for key, want := range test.want {
				if value, ok := got[key]; value != want || ok != (want != nil) {
					t.Errorf("%s is %#v, want %#v", key, value, want)
				}
			}
		})
	}
	if got := s.get("/apis"); got.status != 404 {
		t.Errorf("/apis is not below /api, but %d", got.status)
	}
}

// TestValidate has wsgiref.validate look for what this server does wrong.
func TestValidate(t *testing.T) {
	t.Parallel()
	s := startSite(t, WSGIConfig{App: "valid.py"})
	for _, test := range []struct{ method, path, content, want string }{
		{"GET", "/", "", "hello"},
		{"GET", "/a?b=c", "", "hello"},
		{"HEAD", "/", "", ""},
		{"POST", "/post", "some content", "some content"},
		{"POST", "/post", strings.Repeat("x", 200_000), strings.Repeat("x", 200_000)},
		{"POST", "/lines", "one\ntwo\n", "one\ntwo\n"},
		{"GET", "/stream", "", "0 1 2 3 4 "},
		{"GET", "/write", "", "written hello"},
		{"OPTIONS", "/", "", "hello"},
	} {
		if got := s.do(test.method, test.path, test.content); got.status != 200 || got.content != test.want {
			t.Errorf("%s %s: %d %.100q", test.method, test.path, got.status, got.content)
		}
	}
	if got := s.raw("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.Contains(got, "hello") {
		t.Errorf("OPTIONS *: %q", got)
	}
	if printed := s.printed(); printed != "" {
		t.Errorf("complaints:\n%s", printed)
	}
}
