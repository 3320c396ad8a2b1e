// Package httpd decides how connections come to be, how many there may be, how
// long they may wait, and how they end: listeners, TLS, bounds, timeouts, a graceful
// stop.
//
// It never decides what is answered, which is the handler's business, and it
// never logs but through the logger that it is given.
//
// What bounds a connection is the time without progress, not the time that it
// takes: a client that moves one piece after the other may take a day for it,
// one that moves nothing is cut within the minute.
package httpd
