//go:build !linux && !darwin

package fileserver

import "io/fs"

// fileID is not known here: names, sizes and times tell files apart.
type fileID struct{}

func identify(fs.FileInfo) fileID { return fileID{} }
