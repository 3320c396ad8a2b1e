//go:build !linux

package confine

// Permanent reports whether a path leads to the same file or folder for as long
// as the process runs, which is known on Linux only.
func Permanent(string) bool { return false }
