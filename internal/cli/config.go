package cli

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
	"github.com/gserve/gserve/internal/auth"
	"github.com/gserve/gserve/internal/share"
)

// Config is what the user asked for.
type Config struct {
	Show  Show   // instead of serving
	Shell string // that ShowCompletions is for

	Precompress []compress.Coding // to be done instead of serving; nil if not asked for

	Paths     []string // what is served; nil for the current folder
	Port      int
	PortGiven bool   // not just the default
	PortWord  string // the argument that named the port; "" if a flag or a variable did
	Protocol  string // "" if not given
	Bind      []string
	Fields    []fileserver.Field

	ContentType    string
	Index          []string // nil for the usual names
	NoIndex        bool
	NoListing      bool
	NoArchive      bool
	Title          string // "" for the name of the folder
	NoCompress     bool
	Hidden         bool
	FollowSymlinks bool
	Python         bool

	Users      []auth.Spec
	AuthWrites bool // only to change something needs a password
	AllowHosts []string
	Share      *share.Terms // nil for no end

	Upload       bool
	UploadFolder string // below what is served; "" for all of it
	Overwrite    bool
	MaxUpload    int64 // bytes; 0 for no limit
	Mkdir        bool
	Delete       bool
	Move         bool
	AllowAll     bool
	WebDAV       bool

	Open, QR, NoQR bool
	NoLane         bool // plain requests go through net/http, too
	MaxConnections int  // 0 for what the descriptors allow
	MaxPerClient   int  // 0 for a part of them

	SPA        string // file that answers paths which are none; "" for none
	CleanURLs  bool
	Cache      string // of Cache-Control; "" for the default
	CacheNames bool   // names that carry a hash are kept for good
	CORS       string // origin whose pages may read; "" for none
	Isolate    bool

	Handlers       []Handler
	CGIFolders     []string // below the folder that is served; nil for none
	Watch          bool
	Workers        int            // of each application; 0 for the default
	Threads        int            // of each worker; 0 for the default
	HandlerTimeout *time.Duration // to the first byte of an answer; 0 for none; nil for the default
	PythonBin      string
	AppDir         string

	TLS                              bool // with a certificate of our own
	TLSCert, TLSKey, TLSPasswordFile string

	Quiet, Verbose bool
	LogFormat      accesslog.Format
	LogFile        string // "" for standard error

	Health, Metrics string // paths that tell of the server itself; "" for none

	Confine, NoConfine bool   // to exactly what is served; to nothing
	User               string // to become, "" for whom what is served belongs to
}

// Show is what is printed instead of serving.
type Show int

// What can be printed.
const (
	ShowNothing Show = iota
	ShowUsage
	ShowHelp
	ShowVersion
	ShowManual
	ShowCompletions
)

const (
	http10 = "HTTP/1.0"
	http11 = "HTTP/1.1"
)

// defaultPort is python's.
const defaultPort = 8000

// HTTP10 reports whether answers are to be those of HTTP/1.0.
func (c *Config) HTTP10() bool {
	return c.Protocol == http10 || c.Protocol == "" && c.Python
}

// Check refuses what cannot be meant: contradictions, and values that are good
// for nothing. It looks at c only.
func (c *Config) Check() error {
	switch {
	case c.TLSCert == "" && c.TLSKey != "":
		return errors.New("--tls-key requires --tls-cert to be set") // python's words
	case c.TLSCert == "" && c.TLSPasswordFile != "":
		return errors.New("--tls-password-file requires --tls-cert to be set") // python's words
	case c.NoIndex && c.Index != nil:
		return errors.New("--index and --no-index exclude each other")
	case c.Quiet && c.Verbose:
		return errors.New("--quiet and --verbose exclude each other")
	}
	for _, check := range []func() error{c.checkBind, c.checkIndex, c.checkContentType, c.checkPrecompress, c.checkHandlers, c.checkSharing, c.checkSite, c.checkOperation, c.checkConfinement} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkBind refuses an address that comes with a port, which users of other
// servers expect to work.
func (c *Config) checkBind() error {
	for _, address := range c.Bind {
		if address == "" {
			return advise(errors.New(`--bind "" names no address`), "without --bind, gserve listens on all interfaces")
		}
		if isSocket(address) {
			continue
		}
		if _, err := netip.ParseAddr(address); err == nil {
			continue
		}
		if host, port, err := net.SplitHostPort(address); err == nil && isDigits(port) {
			return advise(fmt.Errorf("--bind %q names a port, too", address), "write it as %s", bindFlags(host, port))
		}
	}
	return nil
}

func (c *Config) checkIndex() error {
	for _, name := range c.Index {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return advise(fmt.Errorf("--index %q is not the name of a file", name),
				"it is looked for in every folder that is asked for, as index.html is")
		}
	}
	return nil
}

func (c *Config) checkContentType() error {
	if c.ContentType == "" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(c.ContentType)
	if err != nil || !strings.Contains(mediaType, "/") || strings.ContainsFunc(c.ContentType, isControl) {
		return advise(fmt.Errorf("--content-type %q is not a media type", c.ContentType),
			`it looks like text/plain or "text/plain; charset=utf-8"`)
	}
	return nil
}

// checkPrecompress refuses a port, since who names one expects to be served. One
// that comes from the environment is no reason.
func (c *Config) checkPrecompress() error {
	if c.Precompress == nil {
		return nil
	}
	if len(c.Paths) > 1 {
		err := fmt.Errorf("two folders are given, %q and %q", c.Paths[0], c.Paths[1])
		if isCodings(c.Paths[0]) {
			return advise(err, "to name codings, write --precompress=%s", c.Paths[0])
		}
		return advise(err, "--precompress takes one at a time")
	}
	if c.PortWord == "" {
		return nil
	}
	return advise(fmt.Errorf("--precompress does not serve, so %q is no port", c.PortWord),
		"to serve afterwards, run gserve again; a folder of that name is ./%s", c.PortWord)
}

// parsePort reads a port; 0 stands for one that is free.
func parsePort(word string) (int, error) {
	port, err := strconv.ParseUint(word, 10, 16)
	if err != nil || !isDigits(word) {
		return 0, fmt.Errorf("%q is not a port, which is a number from 0 to 65535", word)
	}
	return int(port), nil
}

// isDigits reports whether s is a number as it is written here.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
