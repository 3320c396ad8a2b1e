package exchange

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestContentSent has a server say what comes of a request.
func TestContentSent(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %q", r.ContentLength, content)
		if err != nil {
			fmt.Fprintf(w, " %v", err)
		}
	})
	plain := httptest.NewServer(echo)
	defer plain.Close()
	coded := httptest.NewUnstartedServer(echo)
	coded.EnableHTTP2 = true
	coded.StartTLS()
	defer coded.Close()
	client := NewHTTP2Client()
	defer client.CloseIdleConnections()

	for _, test := range []struct{ asked, want string }{
		{"> GET /", `0 ""`},
		{"> POST /\n>|", `0 ""`},
		{"> POST /\n>| a\n>|  b\n>|", `5 "a\n b\n"`},
		{"> POST /\n>| \"a\\tb\"", `3 "a\tb"`},
		{"> POST /\n>| a|*\n>* 3", `9 "a|*a|*a|*"`},
		{"> POST /\n>| a\n>| b\n>* 2\n>| c", `8 "a\nba\nb\nc"`},
		{"> POST /\n> Content-Type: multipart/form-data; boundary=b\n>| --b\n>|\n>| x", `8 "--b\r\n\r\nx"`},
		{"> POST / HTTP/1.1\n> Content-Length: 2\n>| abc", `2 "ab"`},
		{"> POST / HTTP/1.1\n> Transfer-Encoding: chunked\n>| a\n>|\n>| b", `-1 "a\n\nb"`},
		{"> POST / HTTP/1.1\n> Transfer-Encoding: chunked", `-1 ""`},
		{"> POST / HTTP/1.1\n> Transfer-Encoding: chunked\n> Content-Type: multipart/mixed; boundary=b\n>| --b\n>| x", `-1 "--b\r\nx"`},
	} {
		script, err := parse("sent.txt", test.asked+"\n< 200\n")
		if err != nil {
			t.Fatal(err)
		}
		e := script.Exchanges[0]
		answer, err := HTTP1(plain.Listener.Addr().String(), e)
		if err != nil || string(answer.Content) != test.want {
			t.Errorf("HTTP/1.1: %q came as %s, %v; want %s", test.asked, answer.Content, err, test.want)
		}
		if e.Proto != "" {
			continue
		}
		answer, err = HTTP2(client, coded.Listener.Addr().String(), e)
		if err != nil || string(answer.Content) != test.want {
			t.Errorf("HTTP/2: %q came as %s, %v; want %s", test.asked, answer.Content, err, test.want)
		}
	}
}

// TestChunks makes sure that each line is one.
func TestChunks(t *testing.T) {
	t.Parallel()
	script, err := parse("chunks.txt", "> POST /\n> Transfer-Encoding: Chunked\n>| a\n>| 0123456789\n>| b\n< 200\n")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	script.Exchanges[0].writeContent(&b)
	if want := "\r\n2\r\na\n\r\nb\r\n0123456789\n\r\n1\r\nb\r\n0\r\n\r\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
