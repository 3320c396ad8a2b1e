package webdav

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
)

// members is a folder that is being read. The folder is found once, and what is
// in it is looked at by base names; it is read in parts, so that a large one
// takes no more memory than a small one.
type members struct {
	handler *Handler
	name    string // of the folder
	fsys    fs.FS
	prefix  string // of the folder in fsys
	file    fs.File
	closer  io.Closer // nil if there is nothing to close
}

// openMembers opens a folder that has been looked at. The caller closes it.
func (h *Handler) openMembers(name string) (*members, error) {
	m := &members{handler: h, name: name, fsys: h.config.Root, prefix: name}
	if root, ok := m.fsys.(fs.SubFS); ok && name != "." {
		sub, err := root.Sub(name)
		if err != nil {
			return nil, err
		}
		m.fsys, m.prefix = sub, "."
		m.closer, _ = sub.(io.Closer)
	}
	file, err := m.fsys.Open(m.prefix)
	if err != nil {
		m.close()
		return nil, err
	}
	m.file = file
	return m, nil
}

func (m *members) close() {
	if m.file != nil {
		m.file.Close()
	}
	if m.closer != nil {
		m.closer.Close()
	}
}

// in returns the name of a member as the file system of the folder has it.
func (m *members) in(base string) string {
	if m.prefix == "." {
		return base
	}
	return path.Join(m.prefix, base)
}

// part is how many names are read at a time.
const part = 256

// each visits all that clients can have of the folder, in no order. What is
// gone when it is looked at is not visited.
func (m *members) each(ctx context.Context, visit func(name string, info fs.FileInfo) error) error {
	for {
		entries, last, err := m.next()
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if kind := e.Type(); kind != 0 && kind != fs.ModeDir && kind != fs.ModeSymlink {
				continue
			}
			info, err := fs.Stat(m.fsys, m.in(e.Name()))
			name := nameIn(m.name, e.Name())
			if err != nil || !m.handler.shows(name, info) {
				continue
			}
			if err := visit(name, info); err != nil {
				return err
			}
		}
		if last || err != nil {
			return err
		}
	}
}

// next returns the next names, and whether they are the last ones.
func (m *members) next() (entries []fs.DirEntry, last bool, err error) {
	if dir, ok := m.file.(fs.ReadDirFile); ok {
		entries, err = dir.ReadDir(part)
		return entries, errors.Is(err, io.EOF), ignoreEOF(err)
	}
	entries, err = fs.ReadDir(m.fsys, m.prefix)
	return entries, true, err
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// joinCut marks an error that comes when the answer has begun.
func joinCut(err error) error { return errors.Join(errCut, err) }
