package compress_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/gserve/gserve/compress"
)

// TestVersion holds that encoders make the bytes that they have always made.
// When it fails because an encoder was changed or updated, that is no fault:
// count up compress.Version, so that what clients have kept is not taken for
// the same, and put the new sum here.
func TestVersion(t *testing.T) {
	t.Parallel()
	const version, sum = "1", "aa70388534d29d575f092a023f8d48f6eac27580d323648ec988d71273594973"
	var text strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&text, "line %d of a text that is worth encoding, %x\n", i, i*i)
	}
	hash := sha256.New()
	for _, c := range compress.Codings {
		var coded bytes.Buffer
		w := compress.NewWriter(&coded, c, compress.Fast)
		for rest := text.String(); rest != ""; {
			n := min(len(rest), 32<<10)
			w.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		w.Close()
		hash.Write(coded.Bytes())
	}
	if got := hex.EncodeToString(hash.Sum(nil)); compress.Version != version || got != sum {
		t.Errorf("version %s makes %s, want version %s to make %s", compress.Version, got, version, sum)
	}
}
