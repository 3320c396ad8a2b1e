// Package webdav answers the methods by which file managers mount a folder
// (WebDAV, RFC 4918): PROPFIND and OPTIONS for a folder that is only read
// (class 1), and LOCK, UNLOCK, PROPPATCH, COPY and MOVE for one that is written
// to (class 2).
//
// It decides what a client gets to know of a folder, and who holds which lock.
// PUT, DELETE and MKCOL it hands on once the locks let them by: what may be
// written, and how, the handler of uploads knows. GET and HEAD are never its
// own. It reads through the file system that is served, writes through package
// store, and asks nobody who they are.
package webdav
