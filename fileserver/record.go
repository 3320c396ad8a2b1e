package fileserver

import "time"

// Record tells an observer of one request and of what became of it, once its
// answer has been written or given up. See [WithObserver].
type Record struct {
	Time     time.Time     // when the request was read
	Duration time.Duration // until the last byte was handed to the connection

	Client    string // network address of the client, with its port
	Method    string
	Target    string // request target as it was sent
	Proto     string // "HTTP/1.1"
	Host      string
	Referer   string
	UserAgent string

	Status int
	Sent   int64  // bytes of content that were written
	Type   string // media type of the content, if any
	Name   string // file that was chosen, below the root; "" if none was
	Err    error  // why the answer is a refusal or was cut short; nil if neither
}
