package cli

import (
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
)

// logDelay is how late a line may be in a log that nobody looks at.
const logDelay = 100 * time.Millisecond

// newLogger returns the log of requests.
func (sys System) newLogger(c Config, w io.Writer, color bool) *accesslog.Logger {
	batch := logDelay
	if f, ok := sys.Stderr.(*os.File); c.LogFile == "" && (!ok || term.IsTerminal(int(f.Fd()))) {
		batch = 0 // somebody is looking
	}
	return accesslog.New(w, accesslog.Options{
		Format:  c.LogFormat,
		Quiet:   c.Quiet,
		Verbose: c.Verbose,
		Color:   color,
		Batch:   batch,
		Hint:    new(hints).about,
	})
}

// isCapable reports whether standard error is a terminal that can do more than
// print.
func (sys System) isCapable() bool {
	return sys.Getenv("TERM") != "dumb" && isTerminal(sys.Stderr)
}

// isColored reports whether what is written to standard error may have colours.
func (sys System) isColored() bool { return sys.isCapable() && sys.Getenv("NO_COLOR") == "" }

// isTerminal reports whether w is a terminal that knows colours.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && enableColor(f)
}

// hints remembers which refusals have been commented upon: each kind is once,
// or the log of a public server would be full of it.
type hints struct{ hidden, outside atomic.Bool }

// about returns what flag would have allowed a request that was refused.
func (h *hints) about(r *fileserver.Record) string {
	path, _, _ := strings.Cut(r.Target, "?")
	switch {
	case errors.Is(r.Err, fileserver.ErrHidden) && h.hidden.CompareAndSwap(false, true):
		return hiddenPart(path) + " begins with a dot; --hidden would serve it"
	case errors.Is(r.Err, fileserver.ErrOutside) && h.outside.CompareAndSwap(false, true):
		return path + " leads out of the folder; --follow-symlinks would serve it"
	}
	return ""
}

// hiddenPart returns a path up to the name in it that begins with a dot.
func hiddenPart(path string) string {
	end := 0
	for segment := range strings.SplitSeq(path, "/") {
		end += len(segment)
		name, err := url.PathUnescape(segment)
		if err == nil && strings.HasPrefix(name, ".") && strings.Trim(name, ".") != "" && path[:end] != "/.well-known" {
			return path[:end]
		}
		end++
	}
	return path
}
