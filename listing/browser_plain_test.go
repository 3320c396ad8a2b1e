package listing_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// names are those in the rows, in their order.
const names = "[...document.querySelectorAll('#entries tbody:not(.top) tr a')].map(a => a.textContent).join()"

// download returns what comes of an act that has the browser save a file.
func (b *tab) download(act func()) []byte {
	b.Helper()
	dir, events := b.TempDir(), true
	saved := make(chan string, 1)
	if err := chromedp.ListenBrowser(b.ctx, func(event any) {
		if event, ok := event.(*browser.EventDownloadProgress); ok && event.State == browser.DownloadProgressStateCompleted {
			path := filepath.Join(dir, event.GUID)
			if _, err := os.Stat(path); err == nil { // and not another test's
				select {
				case saved <- path:
				default:
				}
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
	info, err := chromedp.CallBrowser(b.ctx, target.GetTargetInfo, target.GetTargetInfoParams{TargetID: chromedp.FromContext(b.ctx).Target.TargetID})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, BrowserContextID: info.TargetInfo.BrowserContextID,
		DownloadPath: dir, EventsEnabled: &events,
	}); err != nil {
		b.Fatal(err)
	}
	act()
	select {
	case path := <-saved:
		content, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return content
	case <-b.ctx.Done():
		b.Fatal("waited in vain for a download")
		return nil
	}
}

// zipped returns the files of a zip, by their names.
func zipped(t testing.TB, archive []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, f := range r.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		if !f.FileInfo().IsDir() {
			files[f.Name] = string(all)
		}
	}
	return files
}

// TestPlain does without JavaScript what can be done without it.
func TestPlain(t *testing.T) {
	t.Parallel()
	files := map[string]string{"in/README.md": "# Read *me*\n\n<script>hostile()</script>\n", "in/big.bin": "12345", "in/small.bin": "1",
		"in/sub/deep/small too.txt": "s", "in/Umlaut ä.txt": "ä", "in/10.txt": "10", "in/9.txt": "nine"}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), desktop, "/in/", withoutScript)
	equal(b, names, "sub/,9.txt,10.txt,big.bin,README.md,small.bin,Umlaut ä.txt")
	equal(b, "document.querySelector('#readme h2').textContent", "Read me")
	equal(b, "document.querySelectorAll('#readme script').length", 0)

	b.click("th:nth-child(2) button")
	b.waitFor("/in/?sort=size&order=desc")
	equal(b, names, "sub/,README.md,big.bin,9.txt,10.txt,Umlaut ä.txt,small.bin")
	b.click("th:nth-child(2) button")
	b.waitFor("/in/?sort=size")
	equal(b, names, "sub/,small.bin,10.txt,Umlaut ä.txt,9.txt,big.bin,README.md")
	b.click("th:nth-child(3) button")
	b.waitFor("/in/?sort=time&order=desc")
	b.click("th:nth-child(1) button")
	b.waitFor("/in/?sort=name")
	b.click("th:nth-child(1) button")
	b.waitFor("/in/?sort=name&order=desc")
	equal(b, names, "sub/,Umlaut ä.txt,small.bin,README.md,big.bin,10.txt,9.txt")

	b.click("#find [name=q]")
	b.press("ä", " ", "u", "Enter")
	b.waitFor("/in/?q=%C3%A4+u&order=desc")
	equal(b, names, "Umlaut ä.txt")
	b.click("th:nth-child(2) button") // keeps the words
	b.waitFor("/in/?sort=size&order=desc&q=%C3%A4+u")

	b.open("/in/")
	b.click("#find [name=q]")
	b.press("s", "m", "a")
	b.click("#find [name=deep]")
	b.click("#find button")
	b.waitFor("/in/?q=sma&deep=1")
	equal(b, names, "small.bin,small too.txt")
	equal(b, "document.querySelector('#entries small').textContent", "sub/deep/")
	b.click("#entries tr:nth-child(2) a")
	b.waitFor("/in/sub/deep/small%20too.txt")
	equal(b, "document.body.textContent", "s")

	b.open("/in/?limit=3&sort=name")
	equal(b, "document.querySelector('#pages span').textContent", "1–3 of 7")
	equal(b, names, "sub/,9.txt,10.txt")
	b.click("#pages [rel=next]")
	b.waitFor("/in/?offset=3&limit=3")
	equal(b, names, "big.bin,README.md,small.bin")
	b.click("#pages [rel=next]")
	b.waitFor("/in/?offset=6&limit=3")
	equal(b, names, "Umlaut ä.txt")
	b.is("!document.querySelector('[rel=next]')")
	b.click("#pages [rel=prev]")
	b.waitFor("/in/?offset=3&limit=3")

	b.open("/in/")
	b.click("#save summary")
	got := zipped(t, b.download(func() { b.click("#save [value=zip]") }))
	if len(got) != len(files) {
		t.Errorf("the zip has %d files, want %d", len(got), len(files))
	}
	for name, content := range files {
		if got[name] != content {
			t.Errorf("the zip has %q in %s, want %q", got[name], name, content)
		}
	}
	for _, format := range []string{"tar", "tar.gz"} {
		content := b.download(func() { b.click(fmt.Sprintf("#save [value=%q]", format)) })
		var r io.Reader = bytes.NewReader(content)
		if format == "tar.gz" {
			unpacked, err := gzip.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			r = unpacked
		}
		found := 0
		for archive := tar.NewReader(r); ; {
			header, err := archive.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := files[header.Name]; ok {
				found++
			}
		}
		if found != len(files) {
			t.Errorf("the %s has %d files, want %d", format, found, len(files))
		}
	}

	b.open("/in/")
	b.click("tbody:last-child tr:nth-child(1) [name=name]")
	b.click("tbody:last-child tr:nth-child(7) [name=name]")
	chosen := zipped(t, b.download(func() { b.click("#chosen [value=zip]") }))
	if len(chosen) != 2 || chosen["in/sub/deep/small too.txt"] != "s" || chosen["in/Umlaut ä.txt"] != "ä" {
		t.Errorf("of what was chosen, the zip has %q", chosen)
	}
	b.click("#entries .folder a")
	b.waitFor("/in/sub/")
	b.click(".path nav a:last-child")
	b.waitFor("/in/")
}

// TestDeepSearch has hits of the whole tree, with where they are.
func TestDeepSearch(t *testing.T) {
	t.Parallel()
	files := map[string]string{"top needle.txt": "0", "a/needle/x": "", "a b/<i>/nee#dle.txt": "1", "a b/100%/needle?.txt": "2", "hay": ""}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), desktop, "/?q=NEE+dle&deep=1")
	b.wait("document.readyState == 'complete'")
	for _, s := range []screen{desktop, phone} {
		b.resize(s)
		equal(b, "[...document.querySelectorAll('#entries tbody tr')].map(row => (row.querySelector('small')?.textContent || '') + row.querySelector('a').textContent).sort().join()",
			"a b/100%/needle?.txt,a b/<i>/nee#dle.txt,a/needle/,top needle.txt")
		b.is("[...document.querySelectorAll('#entries small')].every(e => e.checkVisibility() && e.getBoundingClientRect().height > 10)")
	}
	equal(b, "document.querySelector('.note').textContent", "Found 3 files, 1 folder, 3 B.")
	equal(b, "Promise.all([...document.querySelectorAll('#entries tr:not(.folder) a')].map(a => fetch(a.href).then(r => r.text()))).then(texts => texts.sort().join())", "0,1,2")
	equal(b, "document.querySelector('#entries .folder a').href", b.server.URL+"/a/needle/")
	b.press("/", "h", "a", "y")
	b.wait("document.querySelector('#status').textContent.includes('; Enter searches the whole tree')")
	b.press("Enter")
	b.waitFor("/?q=hay&deep=1")
	equal(b, names, "hay")
	b.open("/?q=nothing&deep=1")
	equal(b, "document.querySelector('.note').textContent", "Nothing in the whole tree has that in its name.")
}

// TestDeepSearchStops tells that there is more than it shows.
func TestDeepSearchStops(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i := range 1100 {
		files[fmt.Sprintf("%d/hit %d", i%10, i)] = ""
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), phone, "/?q=hit&deep=1")
	b.wait("document.readyState == 'complete'")
	equal(b, "document.querySelectorAll('#entries tbody tr').length", 1000)
	equal(b, "document.querySelector('.note').textContent", "Stopped after 1,000 hits: narrow the search.")
	b.is("document.querySelector('.note').checkVisibility()")
}

// TestEmptyFolder offers nothing that would come to nothing.
func TestEmptyFolder(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, writeFiles(t, t.TempDir(), map[string]string{"in/": ""})), phone, "/in/")
	equal(b, "document.querySelector('#summary').textContent", "Empty folder")
	b.is("!document.querySelector('#save') && !document.querySelector('#select')")
	b.press("j")
	equal(b, focused, "../")
	b.press("/", "x")
	b.wait("document.querySelector('#status').textContent == '0 of 0 shown'")
	b.press("Escape", "ArrowDown", "Enter")
	b.waitFor("/")
}
