package accesslog

import (
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/gserve/gserve/fileserver"
)

// appendJSON adds r as one object on one line. Its members always stand in
// this order; file, type, referer, user_agent, error and hint only if there is
// one. duration is in seconds.
func appendJSON(b []byte, r *fileserver.Record, hint string) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.Local().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = appendMember(b, "client", host(r.Client))
	b = appendMember(b, "method", r.Method)
	b = appendMember(b, "target", r.Target)
	b = appendMember(b, "protocol", r.Proto)
	b = appendMember(b, "host", r.Host)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, r.Sent, 10)
	b = append(b, `,"duration":`...)
	b = strconv.AppendFloat(b, r.Duration.Seconds(), 'f', 6, 64)
	b = appendOptional(b, "file", r.Name)
	b = appendOptional(b, "type", r.Type)
	b = appendOptional(b, "referer", r.Referer)
	b = appendOptional(b, "user_agent", r.UserAgent)
	if r.Err != nil {
		b = appendMember(b, "error", cause(r.Err))
	}
	b = appendOptional(b, "hint", hint)
	return append(b, "}\n"...)
}

func appendOptional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendMember(b, name, value)
}

func appendMember(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	return append(appendQuoted(b, value, escapeJSON), '"')
}

// escapeJSON adds r as it stands in a JSON string (RFC
// 8259, 7). Bytes that are not UTF-8 become U+FFFD, as encoding/json has it; what
// is not printable is escaped, which encoding/json leaves, so that the log can be
// looked at.
func escapeJSON(b []byte, _ string, r rune) []byte {
	if r <= 0xffff {
		return appendHex(append(b, `\u`...), r, 4) // utf8.RuneError is U+FFFD
	}
	high, low := utf16.EncodeRune(r)
	b = appendHex(append(b, `\u`...), high, 4)
	return appendHex(append(b, `\u`...), low, 4)
}
