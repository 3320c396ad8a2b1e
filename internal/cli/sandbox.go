package cli

import (
	"net/http"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

const securityPolicy = "Content-Security-Policy"

// sandbox returns a filter that has pages in the folder for uploads run apart
// from the site: whoever put them there does not act for whoever looks at them.
// isUpload tells of a name whether it leads there.
func sandbox(isUpload func(name string) bool) func(*fileserver.Request, *fileserver.Response) {
	return func(_ *fileserver.Request, p *fileserver.Response) {
		switch {
		case p.Name == "" || p.Listing:
		case p.Status == http.StatusNotModified && isUpload(p.Name):
			// Browsers put the fields of a 304 in the place of those they have
			// kept, and the media type is not known here.
			p.Extra = withoutField(p.Extra, securityPolicy)
		case runsScripts(p.Meta.Type) && isUpload(p.Name):
			p.Extra = append(p.Extra, fileserver.Field{Name: securityPolicy, Value: "sandbox allow-scripts allow-forms allow-popups allow-modals"})
		}
	}
}

// runsScripts reports whether browsers run the scripts in a document of this
// media type.
func runsScripts(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return strings.HasSuffix(mediaType, "html") || strings.HasSuffix(mediaType, "xml")
}
