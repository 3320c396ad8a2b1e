package bucket

import (
	"io"
	"io/fs"
	"slices"
	"sync"
)

// folderFile is an open folder.
type folderFile struct {
	info
	view *view

	mu   sync.Mutex
	read bool
	left []fs.DirEntry
}

func (f *folderFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *folderFile) Close() error               { return nil }
func (f *folderFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.as, Err: errFolder}
}

// ReadDir implements [fs.ReadDirFile].
func (f *folderFile) ReadDir(n int) ([]fs.DirEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.read {
		var err error
		if f.left, err = f.view.ReadDir("."); err != nil {
			return nil, err
		}
		f.read = true
	}
	entries := f.left
	if n > 0 {
		entries = entries[:min(n, len(entries))]
		if len(entries) == 0 {
			return nil, io.EOF
		}
	}
	f.left = f.left[len(entries):]
	return slices.Clone(entries), nil
}
