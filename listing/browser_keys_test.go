package listing_test

import (
	"fmt"
	"testing"
)

// focused is the name in the row that has the focus.
const focused = "document.activeElement.closest('tr') ? document.activeElement.textContent : '-'"

func TestKeysMove(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, t.TempDir(), map[string]string{"in/a/x.txt": "", "in/b.txt": "b", "in/c.txt": "c", "in/d.bin": "d"})
	b := show(t, serve(t, dir), desktop, "/in/")
	for _, step := range [...]struct{ key, want string }{
		{"k", "-"}, // there is nothing before nothing
		{"j", "../"}, {"j", "a/"}, {"ArrowDown", "b.txt"}, {"j", "c.txt"}, {"k", "b.txt"}, {"ArrowUp", "a/"},
		{"End", "d.bin"}, {"j", "d.bin"}, {"Home", "../"}, {"k", "../"}, {"j", "a/"},
	} {
		b.press(step.key)
		if got := of[string](b, focused); got != step.want {
			t.Errorf("%s leads to %q, want %q", step.key, got, step.want)
		}
	}
	b.press("Enter")
	b.waitFor("/in/a/")
	b.press("Backspace")
	b.waitFor("/in/")
	b.press("Backspace")
	b.waitFor("/")
	b.press("Backspace") // has nowhere to go
	b.press("j")
	equal(b, focused, "in/")
	b.open("/in/")
	b.press("j", "j", "j", "Enter")
	b.waitFor("/in/b.txt")
	equal(b, "document.body.textContent", "b")
}

func TestKeysFilter(t *testing.T) {
	t.Parallel()
	files := map[string]string{"Straße.txt": "", "in/": ""}
	for i := range 250 {
		files[fmt.Sprintf("Entry %d.txt", i)] = ""
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), desktop, "/")
	shown := "[...document.querySelectorAll('#entries tbody:not(.top) tr')].filter(row => row.checkVisibility()).map(row => row.querySelector('a').textContent).join()"
	b.press("/")
	b.is("document.activeElement.name == 'q'")
	equal(b, "document.querySelector('#find [name=q]').value", "")
	b.press("e", "N", "T", " ", "1", "7", " ")
	b.wait("document.querySelector('#status').textContent == '13 of 252 shown'")
	equal(b, shown, "Entry 17.txt,Entry 117.txt,Entry 170.txt,Entry 171.txt,Entry 172.txt,Entry 173.txt,Entry 174.txt,"+
		"Entry 175.txt,Entry 176.txt,Entry 177.txt,Entry 178.txt,Entry 179.txt,Entry 217.txt")
	b.press("ArrowDown")
	equal(b, focused, "Entry 17.txt")
	b.press("j", "j")
	equal(b, focused, "Entry 170.txt")
	b.press("/") // selects what is there, to be written over
	b.press("ß")
	b.wait("document.querySelector('#status').textContent == '1 of 252 shown'")
	equal(b, shown, "Straße.txt")
	b.press("?") // is a character here
	b.wait("document.querySelector('#status').textContent == '0 of 252 shown'")
	b.is("!document.querySelector('dialog')")
	b.press("Escape")
	b.wait("document.querySelector('#status').textContent == ''")
	equal(b, shown+".split(',').length", 252)
	b.is("document.activeElement.name == 'q'")
	b.press("Escape")
	b.is("document.activeElement == document.body")
	equal(b, "location.search", "")
	// Enter has the server look, which can look below.
	b.press("/", "S", "t", "r", "a", "Enter")
	b.waitFor("/?q=Stra")
	equal(b, shown, "Straße.txt")
	equal(b, "document.querySelector('#summary').textContent", "1 of 252 entries, 0 B")
	b.press("/", "x")
	b.wait("document.querySelector('#status').textContent.includes('; Enter searches all')")
}

// TestKeysTab follows Tab through the page: what it comes to can be seen, and
// has an outline.
func TestKeysTab(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, t.TempDir(), map[string]string{"in/a.txt": "", "in/b.txt": ""})
	for _, s := range []screen{desktop, phone} {
		b := show(t, serve(t, dir), s, "/in/")
		var got []string
		for range 40 {
			b.press("Tab")
			stop := of[string](b, `(e => e == document.body ? '' : (e.getAttribute('aria-label') || e.name || e.id || e.textContent).trim())(document.activeElement)`)
			if stop == "" {
				break
			}
			got = append(got, stop)
			if !of[bool](b, `(e => { const r = e.getBoundingClientRect(), at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2), within = e.closest('tr') || e;
				return e.checkVisibility({opacityProperty: true}) && r.width > 1 && within.contains(at) || [e.tagName, r.width, at?.outerHTML] == '' })(document.activeElement)`) {
				t.Errorf("%v: what has the focus at %q is not to be seen", s, stop)
			}
			b.is(`(e => [getComputedStyle(e), getComputedStyle(e, '::after')].some(style => style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2))(document.activeElement)`)
		}
		want := "[Files Filter by name deep Find download all Name Size Modified ../ Select a.txt a.txt Select b.txt b.txt]"
		if s == phone { // whose boxes come when they are asked for
			want = "[Files Filter by name deep Find download all Name Size Modified select ../ a.txt b.txt]"
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v: Tab leads through\n%v, want\n%v", s, got, want)
		}
	}
}

func TestKeysHelp(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), desktop, "/")
	b.press("j", "j", "?")
	b.is("document.querySelector('dialog#keys').open")
	equal(b, "document.querySelectorAll('#keys dt').length", 10)
	b.press("j", "x", "?", "/") // mean nothing here
	equal(b, "document.querySelectorAll('dialog').length", 1)
	b.press("Tab", "Tab", "Tab")
	b.is("document.querySelector('#keys').contains(document.activeElement) || document.activeElement == document.body")
	b.press("Escape")
	b.wait("!document.querySelector('dialog')")
	equal(b, focused, "folder 1/")
	b.press("?")
	b.click("#keys button")
	b.wait("!document.querySelector('dialog')")
	b.press("?")
	b.clickAt(5, 5)
	b.wait("!document.querySelector('dialog')")
}

func TestKeysSelect(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, manyFiles(t)), desktop, "/")
	b.press("j", "x", "j", "j", "x", "x", "j", "x")
	equal(b, "[...document.querySelectorAll('[name=name]:checked')].map(box => box.value).join()", "folder 0/,folder 3/")
	b.is("document.querySelector('#chosen').checkVisibility()")
}
