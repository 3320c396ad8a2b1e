package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
)

var errOffset = errors.New("only the beginning can be read at an offset")

// file is an open object. It asks the store for content when it is read, from
// there to its end, or to where that is known to end.
type file struct {
	b      *Bucket
	found  found
	info   info
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	at     int64 // where the next byte is read
	end    int64 // where reading will end
	body   io.ReadCloser
	bodyAt int64
	broken int // how often content has ended too early
}

func newFile(b *Bucket, f found, as string) *file {
	ctx, cancel := context.WithCancel(context.Background())
	return &file{b: b, found: f, info: info{f.entry, as}, ctx: ctx, cancel: cancel, end: f.size}
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close also ends a Read that waits for the store.
func (f *file) Close() error {
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
	return nil
}

// drop is for who has the lock.
func (f *file) drop() {
	if f.body != nil {
		f.body.Close()
		f.body = nil
	}
}

// head returns the first bytes, as far as they are known, for who has the lock.
func (f *file) head() []byte {
	if f.found.facts == nil {
		return nil
	}
	return f.found.facts.head
}

// Seek implements [io.Seeker]. It asks for nothing.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.info.size
	}
	if offset < 0 {
		return 0, fs.ErrInvalid
	}
	f.at, f.end = offset, f.info.size
	return offset, nil
}

// ReadAt reads what is kept of the beginning. All else would take one more
// request to the store.
func (f *file) ReadAt(b []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.head() == nil && at+int64(len(b)) <= headSize {
		known, err := f.b.factsOf(f.found.object, &f.found.entry)
		if err != nil {
			return 0, err
		}
		f.found.facts = known
	}
	head := f.head()
	if int64(len(head)) < min(at+int64(len(b)), f.info.size) {
		return 0, errOffset
	}
	if at >= f.info.size {
		return 0, io.EOF
	}
	n := copy(b, head[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// tries is how often content that ends too early is asked for again, from there.
const tries = 3

func (f *file) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return 0, fs.ErrClosed
	}
	for {
		if f.at >= f.info.size {
			return 0, io.EOF
		}
		if err := f.open(); err != nil {
			return 0, err
		}
		if f.body == nil { // it is known
			n := copy(b, f.head()[f.at:f.end])
			f.at += int64(n)
			return n, nil
		}
		n, err := f.body.Read(b)
		f.at += int64(n)
		f.bodyAt = f.at
		if err != nil {
			f.drop()
		}
		if n > 0 || len(b) == 0 {
			return n, nil
		}
		if f.broken++; f.broken >= tries || f.ctx.Err() != nil {
			return 0, &outage{unexpected(err)}
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// open has the content at hand that is read next, for who has the lock.
func (f *file) open() error {
	if f.body != nil && f.bodyAt == f.at {
		return nil
	}
	f.drop()
	if f.end <= f.at {
		f.end = f.info.size
	}
	if f.end <= int64(len(f.head())) || f.at >= f.end {
		return nil
	}
	body, described, err := f.b.store.get(f.ctx, f.found.object, f.info.etag, f.at, f.end-f.at)
	if err != nil {
		return err
	}
	if f.found.facts == nil {
		f.found.facts = newFacts(described)
	}
	f.body, f.bodyAt = body, f.at
	return nil
}

// begin has a part of the content at hand.
func (f *file) begin(offset, length int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.end = offset, offset+length
	if f.ctx.Err() != nil {
		return fs.ErrClosed
	}
	return f.open()
}

// beginAnew has all of the object at hand as it is now, which f is from now on.
func (f *file) beginAnew() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
	body, described, err := f.b.store.get(f.ctx, f.found.object, anyVersion, 0, 0)
	if err != nil {
		return err
	}
	now := newFacts(described)
	if was := f.found.facts; now.unknown || was != nil && now.coding != was.coding {
		body.Close()
		return errChanged
	}
	f.found.facts = now
	f.found.etag, f.found.size, f.found.modified = strings.Trim(described.ETag, `"`), described.Size, described.LastModified
	f.info.entry = f.found.entry
	f.body, f.at, f.bodyAt, f.end = body, 0, 0, f.info.size
	return nil
}

// part writes a part of the content.
func (f *file) part(w io.Writer, offset, length int64) error {
	if err := f.begin(offset, length); err != nil {
		return err
	}
	_, err := io.CopyN(w, f, length)
	return err
}
