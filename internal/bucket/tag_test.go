package bucket_test

import (
	"testing"

	"github.com/gserve/gserve/internal/bucket/storetest"
)

// TestStoreTags has clients see the tags that the store has.
func TestStoreTags(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	url, _, _ := site(t, s)
	for _, key := range []string{"a.bin", "b.txt"} {
		want := `"` + s.Put(t, key, text(2000)).ETag + `"`
		if got := get(t, url+"/"+key).Header.Get("Etag"); got != want {
			t.Errorf("%s: %s, not %s", key, got, want)
		}
		if a := get(t, url+"/"+key, "If-None-Match", want); a.StatusCode != 304 {
			t.Errorf("%s: %s", key, a.Status)
		}
		if a := get(t, url+"/"+key, "If-Range", want, "Range", "bytes=0-0"); a.StatusCode != 206 {
			t.Errorf("%s: %s", key, a.Status)
		}
		if a := get(t, url+"/"+key, "Accept-Encoding", "gzip"); a.Header.Get("Content-Encoding") == "gzip" && a.Header.Get("Etag") == want {
			t.Errorf("%s: both forms have the tag %s", key, want)
		}
	}
}
