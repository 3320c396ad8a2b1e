// Package share makes a link that ends: after a time, or when it has been
// downloaded from often enough.
//
// It decides which requests may still be answered, and counts downloads by what
// is observed of the answers. It answers none but those that it refuses. The
// time is strict. The number is for people, not against them: it counts what a
// browser or downloader gets whole, and takes a request's word for it that it
// is a preview.
package share
