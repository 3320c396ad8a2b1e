//go:build !linux && !darwin

package reload

// networkFileSystem would name the file system of a folder if the system does
// not tell of all changes to it.
func networkFileSystem(string) string { return "" }
