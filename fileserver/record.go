package fileserver

import (
	"net/http"
	"time"

	"github.com/gserve/gserve/compress"
)

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
	User      string // whom the client claims to be, by Basic credentials

	Request *http.Request // that all this is of; not to be kept

	Status  int
	Sent    int64           // bytes of content that were written
	Type    string          // media type of the content, if any
	Length  int64           // bytes of the whole that the content is of; -1 if unknown
	Part    ByteRange       // of the whole, in an answer with one range
	Name    string          // file that was chosen, below the root; "" if none was
	Listing bool            // the content lists what is in a directory
	Rule    string          // that led to the answer; "" if the path did
	Coding  compress.Coding // of the content
	Stored  bool            // it lay encoded beside the file
	Err     error           // why the answer is a refusal or was cut short; nil if neither
}

// Transfer is told how the content of one answer gets on (see [WithTransfers]).
type Transfer interface {
	Moved(n int64) // bytes of it that have been written so far; it is called often
	End(err error) // once, with what went wrong
}
