package cli

import (
	"github.com/gserve/gserve/fileserver"
)

const cacheControl = "Cache-Control"

// options returns what c says about answers.
func (c *Config) options() []fileserver.Option {
	var options []fileserver.Option
	if !c.hasField(cacheControl) {
		// Have browsers ask every time, so that an edit shows. An answer of 304
		// costs next to nothing on the networks that gserve is used in.
		options = append(options, fileserver.WithFields(fileserver.Field{Name: cacheControl, Value: "no-cache"}))
	}
	options = append(options, fileserver.WithFields(c.Fields...))
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
	switch {
	case c.Python:
		options = append(options, fileserver.WithoutCoding(), fileserver.WithFilter(c.asPython))
	case c.NoCompress:
		options = append(options, fileserver.WithoutCompression())
	}
	return options
}

// asPython takes back what python would not send. Its validator is the date.
func (c *Config) asPython(_ *fileserver.Request, p *fileserver.Response) {
	p.Extra = c.Fields[:len(c.Fields):len(c.Fields)]
	p.Meta.ETag = ""
	p.Vary = 0
	p.AcceptRanges = false
}
