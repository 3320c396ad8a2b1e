package hook

import (
	"bufio"
	"io"
	"net/http"
)

// readResponse reads the answer to a request of this method.
func readResponse(r io.Reader, method string) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(r), &http.Request{Method: method})
}
