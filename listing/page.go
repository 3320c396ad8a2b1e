package listing

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
)

//go:embed page.html
var skeleton string

var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(strip(skeleton)))
})

// top is what stands above the rows.
type top struct {
	Styles    []inline
	Scripts   []inline
	Title     string
	Name      string
	Crumbs    []crumb // from the root down, without the folder itself
	Summary   string
	View      View
	Columns   []column
	CanSearch bool
	CanSave   bool
	Changes   Changes
	DropBox   bool
	Boxes     bool
	Partial   bool // the rows are not all that a filter could find
	Parent    bool
}

// crumb is a folder above the one that is shown.
type crumb struct{ Name, Reference string }

// column is one to sort by.
type column struct {
	Key        Key
	Label      string
	Aria       string // what aria-sort says of it; "" if the rows are not sorted by it
	Descending bool   // what a click on it asks for
	Kept       View   // what that keeps
}

func (p *page) top() *top {
	f := p.folder
	name := display(f.Name())
	t := &top{
		Title: name, Name: name, View: f.View,
		CanSearch: f.CanSearch, CanSave: f.CanSave && (f.All > 0 || f.View.Deep), Boxes: p.boxes,
		Partial: f.View.Filter != "" || f.View.Limit > 0 || f.View.Offset > 0,
		Summary: summary(f), Changes: f.Changes, DropBox: f.DropBox,
	}
	t.Styles, t.Scripts = inlines(f)
	segments := strings.Split(strings.Trim(f.Path, "/"), "/")
	if segments[0] != "" {
		t.Parent = true
		t.Title += " – " + display(f.Title)
		above := f.Title
		for i, segment := range segments {
			t.Crumbs = append(t.Crumbs, crumb{display(above), strings.Repeat("../", len(segments)-i)})
			above = segment
		}
	}
	// Hits of a search come as they are found.
	for key, label := range []string{ByName: "Name", BySize: "Size", ByTime: "Modified"} {
		t.Columns = append(t.Columns, columnOf(f.View, Key(key), label))
	}
	return t
}

// columnOf returns the column of a key. The largest and the newest are what one
// looks for, so these columns begin with them.
func columnOf(v View, key Key, label string) column {
	c := column{Key: key, Label: label, Descending: key != ByName, Kept: v}
	if key != v.Sort || v.Deep {
		return c
	}
	c.Descending = !v.Descending
	c.Aria = "ascending"
	if v.Descending {
		c.Aria = "descending"
	}
	return c
}

// summary returns what the folder holds, as far as that is known before its
// entries are.
func summary(f *Folder) string {
	total := f.Totals.Files + f.Totals.Folders
	switch {
	case f.View.Deep && total == 0:
		return "Whole tree"
	case f.View.Deep:
		return "Whole tree: " + f.Totals.describe()
	case f.View.Filter != "":
		text := string(appendCount(nil, total)) + " of " + count(f.All, "entry", "entries")
		if f.Totals.Files > 0 && f.Totals.Size >= 0 {
			text += ", " + string(appendSize(nil, f.Totals.Size))
		}
		return text
	case total == 0:
		return "Empty folder"
	}
	return f.Totals.describe()
}

// bottom is what stands below the rows.
type bottom struct {
	Boxes          bool
	CanSave        bool
	Changes        Changes
	Choose         bool // entries are chosen for a change, too
	Notes          []string
	Previous, Next string // queries of the pages beside this one; "" if there is none
	Range          string // which entries this page shows; "" if it shows all
	Readme         template.HTML
	Trust          string
}

func (p *page) bottom() *bottom {
	f := p.folder
	t := &bottom{Boxes: p.boxes, CanSave: f.CanSave, Changes: f.Changes, Choose: f.Changes.choose(), Notes: p.notes(), Readme: f.Readme, Trust: f.Trust}
	if !f.View.Deep && (f.View.Limit > 0 || f.View.Offset > 0) {
		t.Range, t.Previous, t.Next = p.pages()
	}
	return t
}

// notes are what the reader has to know of the rows.
func (p *page) notes() []string {
	f := p.folder
	total := f.Totals.Files + f.Totals.Folders
	listed := p.listed.Files + p.listed.Folders
	first, end := f.View.Page(total)
	var notes []string
	switch {
	case p.stopped != nil && p.stopped.Hits > 0:
		notes = append(notes, "Stopped after "+count(p.stopped.Hits, "hit", "hits")+": narrow the search.")
	case p.stopped != nil && p.stopped.Depth > 0:
		notes = append(notes, fmt.Sprintf("Not looked for below %d folders in each other.", p.stopped.Depth))
	case p.stopped != nil:
		notes = append(notes, fmt.Sprintf("Stopped after %g s: narrow the search.", p.stopped.Time.Seconds()))
	case f.View.Deep && listed == 0:
		notes = append(notes, "Nothing in the whole tree has that in its name.")
	case f.View.Deep && total == 0:
		notes = append(notes, "Found "+p.listed.describe()+".")
	case listed < end-first:
		notes = append(notes, "Listed "+string(appendCount(nil, listed))+" of "+string(appendCount(nil, end-first))+
			": the others vanished meanwhile.")
	case listed > end-first:
		notes = append(notes, "Listed "+string(appendCount(nil, listed))+", not "+string(appendCount(nil, end-first))+
			": some came meanwhile.")
	}
	if f.Totals.Size < 0 && listed > 0 && !(f.View.Deep && total == 0) {
		notes = append(notes, "Listed "+p.listed.describe()+".")
	}
	if f.View.Filter != "" && !f.View.Deep && total == 0 {
		notes = append(notes, "Nothing here has that in its name.")
	}
	if f.Hidden > 0 {
		notes = append(notes, count(f.Hidden, "hidden item", "hidden items")+" not listed (--hidden)")
	}
	return notes
}

// pages returns which entries are shown, and the queries of the pages before
// and after them.
func (p *page) pages() (shown, previous, next string) {
	v := p.folder.View
	total := p.folder.Totals.Files + p.folder.Totals.Folders
	first, end := v.Page(total)
	if first < end {
		shown = string(appendCount(nil, first+1)) + "–" + string(appendCount(nil, end)) + " of " + string(appendCount(nil, total))
	} else {
		shown = "None of " + string(appendCount(nil, total))
	}
	if first > 0 {
		before := v
		before.Offset = max(0, first-v.Limit)
		if v.Limit == 0 {
			before.Offset = 0
		}
		previous = before.Query()
	}
	if end < total {
		after := v
		after.Offset = end
		next = after.Query()
	}
	return shown, previous, next
}
