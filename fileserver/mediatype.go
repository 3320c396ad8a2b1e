package fileserver

import (
	"cmp"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/gabriel-vasile/mimetype"

	"github.com/gserve/gserve/compress"
)

// TypeByName returns the media type that the extension of a name tells, without
// parameters, or "" if it tells none. It is the same on every machine.
func TypeByName(name string) string {
	ext := path.Ext(name)
	if len(ext) < 2 || len(ext) > 16 {
		return ""
	}
	var lower [16]byte
	for i := 1; i < len(ext); i++ {
		c := ext[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i-1] = c
	}
	return mediaTypes[string(lower[:len(ext)-1])]
}

// sniffSize is how much of a file tells its type and its charset: what
// mimetype looks at, and more than the 1024 bytes in which an HTML page has to
// declare its own.
const sniffSize = 4096

var sniffBuffers = sync.Pool{New: func() any { return new([sniffSize]byte) }}

// typeOf returns the media type of a file by its name, else by its first bytes.
// The charset is added to text.
func (s *Server) typeOf(res *resource) (string, error) {
	if res.mediaType != "" {
		return res.mediaType, nil
	}
	byName := TypeByName(res.base)
	if byName == "" {
		byName = s.unknownType
	}
	if byName != "" && !strings.HasPrefix(byName, "text/") {
		return byName, nil
	}
	buf := sniffBuffers.Get().(*[sniffSize]byte)
	defer sniffBuffers.Put(buf)
	n, err := s.peek(res, buf[:])
	switch {
	case err != nil && res.file == nil:
		return cmp.Or(byName, "application/octet-stream"), nil // what cannot be decoded tells nothing
	case err != nil:
		return "", err
	}
	head := buf[:n]
	if byName == "" {
		byName, _, _ = strings.Cut(mimetype.Detect(head).String(), ";")
		if strings.HasPrefix(byName, "text/x-") {
			byName = "text/plain" // a script is to be read, not to be downloaded
		}
	}
	if strings.HasPrefix(byName, "text/") {
		byName = withCharset(byName, head)
	}
	res.mediaType = byName
	return byName, nil
}

// peek reads the first bytes of the file, decoded if it is there in coded form
// only, and leaves the file at its start. One that can only be read forward is
// opened once more for it.
func (s *Server) peek(res *resource, buf []byte) (n int, err error) {
	if r, ok := res.file.(io.ReaderAt); ok {
		if size := res.info.Size(); size >= 0 && size < int64(len(buf)) {
			buf = buf[:size] // so that the end need not be looked for
		}
		n, err := r.ReadAt(buf, 0)
		return n, ignoreEOF(err)
	}
	if res.file != nil {
		return res.dir.peek(res.base, compress.Identity, buf)
	}
	for c := compress.Gzip; c <= compress.Brotli; c++ {
		if res.sidecars[c] != nil {
			if n, err = res.dir.peek(res.base+c.Suffix(), c, buf); err == nil {
				break
			}
		}
	}
	return n, err
}

// peek reads the first bytes of what an entry holds in a coding.
func (d directory) peek(base string, coding compress.Coding, buf []byte) (int, error) {
	file, err := d.fsys.Open(d.join(base))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	r, err := compress.NewReader(file, coding)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.ReadFull(r, buf)
	return n, ignoreEOF(err)
}

func ignoreEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}
