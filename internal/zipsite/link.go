package zipsite

import (
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/gserve/gserve/fileserver"
)

// maxLinks is how many links one name may lead through, as in Linux.
const maxLinks = 40

// readLink returns where a link leads, which is its content.
func (a *archive) readLink(e *entry) (string, error) {
	if !e.isLink() {
		return "", fs.ErrInvalid
	}
	if e.size > maxName {
		return "", syscall.ENAMETOOLONG
	}
	data, err := a.data(e)
	if err != nil {
		return "", err
	}
	var r io.Reader = data
	if e.kind != stored {
		decoder, err := newDecoder(e.kind, data)
		if err != nil {
			return "", err
		}
		defer decoder.Close()
		r = decoder
	}
	to := make([]byte, e.size)
	if _, err := io.ReadFull(r, to); err != nil {
		return "", errDamaged
	}
	return string(to), nil
}

// follow finds what name leads to, a link being what it leads to; the last one
// only if last is set. Nothing leads out of the archive.
func (a *archive) follow(name string, last bool) (*entry, error) {
	at := &a.root
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		segment := rest[0]
		rest = rest[1:]
		if !at.IsDir() {
			return nil, fs.ErrNotExist
		}
		next, err := a.step(at, segment)
		if err != nil {
			return nil, err
		}
		if !next.isLink() || len(rest) == 0 && !last {
			at = next
			continue
		}
		to, err := a.readLink(next)
		switch links++; {
		case err != nil:
			return nil, err
		case links > maxLinks:
			return nil, syscall.ELOOP
		case strings.HasPrefix(to, "/"):
			return nil, fileserver.ErrOutside
		case to == "":
			return nil, fs.ErrNotExist
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return at, nil
}

// step goes from a folder to where a segment of a link leads.
func (a *archive) step(at *entry, segment string) (*entry, error) {
	switch {
	case segment == "" || segment == ".":
		return at, nil
	case segment == ".." && at == &a.root:
		return nil, fileserver.ErrOutside
	case segment == "..":
		return a.findName(at.dir()), nil
	}
	if next := a.find(at.name, segment); next != nil {
		return next, nil
	}
	return nil, fs.ErrNotExist
}
