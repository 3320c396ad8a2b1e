package live

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// kind is what a change of a file means for pages.
type kind int

const (
	ignored kind = iota
	style        // pages that have it fetch it anew
	image        // so do they
	source       // pages are loaded anew if they have loaded it themselves
	other        // pages are loaded anew
)

// judge returns what the change of these files means.
func (l *Live) judge(names []string) change {
	var c change
	for _, name := range names {
		rel, path := l.locate(name)
		_, err := os.Lstat(path)
		c.note(rel, kindOf(filepath.ToSlash(name), !os.IsNotExist(err)))
	}
	return c
}

// locate returns the name of a file below the roots, with slashes, and the one
// that the system has for it. A file elsewhere has no name.
func (l *Live) locate(name string) (rel, path string) {
	if !filepath.IsAbs(name) {
		if len(l.roots) > 0 {
			path = filepath.Join(l.roots[0], name)
		}
		return filepath.ToSlash(name), path
	}
	for _, root := range l.roots {
		if rel, err := filepath.Rel(root, name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), name
		}
	}
	return "", name
}

// kindOf tells what a change of the file means. One of no known type that does
// not exist any more was there for a moment only: editors and other tools write
// beside a file, and rename.
func kindOf(name string, exists bool) kind {
	base := path.Base(name)
	ext := strings.ToLower(path.Ext(base))
	mediaType := fileserver.TypeByName(base)
	switch {
	case isBackup(base, ext), mediaType == "" && !exists && !slices.Contains(sources, ext):
		return ignored
	case ext == ".css":
		return style
	case strings.HasPrefix(mediaType, "image/"):
		return image
	case mediaType == "", slices.Contains(sources, ext):
		return source
	}
	return other
}

// sources are the extensions of files that are seldom what a page loads: what
// that is made from, maps of it, and what servers write while they serve. If
// each change of them loaded pages anew, a page would be loaded twice for a save
// of a .scss file, the second time for nothing, and without end for a log.
var sources = []string{
	".scss", ".sass", ".less", ".styl", ".ts", ".mts", ".cts", ".tsx", ".jsx", ".vue", ".svelte", ".map",
	".log", ".db", ".sqlite", ".sqlite3",
}

// isBackup reports whether a file of this name is one that editors keep for
// themselves.
func isBackup(base, ext string) bool {
	switch ext {
	case ".swp", ".swo", ".swx", ".tmp", ".bak", ".crswap":
		return true
	}
	return base == "4913" || // which vim writes to find out whether it may
		strings.HasSuffix(base, "~") || strings.HasPrefix(base, "~$") || strings.HasPrefix(base, ".#") ||
		strings.HasPrefix(base, "#") && strings.HasSuffix(base, "#") ||
		strings.Contains(base, "___jb_")
}
