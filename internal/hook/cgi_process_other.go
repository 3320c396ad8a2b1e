//go:build !unix

package hook

import (
	"errors"
	"io"
)

// cgiProcess is a program that runs: there is none.
type cgiProcess struct{ err error }

var errCGIUnsupported = errors.New("CGI programs need process groups, which this system has not; run them by a server of their own and proxy to it (--handler /cgi-bin=http://localhost:9000)")

func cgiSupported() error { return errCGIUnsupported }

func startCGI(*program, []string, io.Reader, func(string)) (*cgiProcess, error) {
	return nil, errCGIUnsupported
}

func (c *cgiProcess) Read([]byte) (int, error) { return 0, io.EOF }
func (c *cgiProcess) interrupt()               {}
func (c *cgiProcess) finish() error            { return c.err }

func wasKilled(error) bool { return false }
