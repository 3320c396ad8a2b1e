package cli

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

const (
	cacheControl = "Cache-Control"
	askAlways    = "no-cache"
)

// errorPage is the page of a site for what it does not have, as hosts of sites
// look for it.
const errorPage = "404.html"

// options returns what c says about answers.
func (c *Config) options() []fileserver.Option {
	var options []fileserver.Option
	if !c.hasField(cacheControl) {
		// Have browsers ask every time, so that an edit shows. An answer of 304
		// costs next to nothing on the networks that gserve is used in.
		options = append(options, fileserver.WithFields(fileserver.Field{Name: cacheControl, Value: cmp.Or(c.Cache, askAlways)}))
	}
	options = append(options, fileserver.WithFields(c.Fields...))
	if c.CORS != "" {
		options = append(options, fileserver.WithFields(c.corsFields()...), fileserver.WithGate(c.preflight))
	}
	if c.Isolate {
		options = append(options, fileserver.WithFields(c.isolated()...))
	}
	if c.CleanURLs {
		options = append(options, fileserver.WithCleanURLs())
	}
	if strings.HasPrefix(c.Cache, maxAge) {
		options = append(options, fileserver.WithFilter(cacheNoError))
	}
	if c.CacheNames {
		options = append(options, fileserver.WithFilter(cacheByName))
	}
	if !c.Python {
		options = append(options, fileserver.WithErrorPage(errorPage))
	}
	switch {
	case c.NoIndex:
		options = append(options, fileserver.WithIndex())
	case c.Index != nil:
		options = append(options, fileserver.WithIndex(c.Index...))
	}
	if c.ContentType != "" {
		options = append(options, fileserver.WithContentType(c.ContentType))
	}
	if c.Hidden || c.Python {
		options = append(options, fileserver.WithHidden())
	}
	if c.NoListing {
		options = append(options, fileserver.WithoutListing())
	}
	if c.NoArchive {
		options = append(options, fileserver.WithoutArchive())
	}
	if title := cmp.Or(c.Title, c.title()); title != "" {
		options = append(options, fileserver.WithTitle(title))
	}
	switch {
	case c.Python:
		options = append(options, fileserver.WithoutCoding(), fileserver.WithPageOnly(), fileserver.WithFilter(c.asPython))
	case c.NoCompress:
		options = append(options, fileserver.WithoutCompression())
	}
	return options
}

// title returns what the root is called: the last part of the name of its
// folder, "" if it has none.
func (c *Config) title() string {
	if len(c.Paths) > 1 {
		return ""
	}
	name, err := filepath.Abs(c.folder())
	if err != nil {
		return ""
	}
	if name = filepath.Base(name); name == string(filepath.Separator) {
		return ""
	}
	return name
}

// asPython takes back what python would not send. Its validator is the date.
func (c *Config) asPython(_ *fileserver.Request, p *fileserver.Response) {
	p.Extra = c.Fields[:len(c.Fields):len(c.Fields)]
	p.Meta.ETag = ""
	p.Vary = 0
	p.AcceptRanges = false
}
