//go:build !linux || !(amd64 || arm64)

package lane

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Options are what the answers of the files depend on besides requests and files.
type Options struct {
	Generation func() uint64
}

// Lane is not to be had on this system.
type Lane struct{}

// New returns nil.
func New(*fileserver.Server, Options) *Lane { return nil }

// The methods of a Lane are never called here.
func (*Lane) Bound(head, idle, stall time.Duration) {}
func (*Lane) Notify(full, left func())              {}
func (*Lane) Hurry(patience time.Duration)          {}
func (*Lane) CloseIdle()                            {}
func (*Lane) Len() int                              { return 0 }
func (*Lane) Cut()                                  {}
func (*Lane) Close()                                {}

func (*Lane) Admit(func(netip.Addr) (ok, later bool), func(netip.Addr))       {}
func (*Lane) Waiting(time.Duration, func(uint64, netip.Addr, time.Time) bool) {}
func (*Lane) End(uint64) bool                                                 { return false }

func (*Lane) Recall(*http.Request, *fileserver.Response) bool                                      { return false }
func (*Lane) Begin() fileserver.Beginning                                                          { return fileserver.Beginning{} }
func (*Lane) Remember(*http.Request, *fileserver.Response, fileserver.Basis, fileserver.Beginning) {}

// Serve fails.
func (*Lane) Serve(*net.TCPListener, func(net.Conn, []byte)) error { return errors.ErrUnsupported }
