//go:build !linux

package fileserver

import (
	"io/fs"
	"os"
)

// readDir returns the entries of an open directory.
func readDir(f *os.File) ([]fs.DirEntry, error) { return f.ReadDir(-1) }
