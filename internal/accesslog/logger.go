// Package accesslog writes what became of each request, as lines of text or as
// JSON.
//
// It decides how a [fileserver.Record] looks in a log, and nothing else: where
// the log goes, and what a user should be told about flags, the caller says.
// Whatever a client sent is escaped, so that no request can add a line to the
// log or command the terminal that shows it.
package accesslog

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Format is the form of a log.
type Format string

// The forms of a log.
const (
	Python   Format = "python"   // the line of python's http.server
	Combined Format = "combined" // the NCSA line with Referer and User-Agent, as Apache and nginx have it
	JSON     Format = "json"     // one object a line
)

// Options say what is logged.
type Options struct {
	Format  Format // Python if empty
	Quiet   bool   // only what went wrong
	Verbose bool   // more about each request; JSON always tells all
	Color   bool   // of the status, by terminal sequences; never in JSON

	// Batch is how long lines are kept back, to be written together. With 0,
	// each is written before Observe returns, unless the log stands still, as a
	// terminal does after Ctrl-S: then they are kept until it goes on.
	Batch time.Duration

	// Hint returns what to tell the user about a refusal, "" for nothing. It
	// is called for records with an Err only. What it takes from the record it
	// leaves unescaped. Nil gives no hints.
	Hint func(*fileserver.Record) string
}

// Logger writes records to a log. It is safe for concurrent use.
type Logger struct {
	options Options
	batch   *batch
	last    atomic.Pointer[stamp]
}

// New returns a logger that writes to w: whole records, one Write at a time.
func New(w io.Writer, options Options) *Logger {
	return &Logger{options: options, batch: newBatch(w, options.Batch)}
}

// Close writes what has been kept back. It waits for a log that takes nothing
// for two seconds at most. What is observed afterwards is dropped.
func (l *Logger) Close() error {
	l.batch.close(patience)
	return nil
}

const patience = 2 * time.Second

// maxBuffer is what a buffer that is kept may hold: all usual lines, and not
// the 8 KiB targets of one scan for ever.
const maxBuffer = 4 << 10

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 512)
	return &b
}}

// Observe logs one record; it is made for [fileserver.WithObserver]. A log
// that cannot be written is no reason not to serve, so that error is dropped.
func (l *Logger) Observe(r *fileserver.Record) {
	buf := buffers.Get().(*[]byte)
	b := l.append((*buf)[:0], r)
	if len(b) > 0 {
		l.batch.add(b)
	}
	if cap(b) <= maxBuffer {
		*buf = b
		buffers.Put(buf)
	}
}

// append adds all lines about r.
func (l *Logger) append(b []byte, r *fileserver.Record) []byte {
	hint := ""
	if r.Err != nil && l.options.Hint != nil {
		hint = l.options.Hint(r)
	}
	fault := isFault(r)
	if l.options.Format == JSON {
		if l.options.Quiet && !fault && hint == "" {
			return b
		}
		return appendJSON(b, r, hint)
	}
	if !l.options.Quiet {
		b = l.appendLine(b, r)
	}
	if l.options.Verbose && !l.options.Quiet {
		b = appendDetails(b, r)
	} else if fault {
		b = appendFault(b, r)
	}
	if hint != "" {
		b = append(b, "gserve: hint: "...)
		b = append(AppendEscaped(b, hint), '\n')
	}
	return b
}
