package listing_test

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
)

//go:embed testdata/clip.webm
var clip string

// silence is a tenth of a second of it, as a WAV file.
var silence = func() string {
	samples := make([]byte, 800)
	for i := range samples {
		samples[i] = 128
	}
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+len(samples)))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, struct {
		size           uint32
		format, tracks uint16
		rate, bytes    uint32
		block, bits    uint16
	}{16, 1, 1, 8000, 8000, 1, 8})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(len(samples)))
	b.Write(samples)
	return b.String()
}()

const drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='30'><script>document.documentElement.setAttribute('width', 7); " +
	"parent.hostile = fetch('http://elsewhere.invalid/')</script><rect width='9' height='9'/></svg>"

const hostilePage = "<!doctype html><title>x</title><script>top.hostile = 1; document.title = 'hostile'</script><img src=http://elsewhere.invalid/><p onclick=x()>text"

// oneOfEach returns a folder with a file of each kind.
func oneOfEach(t testing.TB) string {
	return writeFiles(t, t.TempDir(), map[string]string{
		"a.png": pixels(t), "b.svg": drawing, "c.wav": silence, "d.webm": clip, "e.pdf": "%PDF-1.4\n%%EOF\n",
		"f.html": hostilePage, "g.txt": "some text\n", "h.log": strings.Repeat("0123456789abcde\n", 1<<16), "i.empty.txt": "",
		"j.bin": "no preview", "k.zip": "none either", "folder/": "",
	})
}

const title = "document.querySelector('#preview header a')?.textContent"

func TestPreview(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, oneOfEach(t)), desktop, "/")
	b.press("j", " ") // a folder has none
	b.is("!document.querySelector('dialog')")
	b.press("j", " ")
	shown := "document.querySelector('#preview > div').firstElementChild"
	for i, step := range [...]struct{ name, condition string }{
		{"a.png", "%s.complete && %[1]s.naturalWidth == 24 && %[1]s.alt == 'a.png'"},
		{"b.svg", "%s.complete && %[1]s.tagName == 'IMG' && %[1]s.naturalWidth == 40"},
		{"c.wav", "%s.tagName == 'AUDIO' && %[1]s.controls && %[1]s.readyState > 0 && %[1]s.duration == .1"},
		{"d.webm", "%s.tagName == 'VIDEO' && %[1]s.controls && %[1]s.videoWidth == 32"},
		{"e.pdf", "%s.tagName == 'IFRAME' && %[1]s.src == location.origin + '/e.pdf' && %[1]s.title == 'e.pdf'"},
		{"f.html", "%s.tagName == 'PRE' && %[1]s.textContent == " + fmt.Sprintf("%q", hostilePage)},
		{"g.txt", "%s.textContent == 'some text\\n'"},
		{"h.log", "%s.textContent.length == (256 << 10) + 2 && %[1]s.textContent.endsWith('e\\n\\n…')"},
		{"i.empty.txt", "%s.tagName == 'PRE' && %[1]s.textContent == ''"},
	} {
		if i > 0 {
			b.press("ArrowRight")
		}
		b.wait(fmt.Sprintf("%s == %q", title, step.name))
		b.wait(fmt.Sprintf(step.condition, shown))
		equal(b, "document.querySelector('#preview header a').href", b.server.URL+"/"+step.name)
	}
	b.press("ArrowRight") // to nothing more
	equal(b, title, "i.empty.txt")
	b.press("ArrowLeft", "ArrowLeft")
	equal(b, title, "g.txt")
	b.click("#preview [value=on]")
	equal(b, title, "h.log")
	b.click("#preview [value=back]")
	equal(b, title, "g.txt")
	b.is("window.hostile === undefined")
	equal(b, "document.querySelectorAll('script').length", 1)
	b.press("Escape")
	b.wait("!document.querySelector('dialog')")
	equal(b, focused, "g.txt")
	b.press(" ")
	equal(b, title, "g.txt")
	b.press("Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab")
	b.is("document.querySelector('#preview').contains(document.activeElement) || document.activeElement == document.body")
	b.click("#preview [value=close]")
	b.wait("!document.querySelector('dialog')")
	// A click on the icon is a preview, one on the name is not.
	b.clickAt(of[float64](b, "document.querySelector('.text').getBoundingClientRect().left + 30"), of[float64](b, "document.querySelector('.text').getBoundingClientRect().top + 15"))
	equal(b, title, "f.html")
	b.press("Escape")
	b.wait("!document.querySelector('dialog')")
	b.clickAt(of[float64](b, "document.querySelectorAll('.text a')[1].getBoundingClientRect().left + 30"), of[float64](b, "document.querySelectorAll('.text')[1].getBoundingClientRect().top + 15"))
	b.waitFor("/g.txt")
	if slices.Contains(b.asked(), "/j.bin") {
		t.Error("the page asked for what has no preview")
	}
}

// TestPreviewFits has the whole of a picture on the screen, however large it is.
func TestPreviewFits(t *testing.T) {
	t.Parallel()
	drawing := func(width, height int) string {
		return fmt.Sprintf("<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'/>", width, height)
	}
	dir := writeFiles(t, t.TempDir(), map[string]string{"high.svg": drawing(20, 9000), "wide.svg": drawing(9000, 20)})
	server := serve(t, dir)
	for _, s := range []screen{phone, desktop} {
		b := show(t, server, s, "/")
		b.press("j", " ")
		for _, name := range []string{"high.svg", "wide.svg"} {
			b.wait(fmt.Sprintf("%s == %q && document.querySelector('#preview img').complete && document.getAnimations().length == 0", title, name))
			b.is(`(r => r.width > 0 && r.left >= 0 && r.top >= 48 && r.right <= innerWidth && r.bottom <= innerHeight)(document.querySelector('#preview img').getBoundingClientRect())`)
			b.press("ArrowRight")
		}
	}
}

// TestPreviewWithoutRanges shows the beginning of a text that a server sends
// all of.
func TestPreviewWithoutRanges(t *testing.T) {
	t.Parallel()
	server := serve(t, writeFiles(t, t.TempDir(), map[string]string{"long.txt": strings.Repeat("0123456789abcde\n", 4<<16)}))
	whole := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		whole.ServeHTTP(w, r)
	})
	b := show(t, server, desktop, "/")
	b.press("j", " ")
	b.wait("document.querySelector('#preview pre').textContent.endsWith('…')")
	equal(b, "document.querySelector('#preview pre').textContent.length", (256<<10)+2)
}

// TestPreviewGone says what cannot be shown.
func TestPreviewGone(t *testing.T) {
	t.Parallel()
	b := show(t, serve(t, oneOfEach(t)), desktop, "/")
	of[bool](b, "document.querySelectorAll('.text a')[1].href = '/gone.txt', document.querySelectorAll('.text a')[1].focus(), true")
	b.press(" ")
	b.wait("document.querySelector('#preview pre').textContent.includes('Not Found')")
	b.mu.Lock()
	b.faults = slices.DeleteFunc(b.faults, func(fault string) bool { return strings.Contains(fault, "/gone.txt") })
	b.mu.Unlock()
}

// swipe moves a finger across the screen, once that shows what the page holds:
// what a finger touches is what was painted.
func (b *tab) swipe(fromX, fromY, toX, toY float64) {
	b.Helper()
	of[bool](b, "new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(() => painted(true))))")
	at := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		if points == nil {
			points = []*input.TouchPoint{}
		}
		send(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	at(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: fromX, Y: fromY})
	for i := 1.0; i <= 5; i++ {
		at(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: fromX + (toX-fromX)*i/5, Y: fromY + (toY-fromY)*i/5})
	}
	at(input.DispatchTouchEventTypeTouchEnd)
}

func TestPreviewSwipe(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		files[name+".png"] = pixels(t)
		files[name+".txt"] = strings.Repeat("a line of text\n", 500)
	}
	b := show(t, serve(t, writeFiles(t, t.TempDir(), files)), phone, "/")
	b.clickAt(28, of[float64](b, "document.querySelector('.image').getBoundingClientRect().top + 24"))
	b.wait(title + " == 'a.png' && document.querySelector('#preview img').complete && document.getAnimations().length == 0")
	b.is("document.querySelector('#preview').getBoundingClientRect().width <= 390")
	b.swipe(300, 400, 100, 420)
	b.wait(title + " == 'a.txt'")
	b.wait("document.querySelector('#preview pre').textContent.length > 5000")
	b.swipe(300, 600, 200, 200) // which scrolls, though not straight
	b.wait("document.querySelector('#preview pre').scrollTop > 100")
	equal(b, title, "a.txt")
	b.swipe(300, 400, 100, 400)
	b.wait(title + " == 'b.png'")
	b.swipe(100, 400, 300, 400)
	b.wait(title + " == 'a.txt'")
	b.swipe(100, 400, 130, 400) // a tap that slipped
	equal(b, title, "a.txt")
}
