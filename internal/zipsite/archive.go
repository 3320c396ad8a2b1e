package zipsite

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// source is the file that is an archive.
type source interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// archive is an open archive, in the state that it was opened in. The file is
// closed when nobody uses it any more.
type archive struct {
	*index
	file   source
	info   fs.FileInfo // of file, when it was opened
	faults faults
	users  atomic.Int64
	stale  atomic.Bool // the file was found to be rewritten
}

// openArchive opens the archive of this name for one user.
func openArchive(name string) (*archive, error) {
	// A look before it is opened: to open a FIFO would wait for its other end.
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNoZip}
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	a, err := newArchive(file)
	if err != nil {
		file.Close()
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return a, nil
}

// newArchive reads the directory of an archive. It takes over the file if there
// is no error.
func newArchive(file source) (*archive, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	a := &archive{file: file, info: info}
	a.users.Store(1)
	d, err := findDirectory(file, info.Size())
	if err != nil {
		return nil, err
	}
	entries, err := a.readDirectory(d, time.Now())
	if err != nil {
		return nil, err
	}
	if a.index, a.faults.clashing, err = newIndex(entries, info.ModTime().UnixNano()); err != nil {
		return nil, err
	}
	return a, a.intact() // a copy may still be under way
}

// readDirectory returns the entries of the archive, in order, and takes note of
// those that cannot be had.
func (a *archive) readDirectory(d directory, now time.Time) ([]entry, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(a.file, d.start, d.end-d.start), recordMax)
	fits := uint64(d.end-d.start) / recordLength
	entries := make([]entry, 0, min(d.count, fits, maxEntries))
	for n := uint64(0); ; n++ {
		rec, err := readRecord(r)
		if err == io.EOF {
			if uint16(n) != uint16(d.count) { // old archives count modulo 1<<16
				return nil, errDirectory
			}
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if n == maxEntries {
			return nil, errTooMany
		}
		rec.offset += uint64(d.shift)
		if e, ok := a.newEntry(&rec, uint32(n+1), now); ok {
			entries = append(entries, e)
		}
	}
}

// newEntry returns the entry that a record tells of. One that has no name that
// could be asked for is not ok.
func (a *archive) newEntry(r *record, order uint32, now time.Time) (e entry, ok bool) {
	name, folder, ok := cleanName(r.text(), r.fromDOS())
	if !ok {
		a.faults.misnamed++
		return e, false
	}
	if name == "." {
		return e, false
	}
	modified := r.modified(a.info.ModTime(), now)
	if mode := r.mode(); !folder && !mode.IsDir() {
		e = entry{
			name: name, base: baseOf(name), mode: mode, modified: stamp(name, modified, r.crc), crc: r.crc,
			offset: int64(r.offset), packed: int64(r.packed), size: int64(r.size), kind: r.kind(a.info.Size()),
		}
		if e.kind >= encrypted {
			a.faults.note(e.kind, r.method)
			e.mode &= fs.ModeType // so that whoever asks first knows that it cannot be read
			e.size = max(e.size, 0)
		}
	} else {
		e = newFolder(name, modified.UnixNano())
	}
	e.order = order
	return e, true
}

// intact returns nil if the file is still what it was when it was opened.
func (a *archive) intact() error {
	info, err := a.file.Stat()
	if err == nil && !isUnchanged(info, a.info) {
		err = errStale
	}
	if err != nil {
		a.stale.Store(true)
	}
	return err
}

// isUnchanged reports whether a file is in the same state as before.
func isUnchanged(is, was fs.FileInfo) bool {
	return is.Size() == was.Size() && is.ModTime().Equal(was.ModTime())
}

// acquire adds a user, unless there is none left.
func (a *archive) acquire() bool {
	for {
		n := a.users.Load()
		if n == 0 {
			return false
		}
		if a.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release takes a user away. The last one closes the file.
func (a *archive) release() error {
	if a.users.Add(-1) == 0 {
		return a.file.Close()
	}
	return nil
}
