package bucket

import (
	"errors"
	"io/fs"
	"path"

	"github.com/gserve/gserve/compress"
)

// found is what a name leads to.
type found struct {
	entry
	object string // its name below the root
	facts  *facts // nil if they are not known
}

// resolve finds what a name leads to.
func (b *Bucket) resolve(folder, base string) (found, error) {
	f := found{object: path.Join(folder, base)}
	var err error
	if f.entry, err = b.find(folder, base); err == nil {
		if f.folder || !isTelling(base) || b.steady[f.object] {
			return f, nil
		}
		if f.facts, err = b.factsOf(f.object, &f.entry); err != nil {
			return f, b.doubt(folder, err)
		}
		switch {
		case f.facts.unknown:
			return f, errCoding
		case b.coded && f.facts.coding != compress.Identity:
			return f, fs.ErrNotExist
		}
		return f, nil
	}
	original, coding := cutSuffix(base)
	if !b.coded || !errors.Is(err, fs.ErrNotExist) || coding == compress.Identity || !isTelling(original) {
		return f, err
	}
	return b.resolveCoded(folder, original, coding)
}

// resolveCoded finds an object that is stored with this coding.
func (b *Bucket) resolveCoded(folder, base string, coding compress.Coding) (found, error) {
	f := found{object: path.Join(folder, base)}
	var err error
	if f.entry, err = b.find(folder, base); err != nil {
		return f, err
	}
	if f.folder {
		return f, fs.ErrNotExist
	}
	if f.facts, err = b.factsOf(f.object, &f.entry); err != nil {
		return f, b.doubt(folder, err)
	}
	if f.facts.unknown || f.facts.coding != coding {
		return f, fs.ErrNotExist
	}
	return f, nil
}

// doubt drops what is remembered of a folder if the store says otherwise. It
// returns the error.
func (b *Bucket) doubt(folder string, err error) error {
	switch {
	case errors.Is(err, errChanged):
		b.memory.forget(folder)
		return &outage{err} // which passes with the next request
	case errors.Is(err, fs.ErrNotExist):
		b.memory.forget(folder)
	}
	return err
}
