package fileserver

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/gserve/gserve/listing"
)

// Causes of a refusal that a setting of the server would lift. They reach the
// observer in [Record.Err]; the client sees the same as for a missing file.
var (
	ErrHidden  = errors.New("name begins with a dot")
	ErrOutside = errors.New("link leads out of the root")
)

// ErrClientGone is the cause of an answer that was cut short because the client
// did not want the rest: it has left, or stopped taking it.
var ErrClientGone = errors.New("client is gone")

var (
	errNotRegular    = errors.New("not a regular file")
	errNotDirectory  = errors.New("not a directory")
	errPrivate       = errors.New("private to the server")
	errNoIndex       = errors.New("directory without an index")
	errBeside        = errors.New("path lies beside the prefix of the files")
	errMethod        = errors.New("method is not for files")
	errPrecondition  = errors.New("precondition failed")
	errRange         = errors.New("range lies outside of the file")
	errNotAcceptable = errors.New("every coding on offer is refused")
	errAborted       = errors.New("handler aborted the answer")
)

var absences = []error{
	fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid,
	ErrHidden, ErrOutside, errAbove, errNoName, errNotRegular, errNotDirectory, errPrivate, errNoIndex, errBeside,
	syscall.ENOTDIR, syscall.EINVAL, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.ENXIO, syscall.EOPNOTSUPP,
}

// refusalStatus tells what a client is answered when a file cannot be had.
func refusalStatus(err error) int {
	switch {
	case errors.Is(err, errNotAcceptable):
		return http.StatusNotAcceptable
	case errors.Is(err, errEncoding), errors.Is(err, listing.ErrQuery):
		return http.StatusBadRequest
	case isAbsence(err):
		return http.StatusNotFound
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOMEM),
		errors.Is(err, errChanged), errors.Is(err, ErrClientGone), errors.Is(err, errBusy):
		return http.StatusServiceUnavailable // passes when others are done
	}
	return http.StatusInternalServerError
}

// isClientGone reports whether content could not be written for the client's
// sake. ctx is that of its request, which ends with the connection.
func isClientGone(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// isAbsence reports whether, as far as clients are concerned, there is no such
// file. What exists and may not be had is absent like what does not exist.
func isAbsence(err error) bool {
	if err == nil {
		return false
	}
	for _, absence := range absences {
		if errors.Is(err, absence) {
			return true
		}
	}
	return false
}
