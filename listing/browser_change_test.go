package listing_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/listing"
)

// TestChangesPlain does without JavaScript what can be done without it.
func TestChangesPlain(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"in/a b.txt": "a", "in/b.txt": "b", "in/c.txt": "c", "in/sub/": ""}), everyChange)
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		// Without it, where browsers tell nothing else, a page cannot be told from a stranger's.
		if origin := r.Header.Get("Origin"); r.Method == "POST" && origin != s.server.URL {
			t.Errorf("a form comes from %q", origin)
		}
		return false
	})
	b := show(t, s.server, desktop, "/in/", withoutScript)
	from := outside(t, map[string]string{"x.txt": "x", "y ä.txt": "y"})
	b.choose("", filepath.Join(from, "x.txt"), filepath.Join(from, "y ä.txt"))
	b.click("#upload button")
	b.wait(names + " == 'sub/,a b.txt,b.txt,c.txt,x.txt,y ä.txt'")

	b.click("#make summary")
	b.click("#make input")
	b.press("n", "e", "w", "Enter")
	b.wait(names + " == 'new/,sub/,a b.txt,b.txt,c.txt,x.txt,y ä.txt'")

	b.is("!document.querySelector('#chosen').checkVisibility()")
	b.click("[name=name][value='b.txt']")
	b.click("[name=name][value='x.txt']")
	b.click("#delete summary")
	b.click("#delete button")
	b.wait(names + " == 'new/,sub/,a b.txt,c.txt,y ä.txt'")

	b.click("[name=name][value='a b.txt']")
	b.click("#move summary")
	b.click("#move input")
	b.press("z", "Enter")
	b.wait(names + " == 'new/,sub/,c.txt,y ä.txt,z'")

	b.click("[name=name][value='z']")
	b.click("[name=name][value='c.txt']")
	b.click("#move summary")
	b.click("#move input")
	b.press("s", "u", "b", "/", "Enter")
	b.wait(names + " == 'new/,sub/,y ä.txt'")
	if got := s.names(); !slices.Equal(got, []string{"in/sub/c.txt", "in/sub/z", "in/y ä.txt"}) {
		t.Errorf("there is %q", got)
	}
	b.click("[name=name][value='sub/']")
	got := zipped(t, b.download(func() { b.click("#chosen [value=zip]") }))
	if len(got) != 2 || got["in/sub/z"] != "a" {
		t.Errorf("of what was chosen, the zip has %q", got)
	}
}

// TestChanges has the script help: with the old name, the number, and folders.
func TestChanges(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"photo.of.jpg": "p", "b.txt": "b", "c.txt": "c", "sub/deep/d.txt": "d"}), everyChange)
	for _, screen := range []screen{phone, desktop} {
		b := show(t, s.server, screen, "/")
		of[bool](b, "document.querySelector('#select').checked = true")
		b.click("[name=name][value='photo.of.jpg']")
		b.click("#move summary")
		b.wait("document.activeElement.name == 'to'")
		equal(b, "document.activeElement.value", "photo.of.jpg")
		b.press("n", "e", "w")
		equal(b, "document.activeElement.value", "new.jpg")
		b.is("document.querySelector('#move button').textContent == 'Rename'")
		equal(b, "document.documentElement.scrollWidth", int(screen.width))
		b.press("Enter")
		b.wait("!document.querySelector('#chosen').checkVisibility() && " + names + " == 'sub/,b.txt,c.txt,new.jpg'")

		of[bool](b, "document.querySelector('#select').checked = true")
		b.click("[name=name][value='new.jpg']")
		b.click("#move summary")
		b.wait("document.activeElement.name == 'to'")
		b.press("p", "h", "o", "t", "o", ".", "o", "f")
		b.click("#move button")
		b.wait("!document.querySelector('#chosen').checkVisibility() && " + names + " == 'sub/,b.txt,c.txt,photo.of.jpg'")
	}
	b := show(t, s.server, desktop, "/")
	b.press("/", "b")
	b.wait("document.querySelector('#status').textContent == '2 of 4 shown'")
	b.press("Escape")
	b.wait("document.querySelector('#status').textContent == ''")
	b.click("[name=name][value='b.txt']")
	b.click("[name=name][value='sub/']")
	b.is("document.querySelector('#move button').textContent == 'Move'")
	b.click("#delete summary")
	equal(b, "document.querySelector('#delete button').textContent", "Delete 2 entries, folders with all in them")
	// What is chosen is deleted, whether it is seen or not.
	b.press("/", "p", "h", "o")
	b.wait("document.querySelector('#status').textContent == '1 of 4 shown'")
	b.click("#delete button")
	b.wait(names + " == 'c.txt,photo.of.jpg'")
	if got := s.names(); !slices.Equal(got, []string{"c.txt", "photo.of.jpg"}) {
		t.Errorf("there is %q", got)
	}
}

// TestEnterDeletesNothing: Enter on a box presses the first button of the form
// that is not disabled. It must not be the one that deletes.
func TestEnterDeletesNothing(t *testing.T) {
	t.Parallel()
	for _, changes := range []listing.Changes{{Delete: true}, {Delete: true, Move: true}} {
		s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"a.txt": "a", "b.txt": "b"}), changes)
		for _, prepare := range []func(*tab){withoutScript, func(*tab) {}} {
			b := show(t, s.server, desktop, "/", prepare)
			b.click("[name=name]")
			b.press("Enter")
			b.open("/")
			equal(b, names, "a.txt,b.txt")
			b.click("[name=name]")
			b.click("#delete summary")
			b.click("[name=name][value='b.txt']")
			b.press("Enter")
			b.open("/")
			equal(b, names, "a.txt,b.txt")
			b.pardon("not focusable") // the new name, which is asked for in vain
		}
		if n := s.asked("POST"); n != 0 {
			t.Errorf("%+v: there were %d requests", changes, n)
		}
	}
}

// TestUploadKeepsPage: files that come change nothing but the rows.
func TestUploadKeepsPage(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), everyChange, fileserver.WithTrustPage("/trust"))
	b := show(t, s.server, desktop, "/")
	b.is("!document.querySelector('#save') && document.querySelector('.note a').pathname == '/trust'")
	from := outside(t, map[string]string{"a.txt": "a", "b.txt": "b", "c.txt": "c"})
	b.choose(forFiles, filepath.Join(from, "a.txt"), filepath.Join(from, "b.txt"))
	b.wait(names + " == 'a.txt,b.txt'")
	b.is("document.querySelector('#save').checkVisibility()")
	b.press("j", "x")
	b.click("#make summary")
	b.click("#make input")
	b.press("d", "i", "r")
	b.press("Tab")
	b.click("#find [name=q]")
	b.press("a")
	b.wait("document.querySelector('#status').textContent == '1 of 2 shown'")
	b.choose(forCamera, filepath.Join(from, "c.txt"))
	b.wait(names + " == 'a.txt,b.txt,c.txt'")
	b.wait("document.querySelector('#status').textContent == '1 of 3 shown'")
	equal(b, "document.querySelector('[name=name]:checked').value", "a.txt")
	equal(b, "document.querySelector('#make input').value", "dir")
	equal(b, "document.activeElement.name", "q")
	b.press("Escape", "Escape", "j", "j")
	equal(b, focused, "b.txt")
}

// TestUploadKey chooses files by a key.
func TestUploadKey(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, t.TempDir(), uploadsOnly)
	b := show(t, s.server, desktop, "/")
	of[bool](b, "window.chosen = 0, document.querySelector('#upload input').addEventListener('click', event => { event.preventDefault(); chosen++ }), true")
	b.press("u")
	equal(b, "chosen", 1)
	b.press("/", "u")
	equal(b, "chosen + document.querySelector('#find [name=q]').value", "1u")
	b.press("Escape", "Escape", "?")
	equal(b, "document.querySelectorAll('#keys dt').length", 11)
	b.press("u")
	equal(b, "chosen", 1)
}

// TestDropBox puts files in, and sees nothing of what is there.
func TestDropBox(t *testing.T) {
	t.Parallel()
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{"in/secret.txt": "s"}), uploadsOnly, fileserver.WithDropBox("in"))
	from := outside(t, map[string]string{"a.txt": "a", "secret.txt": "other"})
	for _, screen := range []screen{phone, desktop} {
		b := show(t, s.server, screen, "/in/")
		b.is("!document.body.innerHTML.includes('secret.txt')")
		equal(b, "document.querySelectorAll('table, [type=search], #save, #summary').length", 0)
		equal(b, "document.documentElement.scrollWidth", int(screen.width))
		b.is("document.querySelector('#pick').getBoundingClientRect().height >= 60")
		b.choose(forFiles, filepath.Join(from, "a.txt"))
		b.wait(uploaded + " == '1 file sent'")
		b.choose(forFiles, filepath.Join(from, "secret.txt"))
		b.wait(uploaded + " == '2 files sent'")
		equal(b, "document.querySelectorAll('#sheet .done').length", 2)
		b.press("u", "?", "j")
		b.is("!document.querySelector('dialog')")
	}
	if got := s.names(); len(got) != 5 || s.content("in/secret.txt") != "s" {
		t.Errorf("there is %q", got)
	}
	b := show(t, s.server, phone, "/in/", withoutScript)
	b.choose("", filepath.Join(from, "a.txt"))
	b.click("#upload button")
	b.wait("document.body.textContent.includes('a (2).txt')")
}

// TestUploadAccess: what a page for changes has can be read, hit and understood.
func TestUploadAccess(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 40)
	s := serveChanges(t, writeFiles(t, t.TempDir(), map[string]string{long + "/a.txt": "a", long + "/sub/": "", "box/": ""}), everyChange, fileserver.WithTrustPage("/trust"), fileserver.WithDropBox("box"))
	from := outside(t, map[string]string{long + ".tar.gz": "x", "bad.txt": "b"})
	path, _ := largeFile(t, "large.bin", 4<<20)
	s.whenever(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.Contains(r.Header.Get("Content-Disposition"), "bad"):
			w.WriteHeader(http.StatusForbidden)
			return true
		case r.Method == "PATCH":
			r.Body = slowBody{r.Body, 8 << 10}
		}
		return false
	})
	for _, theme := range []string{"light", "dark"} {
		for _, page := range []string{"/" + long + "/", "/box/"} {
			b := show(t, s.server, phone, page, on("", "prefers-color-scheme", theme, "prefers-reduced-motion", "reduce"))
			b.choose(forFiles, filepath.Join(from, long+".tar.gz"), filepath.Join(from, "bad.txt"), path)
			b.wait("document.querySelector('#sheet .failed') && document.querySelector('#sheet .running') && document.querySelector('#sheet .done')")
			if page != "/box/" {
				of[bool](b, "document.querySelector('#select').checked = true")
				b.click("[name=name]")
			}
			for _, screen := range []screen{{320, 568, 2, true}, phone, desktop} {
				b.resize(screen)
				for _, open := range []string{"#make", "#move", "#delete"} {
					if page != "/box/" {
						of[bool](b, "document.querySelectorAll('#make, #move, #delete').forEach(e => { e.open = e.matches('"+open+"') }), true")
					}
					b.isReadable()
					equal(b, "document.documentElement.scrollWidth", int(screen.width))
				}
				equal(b, "[...document.querySelectorAll('button, input:not([type=hidden]), summary, progress')].filter(e => e.checkVisibility() && !(e.labels?.length || e.ariaLabel || e.textContent.trim())).map(e => e.outerHTML).join()", "")
				equal(b, "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) != i).join()", "")
			}
			b.resize(phone)
			equal(b, "[...document.querySelectorAll('#upload button')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML).join()", "")
			if page != "/box/" {
				equal(b, "document.querySelector('#upload form').getBoundingClientRect().height", 47) // and a line above it
			}
			equal(b, `[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e); return s.animationName != 'none' || s.transitionDuration != '0s' }).length`, 0)
			b.pardon("Failed to load resource")
			on("print")(b)
			b.is("!document.querySelector('#upload').checkVisibility() && !document.querySelector('#make')?.checkVisibility()")
			b.click("#sheet .all [value=close]")
		}
	}
}
