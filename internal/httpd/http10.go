package httpd

import "net/http"

// answerAsHTTP10 has every request answered as if it were one of HTTP/1.0: with
// that version in the status line, without chunks, and with the end of the
// connection after it. The caller disables keep-alive in the server.
//
// net/http asks the very request that it handed out for its version, so next
// must be called with it.
func answerAsHTTP10(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ProtoMajor, r.ProtoMinor = 1, 0 // and not Proto, as the log shows what was asked

		// To a client of HTTP/1.0 that asks for it, net/http would announce
		// that the connection stays, and then end it. With keep-alive
		// disabled, this value is not sent either.
		w.Header().Set("Connection", "close")
		next.ServeHTTP(w, r)
	})
}
