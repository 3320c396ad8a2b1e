// Package storetest runs a real S3 server for tests: versitygw, which keeps
// objects as files in a folder. It is built once, as a module of its own, and
// kept in the user's cache.
package storetest
