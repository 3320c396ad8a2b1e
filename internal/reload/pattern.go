package reload

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// environmentMark is the file that makes a folder a virtual environment (PEP 405).
const environmentMark = "pyvenv.cfg"

// isSkipped reports whether a folder of this name holds no work of the user's.
func isSkipped(name string) bool {
	switch name {
	case "__pycache__", "node_modules", "site-packages":
		return true
	}
	return strings.HasPrefix(name, ".")
}

func isEnvironment(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == environmentMark })
}

// matches reports whether a file of this name is watched.
func (t *tree) matches(name string) bool {
	if strings.HasSuffix(name, "~") {
		return false
	}
	return slices.ContainsFunc(t.options.Patterns, func(pattern string) bool {
		if name[0] == '.' && pattern[0] != '.' {
			return false
		}
		ok, _ := filepath.Match(pattern, name)
		return ok
	})
}
