package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// precompress writes the sidecars of a folder, and returns the exit code. An
// interrupt ends it as it ends any tool whose work is then not done.
func (sys System) precompress(ctx context.Context, c Config) int {
	root, err := openFolder(c, "precompress", "gserve --precompress", os.OpenRoot)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && isCodings(c.folder()) {
			err = advise(err, "to name codings, write --precompress=%s", c.folder())
		}
		return sys.exit(err, exitFailed)
	}
	defer root.Close()
	stop := stopOnSignal(ctx, io.Discard)
	defer stop.release()
	bar := sys.newBar(c)
	work := compress.Precompressor{Codings: c.Precompress, Skip: c.skips, Progress: bar.show}
	var report compress.Report
	done := make(chan struct{})
	go func() {
		defer close(done)
		report, err = work.Run(stop.ctx, root)
	}()
	if !stop.await(done) {
		return exitInterrupted
	}
	bar.clear()
	writeReport(sys.Stdout, c.Precompress, report, c.Quiet)
	if err != nil {
		err = advise(errors.New("interrupted"), "what is written is complete; run it again for the rest")
		return sys.exit(err, exitInterrupted)
	}
	return sys.tellTroubles(report.Errors)
}

// skips leaves out what is not served, and what would not get smaller.
func (c *Config) skips(name string, folder bool) bool {
	isHidden := strings.HasPrefix(path.Base(name), ".") && name != ".well-known"
	if isHidden && !c.Hidden {
		return true
	}
	return !folder && !compress.IsCompressible(fileserver.TypeByName(name))
}

// tellTroubles prints what went wrong with single files, with a hint after
// those of a kind.
func (sys System) tellTroubles(troubles []error) int {
	hints := make([]string, len(troubles)+1)
	for i, err := range troubles {
		hints[i] = adviceFor(err)
	}
	for i, err := range troubles {
		fmt.Fprintln(sys.Stderr, "gserve: cannot", err)
		if hints[i] != hints[i+1] {
			fmt.Fprintln(sys.Stderr, "gserve: hint:", hints[i])
		}
	}
	if len(troubles) > 0 {
		return exitFailed
	}
	return exitStopped
}

// adviceFor returns what the user could do about a file.
func adviceFor(err error) string {
	switch {
	case errors.Is(err, compress.ErrChanged):
		return "run it again when nothing writes to the folder any more"
	case errors.Is(err, compress.ErrFolder):
		return "give the folder another name, or leave that coding out"
	case errors.Is(err, fs.ErrNotExist):
		return "another gserve --precompress may be at work there; run it again when nothing else is"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "gserve has to read the files, and to write in their folders; what it may not, it leaves out"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on the disk, and run it again for the rest"
	}
	return "all others are done; run it again when the cause is gone"
}
