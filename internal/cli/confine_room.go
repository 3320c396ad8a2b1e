package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// exact returns where links lead from a path now.
func exact(path string) []string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return []string{path}
}

// around returns the folders below which a path may be removed and made anew,
// and still be read: the one that it lies in, and where links lead from it now.
// A relative path is below the current folder, of which all may be made anew.
//
// To the kernel, what is made anew is another file, and so is a disk that is
// mounted again.
func around(path string) []string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return []string{path}
	}
	homes := homes()
	top := filepath.Dir(abs)
	if current, err := filepath.Abs("."); err == nil && filepath.IsLocal(path) && current != abs {
		top = current
	}
	folders := []string{narrow(top, abs, homes)}
	if real, err := filepath.EvalSymlinks(abs); err == nil && real != abs {
		folders = append(folders, narrow(filepath.Dir(real), real, homes))
	}
	return folders
}

// aroundLog returns where a log is written that can be begun anew by its name:
// its folder, unless that is the user's home. Nothing but a file is begun anew.
func aroundLog(path string) []string {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	homes := homes()
	var folders []string
	for _, name := range append(exact(path), filepath.Join(exact(filepath.Dir(path))[0], filepath.Base(path))) {
		folders = append(folders, narrow(filepath.Dir(name), name, homes))
	}
	return folders
}

// narrow returns the widest folder from top down to path that does not hold the
// home of the user, of which much is nobody else's business.
func narrow(top, path string, homes []string) string {
	for top != path && slices.ContainsFunc(homes, func(home string) bool { return contains(top, home) }) {
		rest, err := filepath.Rel(top, path)
		if err != nil {
			return path
		}
		first, _, _ := strings.Cut(rest, string(filepath.Separator))
		top = filepath.Join(top, first)
	}
	return top
}

// homes returns the names of the folder that is the user's. The root of the file
// system is in its place if there is none, and holds it otherwise.
func homes() []string {
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return []string{string(filepath.Separator)}
	}
	return append(exact(home), filepath.Clean(home))
}

// contains reports whether a path is a folder, or below it. Both are absolute.
func contains(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// outermost returns the paths without those that lie below others, in order,
// each once.
func outermost(paths []string) []string {
	var kept []string
	for i, path := range paths {
		isCovered := slices.ContainsFunc(paths[:i], func(other string) bool { return contains(other, path) }) ||
			slices.ContainsFunc(paths[i+1:], func(other string) bool { return other != path && contains(other, path) })
		if !isCovered {
			kept = append(kept, path)
		}
	}
	return kept
}
