// Package fileserver decides how a directory answers HTTP requests, and
// writes those answers.
//
// A [Server] is an [http.Handler] over any [fs.FS]. Its rules are those of
// RFC 9110 (methods, validators, preconditions, ranges) on one side and of
// confinement on the other: nothing above the root, no dotfile, no device, no
// link that leaves is ever sent, unless an option says so.
//
// Deciding is apart from writing. [Server.Respond] turns the plain values of a
// [Request] into a [Response] without a socket, a writer or a log;
// [Server.ServeHTTP] copies the fields out of net/http, asks Respond, and
// writes what it decided. Any other writer can do the same.
//
// The package never writes to disk, listens, logs, or starts a process. The
// caller does, and learns of every answer through [WithObserver].
package fileserver
