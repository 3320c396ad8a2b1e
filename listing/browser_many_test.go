package listing_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyRows is how many entries the promises for large folders are made for.
const manyRows = 100_000

func TestManyRows(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 100,000 files")
	}
	dir := t.TempDir()
	for i := range manyRows {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("file-%d.txt", i)))
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			fmt.Fprint(f, i)
		}
		f.Close()
	}
	b := show(t, serve(t, dir), desktop, "/")
	b.wait("performance.getEntriesByType('navigation')[0].loadEventEnd > 0 && performance.getEntriesByName('first-contentful-paint').length")
	t.Log("milliseconds to the first byte, the first paint, the load event:", of[string](b, `(([page], [paint]) => [page.responseStart, paint.startTime, page.loadEventEnd].map(Math.round).join(', '))(
		performance.getEntriesByType('navigation'), performance.getEntriesByName('first-contentful-paint'))`))
	equal(b, "document.querySelector('#summary').textContent", "100,000 files")
	equal(b, "document.querySelectorAll('#entries tbody tr').length", manyRows)
	equal(b, "new Set([...document.querySelectorAll('#entries tbody a')].map(a => a.href)).size", manyRows)
	equal(b, "document.querySelector('#entries tbody a').textContent", "file-0.txt")
	// No block is as high as its rows before it is seen, unless that is known.
	equal(b, "document.querySelector('#entries table').getBoundingClientRect().height", 30*manyRows+31)
	b.press("End")
	equal(b, focused, "file-99999.txt")
	b.wait("document.activeElement.getBoundingClientRect().bottom <= innerHeight")
	b.press("/", "9", "9", "9", "9", "8")
	b.wait("document.querySelector('#status').textContent == '1 of 100,000 shown'")
	b.press("ArrowDown")
	equal(b, focused, "file-99998.txt")
}
