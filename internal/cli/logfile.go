package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/accesslog"
)

// keepLog has requests be logged: in a file if one is named, or else on standard
// error. It comes when root is given up: who opens the file will open it anew.
func (r *run) keepLog(context.Context) error {
	w, colored := r.Stderr, r.colored
	if name := r.config.LogFile; name != "" {
		if err := r.openLogFile(name); err != nil {
			return err
		}
		w, colored = r.logFile, false
	}
	logger := r.newLogger(r.config, w, colored)
	r.closers = append(r.closers, logger.Close)
	observe := logger.Observe
	if r.config.Health != "" && !r.config.Verbose {
		observe = withoutProbes(r.config.Health, observe)
	}
	r.options = append(r.options, fileserver.WithObserver(observe))
	return nil
}

func (r *run) openLogFile(name string) error {
	if err := r.checkLogFile(name); err != nil {
		return err
	}
	opened, err := accesslog.OpenFile(name)
	switch {
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() > 0:
		return advise(explainPath("write to", name, err), "gserve goes on as user %d, who has to be able to write there", os.Geteuid())
	case err != nil:
		return explainPath("write to", name, err)
	}
	if err := r.checkLogFile(name); err != nil { // a link that led nowhere leads there now
		opened.Close()
		return err
	}
	r.logFile = &logFile{File: opened, name: name, say: r.say}
	r.closers = append(r.closers, opened.Close)
	return nil
}

// checkLogFile refuses a log that clients could have.
func (r *run) checkLogFile(name string) error {
	served, ok := r.servesFile(name)
	if !ok {
		return nil
	}
	return advise(fmt.Errorf("cannot keep the log in %q, which is served: it tells who was there", served),
		"name a file elsewhere, or one that begins with a dot")
}

// servesFile reports whether a file, which need not be there yet, lies where
// clients can have it, and by what name.
func (r *run) servesFile(name string) (string, bool) {
	for _, top := range append(r.source.folders, r.source.folder) {
		served, ok := below(top, name)
		if !ok {
			served, ok = below(top, filepath.Dir(name))
			served = path.Join(served, filepath.Base(name))
		}
		if ok && (r.config.Hidden || r.config.Python || !hasDot(served)) {
			return served, true
		}
	}
	return "", false
}

// hasDot reports whether a part of a name begins with a dot, for which it is not
// served.
func hasDot(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return true
		}
	}
	return false
}

// logFile is the log in a file. That it cannot be written holds up nobody, but
// is said.
type logFile struct {
	*accesslog.File
	name   string
	say    func(string)
	failed atomic.Bool
}

func (f *logFile) Write(lines []byte) (int, error) {
	n, err := f.File.Write(lines)
	if failed := err != nil; failed != f.failed.Swap(failed) && !errors.Is(err, os.ErrClosed) {
		if failed {
			f.say(fmt.Sprintf("cannot write to %s: %v; requests go on without a log", f.name, withoutPath(err)))
		} else {
			f.say(fmt.Sprintf("%s can be written to again", f.name))
		}
	}
	return n, err
}

// reopen goes on in the file that has the name now.
func (f *logFile) reopen() {
	if err := f.Reopen(); err != nil && !errors.Is(err, os.ErrClosed) {
		f.say(fmt.Sprintf("cannot open %s anew: %v; the log goes on in the old file", f.name, withoutPath(err)))
	}
}
