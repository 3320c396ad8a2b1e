// Package listing renders a directory. It is given the entries, and decides
// how they are shown; it never opens a file, and never chooses between the
// forms that a client could be shown.
package listing

import (
	"bufio"
	"html"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Folder is a directory to be shown.
type Folder struct {
	Path    string // from the root, with a slash at both ends, decoded
	Entries []Entry
}

// Entry is one file or directory in a folder.
type Entry struct {
	Name    string // any bytes but NUL and slash
	IsDir   bool
	Size    int64 // bytes; of files only
	ModTime time.Time
}

// ContentSecurityPolicy is the policy that the page keeps: it loads nothing,
// and runs no script, whatever a file name smuggles into it.
const ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// HTML writes the folder as a page. It sorts the entries where they are.
func HTML(w io.Writer, folder Folder) error {
	slices.SortFunc(folder.Entries, Compare)
	b := bufio.NewWriterSize(w, 32<<10)
	title := html.EscapeString(display(folder.Path))
	b.WriteString("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n" +
		"<title>" + title + "</title>\n<style>" + style + "</style>\n<h1>" + title + "</h1>\n<table>\n" +
		"<thead><tr><th>Name<th>Size<th>Modified</thead>\n<tbody>\n")
	if folder.Path != "/" {
		b.WriteString("<tr><td><a href=\"../\">../</a><td><td>\n")
	}
	for _, e := range folder.Entries {
		writeRow(b, e)
	}
	b.WriteString("</tbody>\n</table>\n")
	return b.Flush()
}

const style = "body{font:1rem system-ui;margin:1rem}td,th{text-align:left;padding:.2rem 1.5rem .2rem 0}" +
	"td{overflow-wrap:anywhere}td:nth-child(2){text-align:right;white-space:nowrap}"

func writeRow(b *bufio.Writer, e Entry) {
	name, reference, size := display(e.Name), Reference(e.Name), ""
	if e.IsDir {
		name += "/"
		reference += "/"
	} else {
		size = strconv.FormatInt(e.Size, 10)
	}
	b.WriteString("<tr><td><a href=\"")
	b.WriteString(html.EscapeString(reference))
	b.WriteString("\"><bdi>")
	b.WriteString(html.EscapeString(name))
	b.WriteString("</bdi></a><td>")
	b.WriteString(size)
	b.WriteString("<td>")
	if !e.ModTime.IsZero() {
		b.WriteString(e.ModTime.UTC().Format("2006-01-02 15:04:05"))
	}
	b.WriteString("\n")
}

// Reference returns the relative URI reference to an entry from its folder. It
// is one segment whatever the name is, and never begins a scheme or a host.
func Reference(name string) string {
	reference := url.PathEscape(name)
	if strings.Contains(reference, ":") {
		return "./" + reference // RFC 3986, 4.2
	}
	return reference
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// display returns a name as it can be shown: characters that would not be
// seen, or would turn others around, are made visible.
func display(name string) string {
	if isPlain(name) {
		return name
	}
	var b strings.Builder
	for _, r := range name { // bytes that are not UTF-8 come as U+FFFD
		switch {
		case r < ' ':
			b.WriteRune('␀' + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case r == zeroWidthJoiner || r == zeroWidthNonJoiner:
			b.WriteRune(r) // Cf too, but Persian, Hindi and emoji are spelled with them
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] >= 0x7f {
			return false
		}
	}
	return true
}
