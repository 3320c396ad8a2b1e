package confine

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

func TestUnnamed(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	if slices.Contains(Unnamed(), path) {
		t.Error("it has a name")
	}
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(Unnamed(), path) {
		t.Errorf("%s is not among %q", path, Unnamed())
	}
}
