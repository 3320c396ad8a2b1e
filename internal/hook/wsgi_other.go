//go:build !unix

package hook

import (
	"context"
	"errors"
	"net/http"
)

var errNeedsUnix = errors.New("running an application needs Unix, use a proxy to a server of its own")

// WSGI needs sockets that can be passed to another process, as Unix has them.
type WSGI struct{}

// NewWSGI fails.
func NewWSGI(WSGIConfig) (*WSGI, error) { return nil, errNeedsUnix }

// Start fails.
func (*WSGI) Start(context.Context) error { return errNeedsUnix }

// ServeHTTP answers 501.
func (*WSGI) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "501 Not Implemented", http.StatusNotImplemented)
}

// Hold does nothing.
func (*WSGI) Hold() {}

// Reload does nothing.
func (*WSGI) Reload() {}

// Folders returns none.
func (*WSGI) Folders() []string { return nil }

// Close does nothing.
func (*WSGI) Close(context.Context) error { return nil }

// Describe returns nothing.
func (*WSGI) Describe() string { return "" }
