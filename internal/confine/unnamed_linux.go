package confine

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Unnamed returns paths for a [Plan] to read the files that are open, and were
// removed: some are opened once more, by their descriptor.
func Unnamed() []string {
	const folder = "/proc/self/fd"
	descriptors, _ := os.ReadDir(folder)
	var paths []string
	for _, d := range descriptors {
		path := filepath.Join(folder, d.Name())
		var info unix.Stat_t
		if unix.Stat(path, &info) == nil && info.Mode&unix.S_IFMT == unix.S_IFREG && info.Nlink == 0 {
			paths = append(paths, path)
		}
	}
	return paths
}
