// Package auth decides who may send a request: whose password is right, how
// long somebody waits who guesses, and by which names a browser may know this
// machine.
//
// It never keeps a password as it was given, never writes one to a log, and
// never asks for one: where they come from is the caller's business. HTTP's
// Basic scheme (RFC 7617) is all it speaks.
package auth
