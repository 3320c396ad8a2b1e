package lane

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// rendered is the head of an answer as it is on the wire, but for its date.
type rendered struct {
	bytes  []byte
	date   int  // where in bytes the date stands
	closes bool // the connection ends with the answer
}

// computed are fields that net/http has a say in, so that what becomes of them is
// its own to decide.
var computed = []string{"Connection", "Date", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade"}

// render returns the head of p as net/http writes it: the fields sorted by name,
// Date behind them, and Connection if it is to end. It returns false for a head
// that net/http would change.
func render(r *http.Request, p *fileserver.Response) (rendered, bool) {
	fields := make([]fileserver.Field, 0, 16)
	plain := true
	p.Fields(func(name, value string) {
		if !isFieldName(name) || slices.Contains(computed, name) || !isFieldValue(value) {
			plain = false
		}
		fields = append(fields, fileserver.Field{Name: name, Value: value})
	})
	lengths := 0
	for _, f := range fields {
		if f.Name == "Content-Length" {
			lengths++
		}
	}
	if !plain || lengths > 1 || p.Status != http.StatusNotModified && lengths == 0 {
		return rendered{}, false
	}
	slices.SortStableFunc(fields, func(a, b fileserver.Field) int { return strings.Compare(a.Name, b.Name) })
	head := rendered{closes: r.Close}
	b := append([]byte("HTTP/1.1 "), strconv.Itoa(p.Status)...)
	b = append(append(append(b, ' '), http.StatusText(p.Status)...), "\r\n"...)
	for _, f := range fields {
		b = append(append(append(append(b, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	b = append(b, "Date: "...)
	head.date = len(b)
	b = append(append(b, http.TimeFormat...), "\r\n"...)
	if head.closes {
		b = append(b, "Connection: close\r\n"...)
	}
	head.bytes = append(b, "\r\n"...)
	return head, true
}

// isFieldName reports whether net/http writes a field of this name, and in no
// other spelling than this.
func isFieldName(name string) bool {
	for i := range len(name) {
		if !isTokenByte(name[i]) {
			return false
		}
	}
	return name != "" && name == http.CanonicalHeaderKey(name) && !strings.HasPrefix(name, http.TrailerPrefix)
}

// isFieldValue reports whether net/http writes this value as it is.
func isFieldValue(value string) bool {
	return !strings.ContainsAny(value, "\r\n") && value == strings.Trim(value, " \t")
}

// appendHead adds the head with this date.
func (h *rendered) appendHead(b []byte, date *[dateSize]byte) []byte {
	start := len(b)
	b = append(b, h.bytes...)
	copy(b[start+h.date:], date[:])
	return b
}

const dateSize = len(http.TimeFormat)

// dateOf returns a time as it stands in a Date field.
func dateOf(t time.Time) (date [dateSize]byte) {
	t.UTC().AppendFormat(date[:0], http.TimeFormat)
	return date
}
