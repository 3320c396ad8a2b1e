package store

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Prefix is what the names of drafts begin with. No such name is ever
	// served, listed, or written on behalf of a client.
	Prefix = ".gserve-"

	maxName  = 255 // bytes, which is what most file systems take
	maxPath  = 4096
	maxDepth = 64
	maxExt   = 32 // bytes of an extension that is kept when a name is cut
	unnamed  = "unnamed"
)

// CleanName returns name without what would hurt on any system: separators,
// wildcards, control characters and those that turn the direction of text, a
// space or dot at an end, the names of Windows devices, bytes that are not
// UTF-8, and what is over 255 bytes. A leading dot stays only if hidden is
// set. It is the name itself if there is nothing to clean.
func CleanName(name string, hidden bool) string {
	// What one step takes away can bring forth what an earlier one looks for.
	for range 8 {
		next := cleanOnce(name, hidden)
		if next == name {
			return name
		}
		name = next
	}
	return unnamed
}

func cleanOnce(name string, hidden bool) string {
	name = strings.Map(cleanRune, strings.ToValidUTF8(name, "_"))
	name = cleanTilde(name)
	name = strings.TrimLeftFunc(name, unicode.IsSpace)
	if !hidden {
		name = strings.TrimLeftFunc(name, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	} else if isReserved(name) {
		name = name[1:]
	}
	name = trimEnd(cut(name))
	switch {
	case name == "":
		return unnamed
	case isDevice(name):
		return "_" + name
	}
	return name
}

// cleanRune returns what stands for a rune in a name, -1 for nothing.
func cleanRune(r rune) rune {
	switch {
	case strings.ContainsRune(`<>:"/\|?*`, r), r == utf8.RuneError:
		return '_'
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
		return -1
	case r == '\u200b', r == '\u2060', r == '\ufeff': // seen by nobody, and of no use in emoji
		return -1
	case unicode.Is(unicode.Noncharacter_Code_Point, r):
		return '_'
	}
	return r
}

// cleanTilde changes what could be the short form of another name: GIT~1 is
// .git on Windows.
func cleanTilde(name string) string {
	if !strings.Contains(name, "~") {
		return name
	}
	b := []byte(name)
	for i := range len(b) - 1 {
		if b[i] == '~' && '0' <= b[i+1] && b[i+1] <= '9' {
			b[i] = '-'
		}
	}
	return string(b)
}

// trimEnd takes the dots and spaces off the end, which Windows drops.
func trimEnd(name string) string {
	return strings.TrimRightFunc(name, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// cut shortens a name of valid UTF-8 to what file systems take, and keeps its
// extension.
func cut(name string) string {
	if len(name) <= maxName {
		return name
	}
	stem, ext := splitExt(name)
	return cutBytes(stem, maxName-len(ext)) + ext
}

// cutBytes returns the longest beginning of s that has at most n bytes and
// ends with a whole rune.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// splitExt splits the extension off a name, with its dot: ".tar.gz" is one.
func splitExt(name string) (stem, ext string) {
	ext = path.Ext(name)
	stem = name[:len(name)-len(ext)]
	if inner := path.Ext(stem); strings.EqualFold(inner, ".tar") {
		stem, ext = stem[:len(stem)-len(inner)], inner+ext
	}
	if stem == "" || len(ext) > maxExt {
		return name, ""
	}
	return stem, ext
}

// isDevice reports whether Windows takes a name for that of a device, with
// whatever extension.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRightFunc(stem, unicode.IsSpace))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	number, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		number, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(number) == 1 && strings.Contains("0123456789¹²³", number)
}

// isReserved reports whether a name is one of those that drafts have, on any
// file system.
func isReserved(name string) bool {
	return len(name) >= len(Prefix) && strings.EqualFold(name[:len(Prefix)], Prefix)
}

// CleanPath cleans each segment of a relative path with slashes, as browsers
// send it for a file of a folder. A path that leads up, or is too deep or too
// long, is an ErrName. Empty segments and "." are dropped.
func CleanPath(name string, hidden bool) (string, error) {
	if len(name) > maxPath {
		return "", fmt.Errorf("%w: the path is longer than %d bytes", ErrName, maxPath)
	}
	var segments []string
	for segment := range strings.SplitSeq(name, "/") {
		switch segment {
		case "", ".":
			continue
		case "..":
			return "", fmt.Errorf("%w: the path leads up", ErrName)
		}
		if segments = append(segments, CleanName(segment, hidden)); len(segments) > maxDepth {
			return "", fmt.Errorf("%w: the path has more than %d folders", ErrName, maxDepth)
		}
	}
	if len(segments) == 0 {
		return "", fmt.Errorf("%w: it is empty", ErrName)
	}
	return strings.Join(segments, "/"), nil
}
