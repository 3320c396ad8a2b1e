//go:build cgo

package confine

// libraries are what the C library looks names up with, and loads when it is
// asked to for the first time.
var libraries = []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"}
