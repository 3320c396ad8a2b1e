// Package spool decides how a stream that is read once, such as standard input,
// is served as one file to many clients, early and late ones.
//
// What has been read is kept in a file that has no name, so that memory does not
// depend on its length. While the file grows, every client gets it from its
// start on and then what comes, each at its own pace; once it is complete, it is
// served as all files are, by [fileserver.Server].
package spool
