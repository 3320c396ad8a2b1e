package fileserver

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// withCharset adds the charset of a text that starts with head. Text that is
// neither UTF-8 nor marked as UTF-16 gets none, nor does one that says for
// itself what it is further on: the browser looks for that, but only if it is
// not told.
func withCharset(mediaType string, head []byte) string {
	switch {
	case strings.Contains(mediaType, ";"):
		return mediaType // the caller's own, with its parameters
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return mediaType + "; charset=utf-16"
	case !isUTF8(head, len(head) == sniffSize), declaresCharset(mediaType, head) && isASCII(head):
		return mediaType
	}
	if t, ok := utf8Types[mediaType]; ok {
		return t
	}
	return mediaType + "; charset=utf-8"
}

// declaresCharset reports whether text of ASCII tells of a charset: in HTML or
// CSS by its name, in the ISO 2022 encodings by escapes.
func declaresCharset(mediaType string, head []byte) bool {
	if bytes.IndexByte(head, 0x1b) >= 0 {
		return true
	}
	return (mediaType == "text/html" || mediaType == "text/css") &&
		containsFold(head[:min(len(head), declarationSize)], "charset")
}

// containsFold reports whether text has a word in it, in any case. The word is
// of lower-case ASCII.
func containsFold(text []byte, word string) bool {
	for i := range len(text) - len(word) + 1 {
		if text[i]|0x20 == word[0] && bytes.EqualFold(text[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}

// declarationSize is where an HTML page has to declare its charset.
const declarationSize = 1024

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// utf8Types holds the usual types with their charset, made once.
var utf8Types = func() map[string]string {
	types := map[string]string{}
	for _, t := range mediaTypes {
		if strings.HasPrefix(t, "text/") {
			types[t] = t + "; charset=utf-8"
		}
	}
	return types
}()

// isUTF8 reports whether text is UTF-8. If it was cut off, its last character
// may be incomplete.
func isUTF8(text []byte, cut bool) bool {
	for i := 1; cut && i < utf8.UTFMax && i <= len(text); i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				text = text[:len(text)-i]
			}
			break
		}
	}
	return utf8.Valid(text)
}
