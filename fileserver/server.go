package fileserver

import (
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gserve/gserve/listing"
)

// Server answers HTTP requests from a file system. It is an [http.Handler],
// and safe for concurrent use. Make one with [New].
type Server struct {
	root fs.FS
	now  func() time.Time

	gates      []func(*http.Request) http.Handler
	mounts     []mount // longest prefix first
	prefix     string  // that the files are below, without slashes around it
	home       string  // entry of the root that "/" leads to
	writer     http.Handler
	writes     []string // methods of writer
	allow      string   // what can be done with a file or directory
	routers    []Router
	fallback   http.Handler
	filters    []func(*Request, *Response)
	transforms []transform
	observers  []func(*Record)
	transfers  []func(*Record, int64) Transfer
	memory     Memory
	fields     []Field

	encodings *encodings // nil: nothing is encoded on the fly
	noCoding  bool       // sidecars are not looked for, either
	bare      bareNames

	looks      looks
	lists      turns         // to read directories
	searches   turns         // to search trees
	measures   turns         // to measure archives
	searchTime time.Duration // after which a search ends
	budget     budget
	checksums  *listing.Checksums
	readmes    *readmes

	index          []string
	cleanURLs      bool
	errorPage      string // name of the file; "" for none
	showHidden     bool
	noListing      bool
	noArchive      bool
	pageOnly       bool
	title          string
	private        []*privateFile
	privateFolders []string
	unhidden       atomic.Pointer[fileID] // state of the root in which there was no hidden folder
	dropBox        *string                // folder that is for writing only
	changes        listing.Changes
	changesBelow   string // folder that they are allowed in
	trust          string // reference to how the certificate is trusted; "" for none
	unknownType    string
}

// noSniff has browsers take the media type as it is declared: a text file that
// a stranger put there must not run as a script.
var noSniff = Field{"X-Content-Type-Options", "nosniff"}

// maxLists bounds the memory and time that many requests for large directories
// take together.
const maxLists = 4

// defaultCacheSize holds the text of all sites but the largest.
const defaultCacheSize = 64 << 20

// New returns a server of the files of root.
//
// Any fs.FS will do: an [embed.FS], an [archive/zip.Reader], an
// [testing/fstest.MapFS]. For a directory on disk use [Dir], which confines
// every access to it; [os.DirFS] follows links out of the directory. New does
// not close root.
func New(root fs.FS, opts ...Option) *Server {
	s := &Server{
		root:       root,
		now:        time.Now,
		index:      []string{"index.html", "index.htm"},
		encodings:  newEncodings(defaultCacheSize),
		lists:      make(turns, maxLists),
		searches:   make(turns, maxSearches),
		measures:   make(turns, maxMeasures),
		readmes:    newReadmes(),
		searchTime: maxSearchTime,
		checksums:  listing.NewChecksums(maxChecksums),
		title:      "Files",
		fields:     []Field{noSniff},
		allow:      "GET, HEAD, OPTIONS",
	}
	for _, opt := range opts {
		opt(s)
	}
	if r, ok := root.(*Root); ok {
		r.served.Store(true)
	}
	return s
}

// mount is a handler that owns a prefix, which is without slashes around it.
type mount struct {
	prefix  string
	handler http.Handler
}

// mounted returns the handler that owns the target, or nil.
func (s *Server) mounted(t target) http.Handler {
	for _, m := range s.mounts {
		rest, ok := strings.CutPrefix(t.name, m.prefix)
		if m.prefix == "" || ok && (rest == "" || rest[0] == '/') {
			return m.handler
		}
	}
	return nil
}
