package share

import (
	"net/http"

	"github.com/gserve/gserve/fileserver"
)

// answer is what one answer brought of a representation.
type answer struct {
	length int64
	span
	whole bool
}

// answerOf returns what an observed answer brought. Only files and archives can
// be had, not the pages that list them. What was handed to the system counts as
// sent.
func answerOf(r *fileserver.Record) (a answer) {
	a.length = r.Length
	switch {
	case r.Name == "" || r.Listing:
	case r.Status == http.StatusOK && r.Length < 0: // made as it is sent
		a.whole = r.Err == nil
	case r.Status == http.StatusOK:
		a.span = span{0, min(r.Sent, r.Length)}
		a.whole = r.Sent >= r.Length
	case r.Status == http.StatusPartialContent && r.Length > 0:
		// An answer with several ranges has no Part, and more around them.
		if r.Sent <= r.Part.Last-r.Part.First+1 {
			a.span = span{r.Part.First, r.Part.First + r.Sent}
		}
	}
	return a
}
