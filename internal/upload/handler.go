package upload

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gserve/gserve/internal/store"
)

// ResourcePrefix is where the resources of resumable uploads are. Requests of
// all methods below it belong to the Handler.
const ResourcePrefix = "/.well-known/gserve/upload/"

// Config says what may be done.
type Config struct {
	Store  *store.Store
	Prefix string // of the paths that name what is in the store, as "/files"; usually ""

	Upload bool // PUT, POST and resumable uploads
	Mkdir  bool // MKCOL, and do=mkdir in a form
	Delete bool // DELETE, and do=delete in a form
	Move   bool // MOVE, and do=move in a form

	// DropBox says that nobody may look at the folders: a form is answered
	// with a page that tells what was stored, instead of a redirect to the
	// folder.
	DropBox bool

	AtOnce   int           // uploads under way at one time; 0 is 64
	Patience time.Duration // how long others wait for their turn; 0 is 15 s

	// Log is told why a request failed for a reason that is not the client's,
	// who is not told it. Nil drops it.
	Log func(r *http.Request, err error)

	// Begin is called when the content of a file begins to arrive; total is -1
	// if its length is not known. moved is told how many bytes each piece has,
	// and end what became of the file: nil if it is stored, or a part of it is
	// kept as was asked for. Each of the three may be nil.
	Begin func(client, name string, total int64) (moved func(int64), end func(error))
}

// Handler answers requests that write. It is safe for concurrent use.
type Handler struct {
	config Config
	store  *store.Store
	origin http.CrossOriginProtection
	gate   *gate
	done   *completions

	mu     sync.Mutex
	active map[string]*transfer // by token, of resumable uploads
}

const (
	defaultAtOnce   = 64
	defaultPatience = 15 * time.Second
)

// New returns a Handler.
func New(config Config) (*Handler, error) {
	if config.Store == nil {
		return nil, errors.New("upload: no store")
	}
	config.Prefix = strings.TrimSuffix(config.Prefix, "/")
	if config.Prefix != "" && config.Prefix[0] != '/' {
		return nil, errors.New("upload: the prefix " + strconv.Quote(config.Prefix) + " does not begin with a slash")
	}
	if config.AtOnce == 0 {
		config.AtOnce = defaultAtOnce
	}
	if config.Patience == 0 {
		config.Patience = defaultPatience
	}
	return &Handler{
		config: config,
		store:  config.Store,
		gate:   newGate(config.AtOnce, config.Patience),
		done:   &completions{},
		active: map[string]*transfer{},
	}, nil
}

// ServeHTTP answers a request of any method but GET and HEAD, and all of those
// below [ResourcePrefix].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &content{ReadCloser: r.Body}
	counted := *r
	counted.Body = c
	err := h.serve(w, &counted)
	switch {
	case err == nil:
	case c.isComing(r) && !errors.Is(err, errTaken):
		h.refuseEarly(w, r, c, err)
	default:
		h.refuse(w, r, err)
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	if err := h.checkOrigin(r); err != nil {
		return err
	}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, ResourcePrefix); ok {
		return h.serveResource(w, r, rest)
	}
	if r.Method == http.MethodOptions {
		return h.options(w, r)
	}
	if !h.allows(r.Method) {
		return refusal{status: http.StatusMethodNotAllowed}
	}
	t, err := h.parseTarget(path)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodPut:
		return h.put(w, r, t)
	case http.MethodPost:
		return h.post(w, r, t)
	case http.MethodDelete:
		return h.remove(w, r, t)
	case "MKCOL":
		return h.mkcol(w, r, t)
	default:
		return h.move(w, r, t)
	}
}

// checkOrigin refuses what a browser sends on behalf of a page of another
// origin. Programs that are no browsers send none of what is looked at.
func (h *Handler) checkOrigin(r *http.Request) error {
	err := h.origin.Check(r)
	// A request without Host would be of the same origin as "null".
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" && isWriting(r.Method) {
		err = errors.New("cross-origin request: the origin is not told")
	}
	if err != nil {
		return refusal{http.StatusForbidden, "pages of another origin may not write here", err}
	}
	return nil
}

func isWriting(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// allows reports whether a method is allowed on files and folders.
func (h *Handler) allows(method string) bool {
	switch method {
	case http.MethodPut:
		return h.config.Upload
	case http.MethodPost:
		return h.config.Upload || h.config.Mkdir || h.config.Delete || h.config.Move
	case http.MethodDelete:
		return h.config.Delete
	case "MKCOL":
		return h.config.Mkdir
	case "MOVE":
		return h.config.Move
	}
	return false
}

// Allow returns the value of the Allow field for files and folders.
func (h *Handler) Allow() string {
	methods := []string{"GET", "HEAD", "OPTIONS"}
	for _, m := range []string{"PUT", "POST", "DELETE", "MKCOL", "MOVE"} {
		if h.allows(m) {
			methods = append(methods, m)
		}
	}
	return strings.Join(methods, ", ")
}

func (h *Handler) options(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Allow", h.Allow())
	if h.config.Upload {
		w.Header().Set("Accept-Patch", partialUpload)
		w.Header().Set("Upload-Limit", h.limits(maxAge))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// holderOf returns what counts as one client where each may have so much. A
// machine with IPv6 has as many addresses as it likes in its network of 64 bits.
func holderOf(r *http.Request) string {
	client := clientOf(r)
	addr, err := netip.ParseAddr(client)
	if err != nil || !addr.Is6() || addr.Is4In6() {
		return client
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return client
	}
	return network.String()
}

// clientOf returns the address that a request came from, without its port.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
