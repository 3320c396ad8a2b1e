package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	companionExt = ".json"
	newExt       = ".new" // of a companion that is being written
	maxCompanion = 64 << 10
	maxHold      = 7 // times MaxAge: how long a draft is kept that makes progress
)

// companion is what a file beside a kept draft tells of it. How much there is
// of the draft, its size tells.
type companion struct {
	Name    string      `json:"name"`
	Length  int64       `json:"length"`
	Client  string      `json:"client,omitempty"`
	Note    string      `json:"note,omitempty"`
	Mode    fs.FileMode `json:"mode"`
	Created time.Time   `json:"created"`
}

// writeCompanion writes what Resume has to know, in one step.
func (d *Draft) writeCompanion() error {
	m := d.meta
	content, err := json.Marshal(companion{m.Name, m.Length, m.Client, m.Note, d.mode, d.created})
	if err != nil {
		return err
	}
	if len(content) > maxCompanion {
		return fmt.Errorf("%w: too much to remember of it", ErrName)
	}
	name := companionName(d.token)
	err = writeSynced(d.folder.root, name+newExt, content)
	if err == nil {
		err = d.folder.root.Rename(name+newExt, name)
	}
	if err != nil {
		d.folder.root.Remove(name + newExt)
		return err
	}
	return d.folder.sync()
}

func writeSynced(root *os.Root, name string, content []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// Resume opens a kept draft of a folder again, also one of an earlier process.
// It is ErrNotFound once the draft is committed, aborted or expired, and
// ErrDraft while somebody has it open.
func (s *Store) Resume(dir, token string) (*Draft, error) {
	if !isToken(token) {
		return nil, fmt.Errorf("%w: no draft is called that", ErrNotFound)
	}
	f, err := s.folder(dir)
	if err != nil {
		return nil, err
	}
	d := &Draft{store: s, folder: f, token: token}
	if err := d.resume(); err != nil {
		f.close()
		return nil, err
	}
	s.visit(f.name)
	return d, nil
}

func (d *Draft) resume() error {
	if err := d.store.claim(d.token); err != nil {
		return err
	}
	err := d.open()
	if err == nil {
		err = d.store.enter(d)
	}
	if err != nil {
		if d.file != nil {
			d.file.Close()
		}
		d.store.unclaim(d.token, errors.Is(err, ErrNotFound))
	}
	return err
}

// open opens the files of the draft.
func (d *Draft) open() error {
	c, err := readCompanion(d.folder.root, companionName(d.token))
	if err != nil {
		return err
	}
	d.meta = Meta{Name: c.Name, Length: c.Length, Client: c.Client, Note: c.Note, Keep: true}
	d.mode, d.created = c.Mode, c.Created
	if d.file, err = d.folder.root.OpenFile(draftName(d.token), os.O_RDWR, 0); err != nil {
		return fault(err)
	}
	info, err := d.file.Stat()
	switch {
	case err != nil:
		return fault(err)
	case !info.Mode().IsRegular(), hasOtherName(info), time.Now().After(d.store.expiry(info.ModTime(), c.Created)):
		return fmt.Errorf("%w: the draft is over", ErrNotFound)
	}
	if !tryLock(d.file) {
		return fmt.Errorf("%w: by another process", ErrDraft)
	}
	// The one that had the lock may have committed what is open here.
	if now, err := d.folder.root.Lstat(draftName(d.token)); err != nil || !os.SameFile(now, info) {
		return fmt.Errorf("%w: the draft is over", ErrNotFound)
	}
	d.offset = info.Size()
	return nil
}

// expiry returns when a draft is over that made its last progress at a time.
func (s *Store) expiry(progress, created time.Time) time.Time {
	idle, end := progress.Add(s.options.MaxAge), created.Add(maxHold*s.options.MaxAge)
	if idle.Before(end) {
		return idle
	}
	return end
}

func readCompanion(root *os.Root, name string) (companion, error) {
	var c companion
	f, err := root.Open(name)
	if err != nil {
		return c, fault(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return c, fmt.Errorf("%w: the draft has no companion", ErrNotFound)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxCompanion))
	if err != nil {
		return c, fault(err)
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, fmt.Errorf("%w: the draft's companion is no longer whole: %w", ErrNotFound, err)
	}
	return c, nil
}
