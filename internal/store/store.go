package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options say what may be written. The zero value allows new files of plain
// names in all folders.
type Options struct {
	Below     string // only below this folder; "" is "."
	Overwrite bool   // files may be replaced
	Hidden    bool   // names may begin with a dot
	Max       int64  // bytes in a file; 0 is no limit

	// Refused reports whether nothing may be written, moved or removed by this
	// name: what is private, and what would change how a folder is served. It
	// is asked about each name, as given and as links lead, and about those of
	// the folders on the way. Nil refuses nothing.
	Refused func(name string) bool

	// ETag returns the entity tag of a file as the server sends it, "" for
	// none. Nil makes none, so that If-Match is met by "*" only.
	ETag func(fs.FileInfo) string

	MaxDrafts int           // that are kept for later at one time; 0 is 1,000
	MaxEach   int           // of one client; 0 is 100
	MaxAge    time.Duration // of a kept draft without progress; 0 is a day

	// Log is told what goes wrong where nobody waits for an answer. Nil drops it.
	Log func(error)
}

const (
	defaultDrafts = 1000
	defaultEach   = 100
	defaultAge    = 24 * time.Hour
)

// Store writes into one tree. It is safe for concurrent use.
type Store struct {
	path    string // absolute, of the folder that is served
	options Options
	commits sync.Mutex // held between a look at a file and what depends on it

	mu      sync.Mutex
	handles *handles
	drafts  map[string]*entry // by token: those of this process, and those kept for later
	swept   map[string]bool   // folders that hold or held drafts

	sweeps chan string // folders to be swept
	stop   chan struct{}
	end    sync.Once
	done   sync.WaitGroup
}

// handles are the ways to the tree.
type handles struct {
	root *os.Root // the folder that is served
	self fs.FileInfo
}

// Open opens the folder of this name and begins to sweep abandoned drafts from
// it, in the background. The caller closes the Store.
func Open(dir string, options Options) (*Store, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if options.Below == "" {
		options.Below = "."
	}
	if options.MaxDrafts == 0 {
		options.MaxDrafts = defaultDrafts
	}
	if options.MaxEach == 0 {
		options.MaxEach = defaultEach
	}
	if options.MaxAge == 0 {
		options.MaxAge = defaultAge
	}
	h, err := openHandles(path)
	if err != nil {
		return nil, err
	}
	below, err := openBelow(h, options.Below)
	if err != nil {
		h.root.Close()
		return nil, fmt.Errorf("folder for uploads %q: %w", options.Below, err)
	}
	below.close()
	s := &Store{
		path:    path,
		options: options,
		handles: h,
		drafts:  map[string]*entry{},
		swept:   map[string]bool{},
		sweeps:  make(chan string, maxSweeps),
		stop:    make(chan struct{}),
	}
	s.done.Go(s.sweep)
	return s, nil
}

// Close ends the sweeping. Drafts that are open can be finished.
func (s *Store) Close() error {
	s.end.Do(func() { close(s.stop) })
	s.done.Wait()
	return nil // the handles are closed by the garbage collector, since drafts may use them
}

// openHandles opens the folder of an absolute path.
func openHandles(path string) (*handles, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	self, err := root.Stat(".")
	if err != nil {
		root.Close()
		return nil, err
	}
	return &handles{root, self}, nil
}

// tree returns the handles of the folder that has the path now: one that was
// made anew, as builds do, is another one.
func (s *Store) tree() *handles {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := os.Stat(s.path)
	if err != nil || os.SameFile(now, s.handles.self) {
		return s.handles
	}
	if h, err := openHandles(s.path); err == nil {
		s.handles = h // the old ones may be in use: the garbage collector closes them
	}
	return s.handles
}

func (s *Store) log(err error) {
	if s.options.Log != nil && err != nil {
		s.options.Log(err)
	}
}
