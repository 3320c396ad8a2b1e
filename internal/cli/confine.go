package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/confine"
)

// checkConfinement refuses flags that get in each other's way.
func (c *Config) checkConfinement() error {
	switch {
	case c.Confine && c.NoConfine:
		return errors.New("--confine and --no-confine exclude each other")
	case c.Confine && c.runsPrograms():
		return advise(errors.New("--confine excludes handlers that run programs: those would be held to the same"),
			"run the app by itself, and hand requests to it with --proxy")
	}
	return nil
}

// runsPrograms reports whether handlers start processes.
func (c *Config) runsPrograms() bool {
	for _, h := range c.Handlers {
		if h.Kind != Forward {
			return true
		}
	}
	return c.CGIFolders != nil
}

// readKeys has keys be read, or made, that would be when the first client comes.
func (r *run) readKeys(context.Context) error {
	if r.security.authority == nil {
		return nil
	}
	if _, err := r.security.config.GetCertificate(nil); err != nil {
		return fmt.Errorf("cannot serve HTTPS: %w", err)
	}
	return nil
}

var errNotOwn = errors.New("the process is not gserve's own")

// canConfine fails where files cannot be confined although the user wants that.
func (r *run) canConfine(context.Context) error {
	if !r.config.Confine {
		return nil
	}
	err := confine.Available()
	if err == nil && !r.OwnsProcess {
		err = errNotOwn
	}
	if err != nil {
		return fmt.Errorf("--confine: files cannot be confined: %w", err)
	}
	return nil
}

// managerSocket returns the socket by which a service manager is told how the
// service fares.
func (sys System) managerSocket() []string {
	if name := sys.Getenv("NOTIFY_SOCKET"); name != "" {
		return []string{name}
	}
	return nil
}

// confinePrograms has programs of handlers be held to what they can be, before
// the first of them starts.
func (r *run) confinePrograms(context.Context) error {
	if !r.config.runsPrograms() {
		return nil
	}
	return r.confine()
}

// confineFiles has the kernel hold the process to what serving needs, if no
// programs are run. It comes last, when all that needs more is done.
func (r *run) confineFiles() error {
	if r.config.runsPrograms() {
		return nil
	}
	return r.confine()
}

func (r *run) confine() error {
	if !r.OwnsProcess || r.config.NoConfine {
		return nil
	}
	held, err := confine.Apply(r.plan())
	switch {
	case err != nil && r.config.Confine:
		return fmt.Errorf("--confine: %w", err)
	case r.config.Confine && held.Landlock == 0:
		return fmt.Errorf("--confine: %v", held)
	case err != nil:
		r.say(fmt.Sprintf("not confined: %v", err))
	case r.config.Verbose:
		r.say("confinement: " + held.String())
	}
	return nil
}

// noteReplaced has the user be told, once, if what is served is removed and made
// anew where the kernel does not let the new one be read, or written to.
func (r *run) noteReplaced(context.Context) error {
	c := &r.config
	if r.source.folder == "" || !r.OwnsProcess || c.NoConfine || c.runsPrograms() {
		return nil
	}
	known := []confined{{path: r.source.folder}}
	if c.writes() {
		known = append(known, confined{path: filepath.Join(r.source.folder, c.UploadFolder), isWritten: true})
	}
	for i := range known {
		known[i].was, _ = os.Stat(known[i].path)
	}
	var told atomic.Bool
	r.options = append(r.options, fileserver.WithObserver(func(record *fileserver.Record) {
		if record.Err == nil && !record.Listing && record.Status < http.StatusBadRequest || told.Load() {
			return
		}
		for _, f := range known {
			if f.isShutOut() && !told.Swap(true) {
				r.say(fmt.Sprintf("%s was made anew, and is not the folder that gserve is confined to: start gserve again, or with --no-confine", f.path))
			}
		}
	}))
	return nil
}

// confined is a folder as it was when the process was confined.
type confined struct {
	path      string
	was       fs.FileInfo // nil if it was not there
	isWritten bool
}

// isShutOut reports whether the folder is another one by now, and may not be
// used. What may be written is told to the kernel for the one folder only.
func (f *confined) isShutOut() bool {
	now, err := os.Stat(f.path)
	if err != nil || f.was == nil || os.SameFile(f.was, now) {
		return false
	}
	if f.isWritten {
		return confine.Available() == nil
	}
	opened, err := os.Open(f.path)
	if err == nil {
		opened.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}
