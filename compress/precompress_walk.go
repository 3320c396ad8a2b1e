package compress

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// minSize is the size from which on a file is encoded. A smaller one fits into
// a packet or two whatever is done to it.
const minSize = 1 << 10

// walk finds the tasks below dir, whose name is the one below the root.
func (r *run) walk(ctx context.Context, dir *os.Root, name string) {
	entries, err := readDir(dir)
	if err != nil {
		r.fail(fmt.Errorf("read folder %q: %w", name, cause(err)))
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return
		}
		base := entry.Name()
		below := path.Join(name, base)
		switch {
		case entry.IsDir():
			if !r.skips(below, true) {
				r.enter(ctx, dir, base, below)
			}
		case !entry.Type().IsRegular():
		case isTemp(base):
			if err := dir.Remove(base); err != nil {
				r.fail(fmt.Errorf("remove %q: %w", below, cause(err)))
			}
		case !r.skips(below, false):
			r.find(dir, &task{dir: name, base: base, name: below})
		}
	}
}

func (r *run) skips(name string, folder bool) bool { return r.Skip != nil && r.Skip(name, folder) }

// enter walks through the folder base of dir.
func (r *run) enter(ctx context.Context, dir *os.Root, base, name string) {
	sub, err := dir.OpenRoot(base)
	if err != nil {
		r.fail(fmt.Errorf("read folder %q: %w", name, cause(err)))
		return
	}
	defer sub.Close()
	r.walk(ctx, sub, name)
}

func readDir(dir *os.Root) ([]fs.DirEntry, error) {
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// find adds the tasks of one file: a copy of file for each sidecar that it
// lacks.
func (r *run) find(dir *os.Root, file *task) {
	info, err := dir.Lstat(file.base)
	if err != nil {
		return // it has gone since the folder was read
	}
	for _, c := range r.Codings {
		tally := &r.report.Tallies[c]
		sidecar, err := dir.Lstat(file.base + c.Suffix())
		switch {
		case info.Size() < minSize:
			tally.NotWorth++
		case err == nil && isUpToDate(sidecar, info):
			tally.UpToDate++
		case err == nil && sidecar.IsDir():
			r.fail(fmt.Errorf("write %q: %w", file.name+c.Suffix(), ErrFolder))
		default:
			t := *file
			t.coding, t.size = c, info.Size()
			r.tasks = append(r.tasks, &t)
			r.progress.Total += t.size
		}
	}
}

// isUpToDate reports whether a server would take the sidecar for the coded
// content of the file.
func isUpToDate(sidecar, file fs.FileInfo) bool {
	return sidecar.Mode().IsRegular() && !sidecar.ModTime().Before(file.ModTime())
}

// cause returns err without the path, which the text around it has.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
