package cli

import (
	"net"
	"os"
	"path"

	"golang.org/x/term"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/progress"
)

// watchTransfers has the transfers that run shown below the log, if that is on a
// terminal.
func (r *run) watchTransfers() {
	if f, ok := r.Stderr.(*os.File); ok && r.isCapable() && !r.config.Quiet {
		r.board = progress.New(f, progress.Options{Width: func() int {
			columns, _, _ := term.GetSize(int(f.Fd()))
			return columns
		}})
		r.Stderr = r.board
		r.closers = append(r.closers, func() error { r.board.Close(); return nil })
		r.options = append(r.options, fileserver.WithTransfers(r.sending))
	}
}

// sending shows that content is sent, unless it is a listing.
func (r *run) sending(record *fileserver.Record, total int64) fileserver.Transfer {
	if record.Listing {
		return nil
	}
	name := path.Base(record.Name)
	if record.Name == "." {
		name = r.config.title()
	}
	return r.board.Begin(clientOf(record.Client), name, total, false)
}

// receiving shows that a file is received.
func (r *run) receiving(client, name string, total int64) (moved func(int64), end func(error)) {
	t := r.board.Begin(clientOf(client), name, total, true)
	var received int64
	return func(n int64) {
		received += n
		t.Moved(received)
	}, t.End
}

// clientOf returns the address of a client without its port.
func clientOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
