package webdav

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/internal/store"
)

// Config says what is offered.
type Config struct {
	Root fs.FS // what is served, with links followed as far as they may be

	// Shows reports whether clients can have what lies in Root by this name,
	// which info describes. Nil shows all files and folders. Anything else, such
	// as a FIFO, is never shown.
	Shows func(name string, info fs.FileInfo) bool

	Prefix string // of the paths that name what is in Root, as "/files"; usually ""

	// Store writes into the folder of Root. Nil: there is nothing but OPTIONS
	// and PROPFIND, and the fields below have no meaning.
	Store *store.Store

	// Writer answers PUT, DELETE and MKCOL, and all methods that are not of this
	// package. It decides by its own rules, which are those that the flags tell.
	Writer http.Handler

	Upload bool // PUT, PROPPATCH, COPY, and LOCK of names that are not in use
	Mkdir  bool // MKCOL, and COPY of folders
	Delete bool // DELETE, and that a folder is replaced
	Move   bool // MOVE

	// Log is told why a request failed, with the cause that the client is not
	// told. Nil drops it.
	Log func(r *http.Request, err error)
}

// Handler answers requests of WebDAV. It is safe for concurrent use.
type Handler struct {
	config  Config
	origin  http.CrossOriginProtection
	locks   *locks
	dead    *deadProperties
	blanks  *blanks
	doubles *doubles
	copies  chan struct{} // has room for those that are under way
}

// maxCopies is how many copies are made at a time: each of them keeps a disk
// busy for as long as it takes.
const maxCopies = 2

// New returns a Handler.
func New(config Config) (*Handler, error) {
	config.Prefix = strings.TrimSuffix(config.Prefix, "/")
	switch {
	case config.Root == nil:
		return nil, errors.New("webdav: no root")
	case config.Prefix != "" && config.Prefix[0] != '/':
		return nil, errors.New("webdav: the prefix " + strconv.Quote(config.Prefix) + " does not begin with a slash")
	case config.Store != nil && config.Writer == nil:
		return nil, errors.New("webdav: no writer")
	}
	return &Handler{
		config:  config,
		locks:   newLocks(time.Now),
		dead:    newDeadProperties(),
		blanks:  newBlanks(time.Now),
		doubles: newDoubles(time.Now),
		copies:  make(chan struct{}, maxCopies),
	}, nil
}

// method is one that a Handler answers.
type method struct {
	name    string
	allowed func(*Config) bool
	serve   func(*Handler, http.ResponseWriter, *http.Request, target) error
}

var methods = []method{
	{"PROPFIND", func(*Config) bool { return true }, (*Handler).propfind},
	{"PROPPATCH", func(c *Config) bool { return c.Upload }, (*Handler).proppatch},
	{"LOCK", func(*Config) bool { return true }, (*Handler).lock},
	{"UNLOCK", func(*Config) bool { return true }, (*Handler).unlock},
	{"COPY", func(c *Config) bool { return c.Upload }, (*Handler).copy},
	{"MOVE", func(c *Config) bool { return c.Move }, (*Handler).move},
	{"PUT", func(c *Config) bool { return c.Upload }, (*Handler).put},
	{"DELETE", func(c *Config) bool { return c.Delete }, (*Handler).remove},
	{"MKCOL", func(c *Config) bool { return c.Mkdir }, (*Handler).mkcol},
}

// method returns the method of this name, and whether it is allowed.
func (h *Handler) method(name string) (method, bool) {
	for _, m := range methods {
		if m.name == name {
			return m, (!h.readOnly() || name == "PROPFIND") && m.allowed(&h.config)
		}
	}
	return method{}, false
}

func (h *Handler) readOnly() bool { return h.config.Store == nil }

// Methods returns the methods that a Handler answers as it is configured. What
// else the Writer can do is not among them.
func (h *Handler) Methods() []string {
	names := []string{"OPTIONS"}
	for _, m := range methods {
		if _, ok := h.method(m.name); ok {
			names = append(names, m.name)
		}
	}
	return names
}

// ServeHTTP answers a request of one of the Methods, and hands others to the
// Writer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h.serve(w, r)
	if err == nil {
		return
	}
	if errors.Is(err, errCut) || meaningOf(err).status >= 500 {
		h.log(r, err)
	}
	if errors.Is(err, errCut) {
		panic(http.ErrAbortHandler) // so that nobody takes half an answer for the whole
	}
	h.refuse(w, r, err)
}

func (h *Handler) log(r *http.Request, err error) {
	if h.config.Log != nil && err != nil {
		h.config.Log(r, err)
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodOptions {
		h.options(w, r)
		return nil
	}
	m, ok := h.method(r.Method)
	if !ok {
		if h.readOnly() || m.name == "PROPFIND" {
			return refusal{status: http.StatusMethodNotAllowed}
		}
		h.config.Writer.ServeHTTP(w, r)
		return nil
	}
	if err := h.checkOrigin(r); err != nil {
		return err
	}
	t, err := h.parseTarget(r.URL.EscapedPath())
	if err != nil {
		return err
	}
	return m.serve(h, w, r, t)
}

// checkOrigin refuses what a browser sends on behalf of a page of another
// origin. Programs that are no browsers send none of what is looked at.
func (h *Handler) checkOrigin(r *http.Request) error {
	err := h.origin.Check(r)
	// A request without Host would be of the same origin as "null".
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		err = errors.New("cross-origin request: the origin is not told")
	}
	if err != nil {
		return refusal{status: http.StatusForbidden, text: "pages of another origin may not do that", cause: err}
	}
	return nil
}

// clientOf returns the address that a request came from, without its port.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
