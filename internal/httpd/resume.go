//go:build !windows

package httpd

// resumes: a write whose deadline passes has written what it says, and can go
// on from there.
const resumes = true

// maxWrite bounds a single write.
const maxWrite = 1 << 30
