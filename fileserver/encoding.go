package fileserver

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"github.com/gserve/gserve/compress"
)

// encodings remembers files that were encoded for an answer, up to a number of
// bytes. What many ask for at once is encoded once.
type encodings struct {
	limit int64 // of bytes that are kept
	slots turns // to encode

	mu     sync.Mutex
	known  map[encodingKey]*encoding // under way, or kept
	recent *list.List                // of keys that are kept, the last one used first
	size   int64                     // bytes that are kept
}

func newEncodings(limit int64) *encodings {
	return &encodings{
		limit:  limit,
		slots:  make(turns, runtime.GOMAXPROCS(0)),
		known:  map[encodingKey]*encoding{},
		recent: list.New(),
	}
}

// encodingKey identifies one state of a file in one coding.
type encodingKey struct {
	name     string
	size     int64
	modified int64 // nanoseconds
	id       fileID
	coding   compress.Coding
}

func newEncodingKey(name string, info fs.FileInfo, coding compress.Coding) encodingKey {
	return encodingKey{name, info.Size(), info.ModTime().UnixNano(), identify(info), coding}
}

// peek returns the encoding of key for one more reader if it is kept or under
// way, and else nil.
func (c *encodings) peek(key encodingKey) *encodingReader {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.join(key)
}

// join is peek for who has the lock.
func (c *encodings) join(key encodingKey) *encodingReader {
	e := c.known[key]
	if e == nil || !e.attach() {
		return nil
	}
	if e.element != nil {
		c.recent.MoveToFront(e.element)
	}
	return &encodingReader{encoding: e}
}

// start returns the encoding of key for one more reader. If there is none, it
// begins one from file, which it takes over in any case. An encoding that is not
// to be shared is for this reader alone, and not kept.
func (c *encodings) start(key encodingKey, shared bool, file fs.File, info fs.FileInfo) *encodingReader {
	e := newEncoding()
	if shared {
		c.mu.Lock()
		defer c.mu.Unlock()
		if r := c.join(key); r != nil {
			file.Close()
			return r
		}
		c.known[key] = e
	}
	go func() {
		defer file.Close()
		err := errAbandoned
		select {
		case c.slots <- struct{}{}:
			turn := newTurn(c.slots)
			err = e.encodeFile(file, info, key.coding, turn)
			turn.leave()
		case <-e.abandoned:
		}
		e.end(err)
		c.finish(key, e, shared && err == nil)
	}()
	return &encodingReader{encoding: e}
}

// finish keeps an encoding that is complete, and forgets another.
func (c *encodings) finish(key encodingKey, e *encoding, keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[key] != e {
		return
	}
	if size := int64(len(e.coded)); !keep || size > c.limit {
		delete(c.known, key)
		return
	}
	e.element = c.recent.PushFront(key)
	c.size += int64(len(e.coded))
	for c.size > c.limit {
		oldest := c.recent.Remove(c.recent.Back()).(encodingKey)
		c.size -= int64(len(c.known[oldest].coded))
		delete(c.known, oldest)
	}
}

// encoding is the content of a file in a coding, complete or under way.
type encoding struct {
	element   *list.Element // in encodings.recent, and guarded by its lock
	abandoned chan struct{} // closed when there is no reader, and it is not complete

	mu      sync.Mutex
	grown   sync.Cond
	coded   []byte // only ever appended to
	done    bool
	err     error
	readers int
}

// newEncoding returns an encoding with one reader.
func newEncoding() *encoding {
	e := &encoding{abandoned: make(chan struct{}), readers: 1}
	e.grown.L = &e.mu
	return e
}

// errAbandoned ends an encoding that nobody waits for any more.
var errAbandoned = errors.New("nobody waits for the encoding")

// attach adds a reader, unless the encoding has failed or is about to.
func (e *encoding) attach() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil || !e.done && e.readers == 0 {
		return false
	}
	e.readers++
	return true
}

// Write takes what the encoder has made.
func (e *encoding) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.coded = append(e.coded, b...)
	e.grown.Broadcast()
	return len(b), nil
}

// end tells the readers that no more will come.
func (e *encoding) end(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.coded = slices.Clip(e.coded)
	e.done, e.err = true, err
	e.grown.Broadcast()
}

// encodingReader is one who waits for an encoding. Its methods may be called
// concurrently.
type encodingReader struct {
	*encoding
	left bool // guarded by the lock of the encoding
}

// leave ends the reading. A writeTo or wait that is under way fails.
func (r *encodingReader) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left {
		return
	}
	r.left = true
	r.grown.Broadcast()
	if r.readers--; r.readers == 0 && !r.done {
		close(r.abandoned)
	}
}

// next waits for content beyond the first sent bytes, or the end.
func (r *encodingReader) next(sent int) (piece []byte, done bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.coded) == sent && !r.done && !r.left {
		r.grown.Wait()
	}
	if r.left {
		return nil, true, errAbandoned
	}
	return r.coded[sent:], r.done, r.err
}

// bytes returns the content if it is complete.
func (r *encodingReader) bytes() ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.coded, r.done && r.err == nil
}

// wait waits for the end of the encoding.
func (r *encodingReader) wait() error {
	return r.writeTo(io.Discard)
}

// writeTo writes the content as it comes.
func (r *encodingReader) writeTo(w io.Writer) error {
	for sent := 0; ; {
		piece, done, err := r.next(sent)
		if err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if sent += len(piece); done {
			return nil
		}
	}
}

// encodeFile encodes all of the file, as long as somebody waits for it. It fails
// if the file is no longer the one that info describes.
func (e *encoding) encodeFile(file fs.File, info fs.FileInfo, coding compress.Coding, turn *turn) (err error) {
	defer func() {
		// It is not in the goroutine of a request, where net/http would do this.
		if cause := recover(); cause != nil {
			err = fmt.Errorf("encoder panics: %v", cause)
		}
	}()
	encoder := compress.NewWriter(e, coding, compress.Fast)
	defer encoder.Release()
	content := Content{File: file, opened: info}
	if _, err := content.copyRange(&feed{e, encoder, turn}, ByteRange{0, info.Size() - 1}, true); err != nil {
		return err
	}
	if now, err := file.Stat(); err != nil || now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime()) || identify(now) != identify(info) {
		return errChanged
	}
	return encoder.Close()
}

// feed passes content on to an encoder until it is abandoned.
type feed struct {
	e       *encoding
	encoder io.Writer
	turn    *turn
}

func (f *feed) Write(b []byte) (int, error) {
	f.turn.step()
	select {
	case <-f.e.abandoned:
		return 0, errAbandoned
	default:
		return f.encoder.Write(b)
	}
}
