//go:build !linux && !darwin

package fileserver

import (
	"io/fs"
	"time"
)

// fileID is not known here: names, sizes and times tell files apart.
type fileID struct{}

func (id fileID) lasting() fileID { return id }

func (id fileID) changedAt() time.Time { return time.Time{} }

func (id fileID) appendTo(b []byte) []byte { return b }

func identify(fs.FileInfo) fileID { return fileID{} }
