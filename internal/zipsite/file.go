package zipsite

import (
	"io"
	"io/fs"
	"sync/atomic"
)

// opened is what all open files have in common: a hold on the archive, which
// whoever opened them has taken for them.
type opened struct {
	archive *archive
	info    fs.FileInfo
	closed  atomic.Bool
}

// Stat describes the file. It fails once the archive has been rewritten in
// place, so that whoever looks at a file before and after it is sent knows that
// what lies between is not to be trusted.
func (o *opened) Stat() (fs.FileInfo, error) {
	if o.closed.Load() {
		return nil, fs.ErrClosed
	}
	if err := o.archive.intact(); err != nil {
		return nil, err
	}
	return o.info, nil
}

func (o *opened) Close() error {
	if o.closed.Swap(true) {
		return fs.ErrClosed
	}
	return o.archive.release()
}

// section is an open file that lies in one piece, and can be read anywhere.
type section struct {
	*opened
	*io.SectionReader
}

// openEntry opens what an entry holds, under the name that led to it.
func (a *archive) openEntry(e *entry, name string) (fs.File, error) {
	o := &opened{archive: a, info: e.as(name)}
	if e.IsDir() {
		return &folder{opened: o, rest: a.in(e.name)}, nil
	}
	if !e.mode.IsRegular() {
		return nil, fs.ErrInvalid // a device has nothing to be read
	}
	data, err := a.data(e)
	if err != nil {
		return nil, err
	}
	if e.kind == stored {
		return section{o, data}, nil
	}
	decoder, err := newDecoder(e.kind, data)
	if err != nil {
		return nil, err
	}
	return &stream{opened: o, decoder: decoder, left: e.size, crc: e.crc}, nil
}

// folder is an open folder.
type folder struct {
	*opened
	rest []entry // that have not been read
}

func (f *folder) Read([]byte) (int, error) { return 0, errFolder }

// ReadDir reads the next n entries, or else all that are left.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	entries := dirEntries(f.rest[:n])
	f.rest = f.rest[n:]
	return entries, nil
}

func dirEntries(in []entry) []fs.DirEntry {
	entries := make([]fs.DirEntry, len(in))
	for i := range in {
		entries[i] = &in[i]
	}
	return entries
}
