//go:build amd64 || arm64

package lane

import (
	"golang.org/x/sys/unix"
)

// outgoing are answers on their way to a client: their bytes, and then perhaps the
// content of a file.
type outgoing struct {
	bytes  [2][]byte // yet to be written
	file   *sending  // nil for none
	due    []due     // of which observers are told at the end
	sent   int64     // bytes of all of them
	closes bool      // the connection ends then
	rest   []byte    // what has been read, and is to be answered then
}

// outcome is what an attempt to write has come to.
type outcome int

const (
	done   outcome = iota
	waits          // for the client to take something
	yields         // others have their turn
	blocks         // the disk may take its time
	failed
)

// push writes without waiting for the client, and, unless it is patient, without
// waiting for the disk. The buffer is free to be used.
func (o *outgoing) push(fd int32, buffer []byte, patient bool) (outcome, error) {
	for {
		if result, err := o.pushBytes(fd); result != done || o.file == nil {
			return result, err
		}
		result, err := o.file.push(fd, o, patient)
		if result != done {
			return result, err
		}
		end, result, err := o.file.rest(buffer, patient)
		if result != done {
			return result, err
		}
		o.bytes[0] = end
		o.drop()
	}
}

func (o *outgoing) pushBytes(fd int32) (outcome, error) {
	for len(o.bytes[0])+len(o.bytes[1]) > 0 {
		n, errno := write(fd, o.bytes[0], o.bytes[1], o.file != nil)
		switch errno {
		case 0:
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return waits, nil
		default:
			return failed, errno
		}
		o.sent += int64(n)
		first := min(n, len(o.bytes[0]))
		o.bytes[0], o.bytes[1] = o.bytes[0][first:], o.bytes[1][n-first:]
	}
	return done, nil
}

// drop closes the file.
func (o *outgoing) drop() {
	if o.file != nil {
		o.file.close()
		o.file = nil
	}
}

// park returns a copy that outlives the worker that made o.
func (o *outgoing) park() *outgoing {
	parked := *o
	parked.bytes[0] = clone(o.bytes[0])
	parked.due = append([]due(nil), o.due...)
	parked.rest = clone(o.rest)
	return &parked
}
