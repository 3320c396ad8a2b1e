package rules

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// lines yields the lines that say something, without the space around them,
// and their numbers. Empty ones and comments say nothing; those that cannot be
// read are reported.
func (r *report) lines(content []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		content, ok := r.text(content)
		for number := 1; ok && len(content) > 0; number++ {
			var line []byte
			line, content, _ = bytes.Cut(content, []byte("\n"))
			line = bytes.TrimSpace(line)
			if fault := unreadable(line); fault != "" {
				r.add(number, fault)
			} else if len(line) > 0 && line[0] != '#' {
				ok = yield(number, string(line))
			}
		}
	}
}

// text returns the content without its mark of UTF-8, if it is one to read.
func (r *report) text(content []byte) ([]byte, bool) {
	switch {
	case len(content) > MaxSize:
		r.add(0, fmt.Sprintf("is larger than %d MiB, so it is ignored", MaxSize>>20))
		return nil, false
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		r.add(0, "is in UTF-16, so it is ignored: save it as UTF-8")
		return nil, false
	}
	return bytes.TrimPrefix(content, []byte("\ufeff")), true
}

// unreadable says why a line is no text of a reasonable length.
func unreadable(line []byte) string {
	switch {
	case len(line) > maxLine:
		return fmt.Sprintf("the line is longer than %d bytes", maxLine)
	case !utf8.Valid(line):
		return "the line is not UTF-8"
	case bytes.ContainsFunc(line, isControl):
		return "the line has a control character"
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isURL reports whether a word is a URL with a host, and not a path.
func isURL(word string) bool {
	return len(word) >= 8 && (strings.EqualFold(word[:7], "http://") || strings.EqualFold(word[:8], "https://"))
}
