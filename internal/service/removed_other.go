//go:build !unix

package service

import "io/fs"

// links returns false: a folder that is open cannot be removed here.
func links(fs.FileInfo) (uint64, bool) { return 0, false }
