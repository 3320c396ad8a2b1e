// Package listing renders a directory: as a page, as JSON, as plain text, and
// as an archive of all that is in it. It is given entries and members, and
// decides how they are shown; it never opens a file, and never chooses between
// the forms that a client could be given.
package listing

import (
	"html/template"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Folder is a directory to be shown.
type Folder struct {
	Path  string // from the root, with a slash at both ends, decoded
	Title string // what the root is called
	View  View   // how it is shown: what Entries yields is sorted, filtered and cut by it already

	// Entries yields what is shown, in its order. It ends with an error if
	// there would be more: a [Limit], which is told to the reader, or one that
	// ends the rendering. It is called once.
	Entries iter.Seq2[Entry, error]
	// Waiting is set by what renders the folder. Entries calls it before it
	// waits for an entry, so that the reader sees what there is; it may be nil.
	Waiting func()

	Totals Totals // of what the filter lets through, on all pages
	All    int    // entries, had nothing been filtered
	Hidden int    // entries that are not shown, if that is to be told

	Readme    template.HTML // of [Readme]; "" if there is none
	CanSearch bool          // the tree below can be searched: View.Deep has an effect
	CanSave   bool          // archives are to be had
	DropBox   bool          // nothing of what is in it is to be told
	Changes   Changes       // what the reader may do to it
	Trust     string        // reference to how the certificate is trusted; "" for none
	Now       time.Time
}

// Changes is what a reader may do to a folder.
type Changes struct {
	Upload, MakeFolder, Delete, Move bool

	MaxUpload int64 // bytes of a file; 0 for no limit
}

// Name returns what the folder is called: the last segment of its path, or the
// title of the root.
func (f *Folder) Name() string {
	path := strings.TrimSuffix(f.Path, "/")
	if name := path[strings.LastIndexByte(path, '/')+1:]; name != "" {
		return name
	}
	return f.Title
}

// Totals is what entries come to.
type Totals struct {
	Files, Folders int
	Size           int64 // bytes, of files only; -1 if it is not known yet
}

// Entry is one file or directory in a folder.
type Entry struct {
	Dir     string // of a hit of a search: where it lies below the folder, with a slash at its end
	Name    string // any bytes but NUL and slash
	IsDir   bool
	Size    int64     // bytes, of files only; -1 if it cannot be told
	ModTime time.Time // zero if it cannot be told
}

// Limit is the end of a search that did not go through all of the tree.
type Limit struct {
	Hits  int           // that were found when there were enough; else 0
	Time  time.Duration // after which it was ended; else 0
	Depth int           // of folders in each other below which nothing was looked for; else 0
}

// Error tells the reader what to make of it.
func (l Limit) Error() string {
	switch {
	case l.Hits > 0:
		return "stopped after " + strconv.Itoa(l.Hits) + " hits: there may be more"
	case l.Depth > 0:
		return "not looked for below " + strconv.Itoa(l.Depth) + " folders in each other: there may be more"
	}
	return "stopped after " + l.Time.String() + ": there may be more"
}

// Reference returns the relative URI reference to the entry from its folder,
// that of a directory with the slash at its end.
func (e *Entry) Reference() string {
	var reference string
	if e.Dir == "" {
		reference = Reference(e.Name)
	} else {
		for segment := range strings.SplitSeq(strings.TrimSuffix(e.Dir, "/"), "/") {
			reference += url.PathEscape(segment) + "/"
		}
		reference = "./" + reference + url.PathEscape(e.Name)
	}
	if e.IsDir {
		reference += "/"
	}
	return reference
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
