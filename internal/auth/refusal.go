package auth

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal is an answer that is the same for every request.
type refusal struct {
	status int
	fields [][2]string
	text   string // below the words of the status
}

func (p *refusal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content := strconv.Itoa(p.status) + " " + http.StatusText(p.status) + "\n"
	if p.text != "" {
		content += "\n" + p.text + "\n"
	}
	h := w.Header()
	for _, field := range p.fields {
		h.Set(field[0], field[1])
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		io.WriteString(w, content)
	}
}

// tooMany asks to come again later.
func tooMany(wait time.Duration) *refusal {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return &refusal{
		status: http.StatusTooManyRequests,
		fields: [][2]string{{"Retry-After", strconv.FormatInt(seconds, 10)}},
		text:   "There were too many wrong passwords. Please try again later.",
	}
}

// quote makes a quoted-string of s (RFC 9110, 5.6.4), in ASCII only: there is
// no agreement on what else means there.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
