package cli

import (
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// sandbox returns a filter that has pages in the folder for uploads run apart
// from the site: whoever put them there does not act for whoever looks at them.
func sandbox(folder string) func(*fileserver.Request, *fileserver.Response) {
	return func(_ *fileserver.Request, p *fileserver.Response) {
		below := folder == "." || strings.HasPrefix(p.Name, folder+"/")
		if below && p.Name != "" && !p.Listing && runsScripts(p.Meta.Type) {
			p.Extra = append(p.Extra, fileserver.Field{Name: "Content-Security-Policy", Value: "sandbox allow-scripts allow-forms allow-popups allow-modals"})
		}
	}
}

// runsScripts reports whether browsers run the scripts in a document of this
// media type.
func runsScripts(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return strings.HasSuffix(mediaType, "html") || strings.HasSuffix(mediaType, "xml")
}
