package listing_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// manyFiles returns a folder of 40 files and 6 folders, some of whose names are
// as long as names can be.
func manyFiles(t testing.TB) string {
	files := make(map[string]string)
	for i := range 6 {
		files[fmt.Sprintf("folder %d/", i)] = ""
	}
	for i := range 36 {
		files[fmt.Sprintf("file-%d.bin", i)] = strings.Repeat("x", i*100)
	}
	files[strings.Repeat("w", 255)] = "long"
	files[strings.Repeat("Ж", 120)+".tar.zst"] = "long"
	files["a name of many words that goes on until there is no more room for it "+strings.Repeat("and on ", 20)+".txt"] = "long"
	files["file\u202efdp.exe"] = "turned around"
	dir := writeFiles(t, t.TempDir(), files)
	for i := range 36 {
		age := time.Now().Add(-time.Duration(i*i) * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, fmt.Sprintf("file-%d.bin", i)), age, age); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pixels returns a small picture.
func pixels(t testing.TB) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 24, 16))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rowsShown are the heights of the rows that are on the screen as a whole, with
// nothing above them.
const rowsShown = `[...document.querySelectorAll('#entries tbody tr')].map(row => row.getBoundingClientRect()).filter(
	r => r.height > 1 && r.bottom <= innerHeight && r.top >= document.querySelector('thead').getBoundingClientRect().bottom - 1).map(r => r.height)`

func TestPhone(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), phone, "/")
	equal(b, "document.documentElement.scrollWidth", 390)
	equal(b, "document.querySelector('.path').getBoundingClientRect().height", 48)
	equal(b, "document.querySelector('.path').getBoundingClientRect().top", 0)
	equal(b, "document.querySelector('#find [name=q]').getBoundingClientRect().width", 358)
	equal(b, "document.activeElement.tagName", "BODY")
	rows := of[[]float64](b, rowsShown)
	if len(rows) < 13 {
		t.Errorf("%d rows are above the fold, want 13 at least", len(rows))
	}
	for _, height := range rows {
		if height < 48 || height > 52 {
			t.Errorf("a row is %v px high, want 48 to 52", height)
		}
	}
	if asked := b.asked(); len(asked) != 1 {
		t.Errorf("the page asked for %q, want itself only", asked)
	}
	// What a search needs comes forth with the filter.
	b.click("#find [name=q]")
	b.is("document.querySelector('#find [name=deep]').checkVisibility()")
	b.is("document.querySelector('#find button').checkVisibility()")
	equal(b, "document.documentElement.scrollWidth", 390)
	b.click("#find label")
	b.is("document.querySelector('#find [name=deep]').checked")
}

func TestPhoneSelects(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), phone, "/")
	b.is("!document.querySelector('[name=name]').checkVisibility()")
	b.click("#select")
	b.click("#entries tbody [name=name]")
	b.is("document.querySelector('[name=name]').checked")
	b.is("document.querySelector('#chosen').checkVisibility()")
	equal(b, "Math.round(document.querySelector('#chosen').getBoundingClientRect().bottom)", 844)
	// Beside the box is nothing that would open the file.
	b.is(`(box => !document.elementFromPoint(box.left - 6, box.top + 4).closest('a'))(document.querySelector('[name=name]').getBoundingClientRect())`)
}

func TestDesktop(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), desktop, "/")
	equal(b, "document.documentElement.scrollWidth", 1280)
	rows := of[[]float64](b, rowsShown)
	if len(rows) < 24 {
		t.Errorf("%d rows are above the fold, want 24 at least", len(rows))
	}
	for _, height := range rows {
		if height != 30 {
			t.Errorf("a row is %v px high, want 30", height)
		}
	}
	// Numbers stand below the titles of their columns.
	equal(b, `[1, 2].map(column => ['th button', 'tbody:last-child tr:last-child td'].map(cells =>
		Math.round(document.querySelectorAll('#entries ' + cells)[column].getBoundingClientRect().right))).filter(([title, number]) => title != number).join()`, "")
	for _, column := range []string{"2", "3"} {
		equal(b, "getComputedStyle(document.querySelector('#entries tbody:last-child td:nth-child("+column+")')).textAlign", "right")
	}
	equal(b, "getComputedStyle(document.querySelector('#entries tbody:last-child td')).fontVariantNumeric", "tabular-nums")
	b.is("document.querySelector('#entries time').dateTime == document.querySelector('#entries time').title")
	// The header stays.
	of[bool](b, "scrollTo(0, 1e6), true")
	b.wait("scrollY > 300")
	equal(b, "document.querySelector('body > header').getBoundingClientRect().top", 0)
	equal(b, "document.querySelector('thead').getBoundingClientRect().top", 48)
	b.is("document.elementFromPoint(30, 60).closest('thead')")
}

func TestDesktopSelects(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), desktop, "/")
	opacity := func(n int) string {
		return fmt.Sprintf("getComputedStyle(document.querySelectorAll('[name=name]')[%d]).opacity", n)
	}
	equal(b, opacity(2), "0")
	b.is("!document.querySelector('#chosen').checkVisibility()")
	b.click("#entries tbody tr:nth-child(2) [name=name]")
	for n := range 3 {
		equal(b, opacity(n), "1")
	}
	b.is("document.querySelector('#chosen').checkVisibility()")
	// So it is where the phone's switch is on, as in a window made wider.
	of[bool](b, "document.querySelector('#select').checked = true")
	equal(b, opacity(0), "1")
}

// TestTablet has rows that a finger hits, and boxes without a mouse over them.
func TestTablet(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), screen{820, 1180, 2, true}, "/")
	b.wait("matchMedia('(pointer: coarse)').matches") // of which a tab hears after the page was opened
	equal(b, "document.querySelector('#entries tbody tr').getBoundingClientRect().height", 44)
	equal(b, "getComputedStyle(document.querySelector('[name=name]')).opacity", "1")
	equal(b, "document.documentElement.scrollWidth", 820)
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	server := serve(t, writeFiles(t, manyFiles(t), map[string]string{
		"README.md": "# " + strings.Repeat("Long", 100) + "\n\n```\n" + strings.Repeat("wide ", 100) + "\n```\n\n|" + strings.Repeat("cell |", 30) + "\n|" + strings.Repeat("---|", 30) + "\n",
		strings.Repeat("long", 50) + "/" + strings.Repeat("deep", 50) + "/" + strings.Repeat("x", 200) + "/a.txt": "",
	}))
	deepest := "/" + strings.Repeat("long", 50) + "/" + strings.Repeat("deep", 50) + "/" + strings.Repeat("x", 200) + "/"
	b := show(t, server, screen{320, 568, 2, true}, "/")
	for _, s := range []screen{{320, 568, 2, true}, {640, 400, 2, false}, {768, 600, 1, false}, {1024, 600, 1, false}, {390, 844, 2, true}} {
		b.resize(s) // 1280x800 at 200 % is 640x400
		for _, path := range []string{"/", "/?q=long", "/?q=a&deep=1", "/?q=o&limit=3&offset=3", deepest} {
			b.open(path)
			if width := of[int64](b, "document.documentElement.scrollWidth"); width != s.width {
				t.Errorf("%v: %.20s is %d px wide", s, path, width)
			}
			b.is("document.querySelector('h1').getBoundingClientRect().width > 30")
		}
		// The nearest of the folders above is to be seen.
		b.is(`(nav => document.elementFromPoint(nav.right - 24, nav.top + 20).closest('.path nav a:last-child'))(document.querySelector('.path nav').getBoundingClientRect())`)
	}
}

// TestWholeRowIsLink looks at what is under a finger in many places.
func TestWholeRowIsLink(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), phone, "/")
	for _, s := range []screen{phone, desktop} {
		b.resize(s)
		equal(b, fmt.Sprintf(`[...document.querySelectorAll('#entries tbody tr')].slice(0, 8).flatMap(row => {
			const r = row.getBoundingClientRect(), found = [];
			for (const part of [.1, .3, .5, .7]) for (const height of [.1, .5, .85])
				if (!document.elementFromPoint(r.x + r.width * part, r.y + r.height * height)?.closest('a, img')) found.push([%v, part, height]);
			return found;
		}).join(' ')`, s.width), "")
		equal(b, `[...document.querySelectorAll('#entries tbody tr')].slice(0, 8).filter(row => {
			const r = row.getBoundingClientRect();
			return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2).closest('tr') != row;
		}).length`, 0)
	}
}

// TestUnseenRows gives those that are not laid out yet the room they will take.
func TestUnseenRows(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i := range 600 {
		files[fmt.Sprint(i)] = ""
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), desktop, "/")
	equal(b, "document.querySelector('#entries table').getBoundingClientRect().height", 30*600+31)
	b.resize(phone)
	equal(b, "document.querySelector('#entries table').getBoundingClientRect().height", 48*600+31)
}

// TestReadmeStyle keeps the style of the rows away from what people wrote.
func TestReadmeStyle(t *testing.T) {
	t.Parallel()
	server := serve(t, writeFiles(t, t.TempDir(), map[string]string{"README.md": "# Title\n\n| a | b | c |\n|---|---|--:|\n| one | two | 3 |\n"}))
	for _, s := range []screen{phone, desktop} {
		b := show(t, server, s, "/")
		equal(b, "[...document.querySelectorAll('#readme td')].map(cell => getComputedStyle(cell).textAlign.replace('-webkit-', '')).join()", "start,start,right")
		equal(b, "[...document.querySelectorAll('#readme tr')].map(row => getComputedStyle(row).display).join()", "table-row,table-row")
		equal(b, "new Set([...document.querySelectorAll('#readme tbody td')].map(cell => cell.getBoundingClientRect().top)).size", 1)
	}
}

// TestThumbnails asks for what is small, and for nothing that is far away.
func TestThumbnails(t *testing.T) {
	t.Parallel()
	files := map[string]string{"large.png": pixels(t) + strings.Repeat("\x00", 70<<10)}
	for i := range 300 {
		files[fmt.Sprintf("b%03d.png", i)] = pixels(t)
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), phone, "/")
	b.wait("document.querySelector('#entries img').complete && document.querySelector('#entries img').naturalWidth == 24")
	asked := b.asked()
	if len(asked) < 10 || len(asked) > 250 {
		t.Errorf("asked for %d files of a screen with some 14 of 300 thumbnails", len(asked))
	}
	for _, path := range asked {
		if path == "/large.png" {
			t.Error("asked for what is too large to be a thumbnail")
		}
	}
}

// TestWireWeight counts what comes out of the wire, fields included.
func TestWireWeight(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i := range 94 {
		files[fmt.Sprintf("IMG_%04d-%x.%s", i*37%100, i*i*7919, []string{"jpg", "txt", "mp4", "bin"}[i%4])] = strings.Repeat("x", i*i)
	}
	for i := range 6 {
		files[fmt.Sprintf("folder-%d/", i)] = ""
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), desktop, "/")
	b.wait("document.readyState == 'complete'")
	for deadline := time.Now().Add(patience); b.received("/") == 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	weight := b.received("/")
	t.Logf("a page of 100 entries is %v bytes", weight)
	if weight == 0 || weight > 14<<10 {
		t.Errorf("a page of 100 entries is %v bytes, want less than %d", weight, 14<<10)
	}
}
