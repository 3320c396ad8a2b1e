package accesslog

import (
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Layouts of time. python's is local time without its zone.
const (
	pythonTime = "02/Jan/2006 15:04:05"
	ncsaTime   = "02/Jan/2006:15:04:05 -0700"
)

// appendLine adds the request line of the log:
//
//	192.168.1.7 - - [20/Nov/2026 10:00:00] "GET / HTTP/1.1" 200 512
func (l *Logger) appendLine(b []byte, r *fileserver.Record) []byte {
	b = AppendEscaped(b, host(r.Client))
	b = append(b, " - - ["...)
	b = append(b, l.stamp(r.Time)...)
	b = append(b, `] "`...)
	b = AppendEscaped(b, r.Method)
	b = append(b, ' ')
	b = AppendEscaped(b, r.Target)
	b = append(b, ' ')
	b = AppendEscaped(b, r.Proto)
	b = append(b, `" `...)
	b = l.appendStatus(b, r.Status)
	b = append(b, ' ')
	if l.options.Format != Combined {
		// python has "-" here always, as it does not know the size.
		b = strconv.AppendInt(b, r.Sent, 10)
		return append(b, '\n')
	}
	if r.Sent == 0 {
		b = append(b, '-') // as in the Common Log Format
	} else {
		b = strconv.AppendInt(b, r.Sent, 10)
	}
	b = append(b, ` "`...)
	b = AppendEscaped(b, orDash(r.Referer))
	b = append(b, `" "`...)
	b = AppendEscaped(b, orDash(r.UserAgent))
	return append(b, "\"\n"...)
}

// stamp is a second as the log has it.
type stamp struct {
	second int64
	text   string
}

// stamp returns a time as the log has it. Of many lines within a second, the first
// makes it.
func (l *Logger) stamp(t time.Time) string {
	second := t.Unix()
	if last := l.last.Load(); last != nil && last.second == second {
		return last.text
	}
	layout := pythonTime
	if l.options.Format == Combined {
		layout = ncsaTime
	}
	made := &stamp{second, t.Local().Format(layout)}
	l.last.Store(made)
	return made.text
}

// statusColors are the terminal's, by the first digit of the status.
var statusColors = [...]string{2: "\x1b[32m", 3: "\x1b[36m", 4: "\x1b[33m", 5: "\x1b[31m"}

func (l *Logger) appendStatus(b []byte, status int) []byte {
	class := status / 100
	if !l.options.Color || class < 2 || class >= len(statusColors) {
		return strconv.AppendInt(b, int64(status), 10)
	}
	b = append(b, statusColors[class]...)
	b = strconv.AppendInt(b, int64(status), 10)
	return append(b, "\x1b[0m"...)
}

// host returns the address of a client without its port and brackets. One that
// comes through a Unix socket has none.
func host(client string) string {
	if client == "" || client == "@" {
		return "-"
	}
	if i := strings.LastIndexByte(client, ':'); i >= 0 {
		client = client[:i]
	}
	return strings.Trim(client, "[]")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
