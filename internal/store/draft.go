package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Meta is what is known of a file before it is there.
type Meta struct {
	Name   string // that is wanted; the one given to Commit counts
	Length int64  // in bytes; -1 if it is not known
	Client string // that a kept draft counts for; "" counts for nobody
	Keep   bool   // the draft outlives its Close, and this process: see Resume
	Note   string // of the caller, returned by Resume
}

// Draft is a file that is being written. Nobody sees it until Commit. A Draft
// is not safe for concurrent use.
//
// Every Draft is closed. What that means for one that was not committed, Meta
// decides: it is gone, or kept for later.
type Draft struct {
	store   *Store
	folder  *folder
	file    *os.File
	token   string
	meta    Meta
	mode    fs.FileMode // once it is whole
	created time.Time
	offset  int64
	info    fs.FileInfo // once it is finished
	over    bool        // committed, aborted or closed
}

// Create begins a file in a folder, which exists. Meta.Length is compared with
// the limit and the free space first.
func (s *Store) Create(dir string, meta Meta) (*Draft, error) {
	f, err := s.folder(dir)
	if err != nil {
		return nil, err
	}
	d := &Draft{store: s, folder: f, token: newToken(), meta: meta, created: time.Now()}
	if err := d.begin(); err != nil {
		f.close()
		return nil, err
	}
	s.visit(f.name)
	return d, nil
}

func (d *Draft) begin() error {
	if err := d.store.checkSize(d.folder, d.meta.Length); err != nil {
		return err
	}
	if err := d.store.enter(d); err != nil {
		return err
	}
	if err := d.create(); err != nil {
		d.store.leave(d.token)
		return err
	}
	return nil
}

// create makes the file, and learns the mode that a new file gets here from
// the system, which knows the umask and the defaults of the folder.
func (d *Draft) create() (err error) {
	name := draftName(d.token)
	if d.file, err = d.folder.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return fault(err)
	}
	info, err := d.file.Stat()
	if err == nil {
		d.mode = info.Mode().Perm()
		d.file.Chmod(0o600) // while it is not whole; fails where there are no modes
		if d.meta.Keep {
			tryLock(d.file) // nobody else has it yet
			err = d.writeCompanion()
		}
	}
	if err != nil {
		d.file.Close()
		d.remove()
	}
	return fault(err)
}

// checkSize compares what is announced with the limit and with what fits.
func (s *Store) checkSize(f *folder, length int64) error {
	if s.options.Max > 0 && length > s.options.Max {
		return fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, s.options.Max)
	}
	if free, ok := freeSpace(f.self); ok && length > free {
		return fmt.Errorf("%w: %d bytes are free", ErrNoSpace, free)
	}
	return nil
}

// Token identifies the draft, for Resume. It cannot be guessed.
func (d *Draft) Token() string { return d.token }

// Folder returns the name of the folder that the file is meant for.
func (d *Draft) Folder() string { return d.folder.name }

// Meta returns what is known of the file.
func (d *Draft) Meta() Meta { return d.meta }

// Offset returns how many bytes have been written.
func (d *Draft) Offset() int64 { return d.offset }

// Expires returns when the draft will be swept if it makes no progress.
func (d *Draft) Expires() time.Time { return d.store.expiry(time.Now(), d.created) }

// Write appends. Nothing is written if that would exceed the limit, which is
// an ErrTooLarge, or the length that was announced, an ErrLength. Whatever
// error it returns, Offset says what has been written.
func (d *Draft) Write(p []byte) (int, error) {
	end := d.offset + int64(len(p))
	switch {
	case d.meta.Length >= 0 && end > d.meta.Length:
		return 0, fmt.Errorf("%w: it was to be %d bytes", ErrLength, d.meta.Length)
	case d.store.options.Max > 0 && end > d.store.options.Max:
		return 0, fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, d.store.options.Max)
	}
	n, err := d.file.WriteAt(p, d.offset)
	d.offset += int64(n)
	return n, fault(err)
}

// SetLength announces the length, once. Another one than is known is an
// ErrLength, and so is one below what has been written.
func (d *Draft) SetLength(length int64) error {
	switch {
	case length == d.meta.Length:
		return nil
	case d.meta.Length >= 0 || length < d.offset:
		return fmt.Errorf("%w: %d", ErrLength, length)
	}
	if err := d.store.checkSize(d.folder, length-d.offset); err != nil {
		return err
	}
	if d.store.options.Max > 0 && length > d.store.options.Max {
		return fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, d.store.options.Max)
	}
	d.meta.Length = length
	if d.meta.Keep {
		return fault(d.writeCompanion())
	}
	return nil
}

// Sync makes what has been written last.
func (d *Draft) Sync() error { return fault(d.file.Sync()) }

// Close ends the use of the draft. One that is not kept is removed.
func (d *Draft) Close() error {
	if d.over {
		return nil
	}
	if !d.meta.Keep {
		return d.Abort()
	}
	d.over = true
	err := d.file.Close()
	d.folder.close()
	d.store.rest(d)
	if errors.Is(err, os.ErrClosed) {
		return nil // by a Commit that failed
	}
	return fault(err)
}

// Abort removes the draft.
func (d *Draft) Abort() error {
	if d.over {
		return nil
	}
	d.over = true
	d.file.Close()
	err := d.remove()
	d.folder.close()
	d.store.leave(d.token)
	return err
}

// remove removes the files of the draft.
func (d *Draft) remove() error {
	err := d.folder.root.Remove(draftName(d.token))
	if d.meta.Keep {
		d.folder.root.Remove(companionName(d.token))
	}
	return fault(err)
}

const tokenBytes = 16

// newToken returns 128 random bits.
func newToken() string {
	b := make([]byte, tokenBytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func isToken(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == tokenBytes && hex.EncodeToString(b) == s
}

func draftName(token string) string     { return Prefix + token }
func companionName(token string) string { return Prefix + token + companionExt }
