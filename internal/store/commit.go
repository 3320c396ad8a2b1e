package store

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// Conditions say under which circumstances a file gets its name.
type Conditions struct {
	// Free takes another, similar name if the one that is wanted is taken or
	// refused.
	Free bool

	IfMatch     string // the field of this name (RFC 9110, 13.1.1)
	IfNoneMatch string // the field of this name (RFC 9110, 13.1.2)
}

// File is one that has been committed.
type File struct {
	Name     string // full, as links on the way have been followed
	Base     string // its last segment
	Size     int64
	ModTime  time.Time
	ETag     string // as Options.ETag has it
	Replaced bool   // it took the place of another one
}

// Commit gives the draft its name in its folder, and returns what it is called
// there. It is whole and synchronised with the disk by then, or an error tells
// that nobody sees it: ErrExists if the name is taken and may not be
// overwritten, ErrCondition, ErrLength for less than was announced, and those
// of the system. The draft can be committed again after such an error.
//
// One error comes with a File: that of a disk that could not make the name
// last. The file is there, and may be gone after a loss of power.
func (d *Draft) Commit(name string, c Conditions) (File, error) {
	if d.over {
		return File{}, fs.ErrClosed
	}
	if d.meta.Length >= 0 && d.offset != d.meta.Length {
		return File{}, fmt.Errorf("%w: %d bytes of %d", ErrLength, d.offset, d.meta.Length)
	}
	if err := d.finish(); err != nil {
		return File{}, err
	}
	base, replaced, err := d.store.place(d.folder, draftName(d.token), name, c)
	if err != nil {
		return File{}, err
	}
	d.over = true
	d.file.Close()
	if d.meta.Keep {
		d.folder.root.Remove(companionName(d.token))
	}
	err = d.folder.sync()
	d.folder.close()
	d.store.leave(d.token)
	f := File{
		Name: join(d.folder.name, base), Base: base,
		Size: d.info.Size(), ModTime: d.info.ModTime(), ETag: d.store.etag(d.info), Replaced: replaced,
	}
	return f, err
}

// finish synchronises the file, which is when some file systems tell that it
// does not fit. It stays open, and so locked, until it has its name, but on
// Windows, where what is open cannot always be renamed.
func (d *Draft) finish() error {
	if d.info != nil {
		return nil
	}
	d.file.Chmod(d.mode) // fails where there are no modes
	if err := d.file.Sync(); err != nil {
		return fault(err)
	}
	info, err := d.file.Stat()
	if err != nil {
		return fault(err)
	}
	if info.Size() != d.offset {
		return fmt.Errorf("%w: %d bytes of %d are left", ErrLength, info.Size(), d.offset)
	}
	if runtime.GOOS == "windows" {
		if err := d.file.Close(); err != nil {
			return fault(err)
		}
	}
	d.info = info
	return nil
}

// place moves a finished file to its name, and returns the name it got.
func (s *Store) place(f *folder, temp, name string, c Conditions) (base string, replaced bool, err error) {
	if err := s.checkNew(f.name, name); err != nil {
		if !c.Free || !errors.Is(err, ErrForbidden) || !s.Refused(join(f.name, name)) {
			return "", false, err
		}
		base, err := s.placeFree(f, temp, name)
		return base, false, err
	}
	if s.options.Overwrite || c.IfMatch != "" || c.IfNoneMatch != "" {
		s.commits.Lock()
		defer s.commits.Unlock()
		was, err := s.check(f, name, c)
		if err != nil {
			return "", false, err
		}
		if s.options.Overwrite && was != nil && isReplaceable(was) {
			return name, true, fault(f.root.Rename(temp, name))
		}
	}
	switch err := f.moveNew(temp, f, name); {
	case err == nil:
		return name, false, nil
	case !errors.Is(err, ErrExists):
		return "", false, err
	case c.IfNoneMatch != "":
		return "", false, fmt.Errorf("%w: there is one", ErrCondition)
	case c.Free:
		base, err := s.placeFree(f, temp, name)
		return base, false, err
	default:
		return "", false, err
	}
}

// isReplaceable reports whether a file may take the place of what is there. A
// link is replaced, not followed.
func isReplaceable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() || info.Mode().Type() == fs.ModeSymlink
}

// check looks at what has a name, nil if there is nothing, and whether it meets
// the conditions.
func (s *Store) check(f *folder, name string, c Conditions) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return nil, fault(err)
	}
	if c.IfMatch == "" && c.IfNoneMatch == "" {
		return info, nil
	}
	tag := ""
	if info != nil {
		tag = s.tagOf(f, name, info)
	}
	return info, c.evaluate(info != nil, fileserver.ETag(tag))
}

// tagOf returns the entity tag of a file: of the one behind a link, as the
// server sends it.
func (s *Store) tagOf(f *folder, name string, info fs.FileInfo) string {
	if info.Mode().Type() == fs.ModeSymlink {
		linked, err := s.tree().root.Stat(join(f.name, name))
		if err != nil {
			return ""
		}
		info = linked
	}
	if !info.Mode().IsRegular() {
		return ""
	}
	return s.etag(info)
}

func (s *Store) etag(info fs.FileInfo) string {
	if s.options.ETag == nil {
		return ""
	}
	return s.options.ETag(info)
}
