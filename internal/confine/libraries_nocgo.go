//go:build !cgo

package confine

// libraries are none: Go looks names up by itself.
var libraries []string
