package spool

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"github.com/gserve/gserve/fileserver"
)

// sniffSize is how many bytes tell the kind of the file: as many as mimetype
// looks at.
const sniffSize = 4096

// Name returns the name of the file. If its first bytes are to tell that, it
// waits for them, or for ctx.
func (s *Spool) Name(ctx context.Context) (string, error) {
	if s.options.Name != "" {
		return s.options.Name, nil
	}
	select {
	case <-s.sniffed:
		return s.name, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// identify finds out what the file is, once. The caller has the lock.
func (s *Spool) identify() {
	select {
	case <-s.sniffed:
		return
	default:
	}
	buf := make([]byte, sniffSize)
	n, _ := s.file.ReadAt(buf, 0) // what cannot be read tells nothing
	head := buf[:n]
	if s.name == "" {
		s.name = "stdin" + extension(head)
	}
	s.mediaType = mediaType(s.name, head)
	s.server = s.newServer()
	close(s.sniffed)
}

// extension returns the extension, with its dot, of a name for what begins with
// head.
//
// Tables and lines of JSON are guesses, which logs are taken for: they are text,
// which browsers show, and show as it comes.
func extension(head []byte) string {
	for m := mimetype.Detect(head); m != nil; m = m.Parent() {
		switch ext := m.Extension(); {
		case ext == ".csv" || ext == ".tsv" || ext == ".ndjson":
			return ".txt"
		case ext != "" && fileserver.TypeByName(ext) != "":
			return ext
		}
	}
	return ".bin"
}

// mediaType returns the media type of a file that begins with head, and goes on.
func mediaType(name string, head []byte) string {
	t := fileserver.TypeByName(name)
	if t == "" {
		t, _, _ = strings.Cut(mimetype.Detect(head).String(), ";")
		if strings.HasPrefix(t, "text/x-") {
			t = "text/plain" // as files are
		}
	}
	if !strings.HasPrefix(t, "text/") || !isUTF8(head) || t == "text/html" && isASCII(head) {
		return t // HTML may tell its charset by itself
	}
	return t + "; charset=utf-8"
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isUTF8 reports whether text is UTF-8, the last character of which may be
// incomplete.
func isUTF8(text []byte) bool {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				text = text[:len(text)-i]
			}
			break
		}
	}
	return utf8.Valid(text)
}
