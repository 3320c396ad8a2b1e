package hook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// What bounds the programs unless a CGIConfig says otherwise.
const (
	defaultCGITimeout   = 60 * time.Second
	defaultCGIProcesses = 16
	defaultCGIContent   = 1 << 30
)

// CGIConfig tells how CGI programs are run. The zero value of a field is its
// default.
type CGIConfig struct {
	Program string // path of the one program; of [NewCGI] only
	Prefix  string // SCRIPT_NAME of that program, which answers all below it

	Python       string        // runs .py files that are no executables; default python3 on PATH
	Timeout      time.Duration // until a program has written its header block; default 60 s
	MaxProcesses int           // that run at once, others wait; default 16
	MaxContent   int64         // bytes that a request may bring; default 1 GiB

	// Log takes what programs write to standard error, a line at a time, and
	// why a request could not be answered. Lines are as the program wrote
	// them: whoever shows them escapes them. It is called concurrently.
	Log func(line string)
}

// CGI answers requests by programs, one process each (RFC 3875). It is safe
// for concurrent use. Make one with [NewCGI] or [NewCGIFolders].
//
// A program gets the environment of this process without what begins in
// GSERVE_ or HTTP_, the meta-variables, and its own folder as working
// directory. It gets no command line (a query is none, see CVE-2012-1823), no
// Authorization, no Proxy, and no field whose name has an underscore. Its
// output is passed on as it comes. NPH programs, which write the status line
// themselves (RFC 3875, 5), are not told apart: their answer is 502.
//
// A program is the leader of a process group. The group ends with the request,
// whatever ends it, and what it left running is killed; a process that has
// left the group lives on.
type CGI struct {
	config   CGIConfig
	programs programs
	slots    chan struct{} // has room for the processes that run at once

	stopped context.Context // when programs are to be killed
	stop    context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// programs finds the program that a request is for. The caller closes it.
type programs interface {
	find(path requestPath) (*program, error)
}

// NewCGI returns a handler that has the program answer every request below
// the prefix.
func NewCGI(config CGIConfig) (*CGI, error) {
	if err := cgiSupported(); err != nil {
		return nil, err
	}
	name, err := filepath.Abs(config.Program)
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", config.Program, err)
	}
	c := newCGI(config)
	only := &oneProgram{cgi: c, prefix: prefixSegments(config.Prefix), folder: filepath.Dir(name), base: filepath.Base(name)}
	p, err := only.open()
	switch {
	case errors.Is(err, errNotExecutable):
		return nil, fmt.Errorf("%q is not executable; try: chmod +x %s", config.Program, config.Program)
	case err != nil:
		return nil, fmt.Errorf("run %q: %w", config.Program, err)
	}
	p.Close()
	c.programs = only
	return c, nil
}

// NewCGIFolders returns a handler for the programs in folders below root, such
// as "/cgi-bin", and in their folders. Mount it at each of them: it sends no
// file of theirs, however the path is spelled.
//
// A program is an executable regular file, or a .py file, which Python runs if
// it is not executable or does not say by a first line in #! what does. It is
// found through root, which is a [fileserver.Root] or another file system
// whose files are of type *os.File, so links lead as far as they do for files.
func NewCGIFolders(root fs.FS, folders []string, config CGIConfig) (*CGI, error) {
	if err := cgiSupported(); err != nil {
		return nil, err
	}
	top, _, err := openFolder(root, ".")
	if err != nil {
		return nil, fmt.Errorf("look for programs: %w", err)
	}
	top.Close()
	c := newCGI(config)
	f := &programFolders{cgi: c, root: root}
	for _, folder := range folders {
		segments := prefixSegments(folder)
		if len(segments) == 0 || !fs.ValidPath(strings.Join(segments, "/")) {
			return nil, fmt.Errorf("%q is no folder for programs; name one below the root, such as /cgi-bin", folder)
		}
		f.folders = append(f.folders, segments)
	}
	slices.SortStableFunc(f.folders, func(a, b []string) int { return cmp.Compare(len(b), len(a)) })
	c.programs = f
	return c, nil
}

func newCGI(config CGIConfig) *CGI {
	config.Timeout = cmp.Or(config.Timeout, defaultCGITimeout)
	config.MaxProcesses = cmp.Or(config.MaxProcesses, defaultCGIProcesses)
	config.MaxContent = cmp.Or(config.MaxContent, defaultCGIContent)
	if config.Python == "" {
		config.Python = "python3"
	}
	if path, err := exec.LookPath(config.Python); err == nil {
		if config.Python, err = filepath.Abs(path); err != nil { // programs run elsewhere
			config.Python = path
		}
	}
	if config.Log == nil {
		config.Log = func(string) {}
	}
	c := &CGI{config: config, slots: make(chan struct{}, config.MaxProcesses)}
	c.stopped, c.stop = context.WithCancel(context.Background())
	return c
}

// ServeHTTP runs the program that r is for. If its answer cannot be passed on
// whole, it ends the connection by a panic with [http.ErrAbortHandler], as
// net/http wants it.
func (c *CGI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, err := parsePath(r.URL)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	p, err := c.programs.find(path)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	defer p.Close()
	content, err := spool(r, c.config.MaxContent)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	defer content.Close()
	if !c.begin() {
		c.refuse(w, r, errStopping)
		return
	}
	defer c.running.Done()

	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer context.AfterFunc(c.stopped, func() { cancel(errStopping) })()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		c.refuse(w, r, context.Cause(ctx))
		return
	}
	c.run(ctx, cancel, w, r, p, content)
}

// begin counts a request that may run a program, unless c is closed.
func (c *CGI) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.running.Add(1)
	}
	return !c.closed
}

// Close lets no further program start, and returns when none runs any more.
// Those that run when ctx ends are killed, and its error is returned.
func (c *CGI) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	defer c.stop()
	ended := make(chan struct{})
	go func() {
		c.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	c.stop()
	<-ended // soon: what is killed cannot object
	return ctx.Err()
}

func (c *CGI) logf(r *http.Request, format string, args ...any) {
	c.config.Log(fmt.Sprintf("%s %s: ", r.Method, r.URL.EscapedPath()) + fmt.Sprintf(format, args...))
}
