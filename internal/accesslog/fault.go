package accesslog

import (
	"errors"
	"io/fs"
	"net"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// isFault reports whether something went wrong that the status does not tell:
// an answer that was cut short, a server that is out of order, a file that is
// there and cannot be had. That there is no such file, or none for strangers,
// is an answer like others.
func isFault(r *fileserver.Record) bool {
	switch {
	case r.Err == nil, errors.Is(r.Err, fs.ErrNotExist),
		errors.Is(r.Err, fileserver.ErrHidden), errors.Is(r.Err, fileserver.ErrOutside),
		errors.Is(r.Err, fileserver.ErrClientGone): // as browsers do with every video
		return false
	case r.Status >= 500 || isCutShort(r):
		return true
	}
	_, ofSystem := errors.AsType[*fs.PathError](r.Err)
	return ofSystem
}

// isCutShort reports whether an answer that is no refusal was not sent whole.
func isCutShort(r *fileserver.Record) bool { return r.Err != nil && r.Status < 400 }

// appendFault adds a line with the cause of a refusal or of an abort:
//
//	gserve: GET /x 404: openat x: permission denied
func appendFault(b []byte, r *fileserver.Record) []byte {
	b = append(b, "gserve: "...)
	b = AppendEscaped(b, r.Method)
	b = append(b, ' ')
	b = AppendEscaped(b, r.Target)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, ": "...)
	return append(appendCause(b, r), '\n')
}

func appendCause(b []byte, r *fileserver.Record) []byte {
	if isCutShort(r) {
		b = append(b, "cut short after "...)
		b = strconv.AppendInt(b, r.Sent, 10)
		b = append(b, " bytes: "...)
	}
	return AppendEscaped(b, cause(r.Err))
}

// cause returns the text of an error without the addresses of a connection,
// which the request line has.
func cause(err error) string {
	if connection, ok := errors.AsType[*net.OpError](err); ok && connection.Err != nil {
		err = connection.Err
	}
	return err.Error()
}

// appendDetails adds the line of a verbose log that stands below the request.
// It tells by what rule which file was chosen, and why in which coding:
//
//	_redirects:12: docs/app.js -> app.js.br, br;q=1, text/javascript; charset=utf-8, 0.2ms
func appendDetails(b []byte, r *fileserver.Record) []byte {
	b = append(b, "  "...)
	if r.Rule != "" {
		b = append(AppendEscaped(b, r.Rule), ": "...)
	}
	if r.Name != "" {
		b = append(AppendEscaped(b, r.Name), ", "...)
	}
	b = appendCoding(b, r)
	// The type of a refusal is that of the page which says so.
	if r.Type != "" && r.Status < 400 {
		b = append(AppendEscaped(b, r.Type), ", "...)
	}
	if r.Err != nil {
		b = append(appendCause(b, r), ", "...)
	}
	return append(appendDuration(b, r.Duration), '\n')
}

// appendCoding adds the coding of the content, with the weight that the client
// gave it, and the name of the file if it lay there encoded.
func appendCoding(b []byte, r *fileserver.Record) []byte {
	if r.Coding == compress.Identity || r.Request == nil {
		return b
	}
	if r.Stored && r.Name != "" {
		b = append(b[:len(b)-len(", ")], " -> "...)
		b = append(AppendEscaped(b, path.Base(r.Name)+r.Coding.Suffix()), ", "...)
	}
	weight := compress.WeightOf(strings.Join(r.Request.Header["Accept-Encoding"], ","), r.Coding)
	b = append(append(b, r.Coding.Token()...), ";q="...)
	return append(strconv.AppendFloat(b, weight, 'g', 3, 64), ", "...)
}

func appendDuration(b []byte, d time.Duration) []byte {
	if d < time.Second {
		b = strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 1, 64)
		return append(b, "ms"...)
	}
	b = strconv.AppendFloat(b, d.Seconds(), 'f', 1, 64)
	return append(b, 's')
}
