package compress

import (
	"cmp"
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Precompressor encodes the files of a tree in advance. Beside app.js it writes
// app.js.br, a sidecar, for a server to send in its place.
//
// A sidecar is written for a file of at least 1 KiB, of which it saves at least
// 5 %. One that is there, and not older than its file, stays as it is. It is
// complete from the moment it can be seen, and has the permissions and the time
// of modification of its file.
//
// Only regular files are encoded, and links are not followed.
type Precompressor struct {
	// Codings are those that every file is encoded with, each once. Identity is
	// not among them.
	Codings []Coding
	// Skip leaves out a file, or a folder and all that is in it. The name is
	// that below the root, with slashes. If Skip is nil, nothing is left out.
	Skip func(name string, folder bool) bool
	// Progress, if not nil, is told how far the work has come: for a large file
	// again and again, by one goroutine at a time, and never once Run has
	// returned. The work waits for it.
	Progress func(Progress)
}

// Progress is how far the work has come.
type Progress struct {
	Name        string // of the file that was just read from, below the root
	Done, Total int64  // in bytes of files, which count once for each coding
}

// Tally counts the sidecars of one coding.
type Tally struct {
	Written, UpToDate int
	NotWorth          int   // files that are too small, or of which too little would be saved
	Before, After     int64 // bytes of the files whose sidecars were written, and of these
}

// Report is what has become of a tree.
type Report struct {
	Tallies [len(names)]Tally // by Coding
	// Errors are of single files and folders, in the order of their texts.
	// Each begins with a verb, what could not be done, and the name below the
	// root. The same trouble in several codings is told once.
	Errors []error
}

var (
	// ErrChanged is the error for a file that was written to, or replaced,
	// while it was encoded.
	ErrChanged = errors.New("changed while it was read")
	// ErrFolder is the error for a sidecar whose name a folder has.
	ErrFolder = errors.New("a folder has that name")
)

// Run encodes what is below root. Files that cannot be read, and folders that
// cannot be written to, are left to the report. If ctx is done, Run returns at
// once with its error, and leaves no sidecar that is not complete. An encoder
// may then go on for as long as its block takes, some seconds at most; nobody
// hears of it.
//
// Temporary files of an earlier run that was killed are removed. So two runs
// at a time in one tree disturb each other: the sidecars that they lose are
// in their reports.
func (p Precompressor) Run(ctx context.Context, root *os.Root) (Report, error) {
	r := &run{Precompressor: p, root: root}
	r.walk(ctx, root, ".")
	slices.SortFunc(r.tasks, func(a, b *task) int { return cmp.Compare(b.work(), a.work()) })
	r.encodeAll(ctx)
	return r.end(), ctx.Err()
}

// run is one call of Run.
type run struct {
	Precompressor
	root  *os.Root
	tasks []*task

	mu       sync.Mutex // for what follows, and task.read
	report   Report
	progress Progress
	ended    bool
}

// task is one sidecar to be written.
type task struct {
	dir, base, name string // name is dir and base
	coding          Coding
	size            int64 // of the file when it was found
	read            int64 // of the file so far
}

// slowness is what a byte costs in each coding at the best effort, as a
// multiple of what it costs in gzip: Brotli encodes 0.6 megabytes a second,
// the others 10 to 17.
var slowness = [...]int64{Gzip: 1, Zstd: 1, Brotli: 20}

// work returns about how long t takes, for the longest task to be the first:
// the others fill up the time until it is done.
func (t *task) work() int64 { return t.size * slowness[t.coding] }

// encodeAll does the tasks, on all processors.
func (r *run) encodeAll(ctx context.Context) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(r.tasks)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(r.tasks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				t := r.tasks[i]
				before, after, err := r.write(ctx, t)
				r.finish(ctx, t, before, after, err)
			}
		})
	}
	workers.Wait()
}

// advance is told that n more bytes of a task were read.
func (r *run) advance(t *task, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, t.size-t.read) // it may be larger than when it was found
	t.read += n
	r.tell(t.name, n)
}

// finish is told the end of a task.
func (r *run) finish(ctx context.Context, t *task, before, after int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tally := &r.report.Tallies[t.coding]
	switch {
	case err == nil:
		tally.Written++
		tally.Before += before
		tally.After += after
	case errors.Is(err, errNotWorth):
		tally.NotWorth++
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return
	default:
		r.report.Errors = append(r.report.Errors, err)
	}
	r.tell(t.name, t.size-t.read) // what was given up, or has gone since
}

// tell reports progress by n bytes. The caller holds mu.
func (r *run) tell(name string, n int64) {
	if n == 0 || r.ended {
		return
	}
	r.progress.Name = name
	r.progress.Done += n
	if r.Progress != nil {
		r.Progress(r.progress)
	}
}

// fail adds to the errors of the report.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Errors = append(r.report.Errors, err)
}

// end returns the report, after which there is no more progress.
func (r *run) end() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	slices.SortStableFunc(r.report.Errors, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	r.report.Errors = slices.CompactFunc(r.report.Errors, func(a, b error) bool { return a.Error() == b.Error() })
	return r.report
}
