package live

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	protocol "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/gserve/gserve/fileserver"
)

// TestPage shows what is saved, in whatever way.
func TestPage(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<!doctype html><title>t</title><p>one", "other/a.html": "<p>other", "app.js": "1"})
	b := s.open("/")
	b.shows("one")
	b.is("document.compatMode == 'CSS1Compat' && document.scripts.length == 0 && !('seen' in window)")
	s.save("index.html", "<!doctype html><p>two")
	b.shows("two")
	if err := os.WriteFile(filepath.Join(s.dir, "index.html"), []byte("<p>three"), 0o666); err != nil {
		t.Fatal(err)
	}
	b.shows("three")
	b.do("window.stays = 1")
	s.save("app.js", "2")
	b.wait("!window.stays && document.readyState == 'complete'")
	b.do("window.stays = 1")
	s.save("site.scss", "a")
	s.save("4913", "")
	s.save("other/a.html", "<p>another") // a page like all others
	b.wait("!window.stays && document.readyState == 'complete'")
}

// TestSources loads a page anew for what it has loaded itself only.
func TestSources(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one<script>fetch('tpl/a.vue').then(() => window.isThere = true)</script>", "tpl/a.vue": "", "server.log": "", "site.css": ""})
	b := s.open("/")
	b.wait("window.isThere")
	told := s.changes()
	for i := range 3 {
		s.save("server.log", fmt.Sprint(i))
		s.save("tpl/b.vue", fmt.Sprint(i))
		for s.changes() <= told+i {
			time.Sleep(time.Millisecond)
		}
	}
	b.is("window.isThere")
	if n := s.count("/"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
	b.do("window.stays = 1")
	s.save("tpl/a.vue", "new")
	b.wait("!window.stays && window.isThere")
}

const box = "<!doctype html><meta charset=utf-8><style>body { margin: 0 } p { width: 10px }</style>"

// TestStyles swaps styles, and keeps the state of the page.
func TestStyles(t *testing.T) {
	t.Parallel()
	css := func(width int) string { return fmt.Sprintf("p { width: %dpx !important }", width) }
	s := serve(t, map[string]string{
		"index.html":      box + `<link rel="STYLESHEET other" href="css/my%20site.css?v=1"><link rel=stylesheet href=/css/outer.css><p>p`,
		"css/my site.css": css(20),
		"css/outer.css":   "@import 'inner.css';", "css/inner.css": "p { height: 1px }",
	}, fileserver.WithFields(fileserver.Field{Name: "Cache-Control", Value: "max-age=3600"}))
	b := s.open("/")
	const p = "document.querySelector('p')."
	b.wait(p + "offsetWidth == 20")
	b.do("window.stays = 1")
	for width := 30; width < 40; width++ {
		s.save("css/my site.css", css(width))
		if width%3 == 0 {
			b.wait(fmt.Sprintf(p+"offsetWidth == %d", width))
		}
	}
	b.wait(p + "offsetWidth == 39 && document.querySelectorAll('link').length == 2")
	b.is("document.querySelector('link').href.endsWith('/css/my%20site.css?v=1&live=' + new URL(document.querySelector('link').href).searchParams.get('live'))")
	b.is("document.querySelectorAll('link')[1].href.endsWith('/css/outer.css')")

	s.save("css/inner.css", "p { height: 50px }")
	b.wait(p + "offsetHeight == 50")
	s.save("css/outer.css", "@import 'inner.css'; p { margin-left: 5px }")
	b.wait(p + "offsetLeft == 5 && " + p + "offsetHeight == 50")
	s.save("css/inner.css", "p { height: 60px }")
	b.wait(p + "offsetHeight == 60")
	if err := os.Remove(filepath.Join(s.dir, "css", "my site.css")); err != nil {
		t.Fatal(err)
	}
	b.wait(p + "offsetWidth == 10 && document.querySelectorAll('link').length == 2")
	b.mu.Lock()
	b.faults = nil // that there is no such file
	b.mu.Unlock()
	s.save("css/my site.css", css(70))
	b.wait(p + "offsetWidth == 70")
	b.is("window.stays")
	if n := s.count("/"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

// TestSlowStyles swaps styles that are saved faster than they come.
func TestSlowStyles(t *testing.T) {
	t.Parallel()
	slow := fileserver.WithFilter(func(q *fileserver.Request, p *fileserver.Response) {
		if p.Name == "a.css" {
			time.Sleep(4 * quiet)
		}
	})
	s := serve(t, map[string]string{"index.html": box + "<link rel=stylesheet href=a.css><p>p", "a.css": ""}, slow)
	b := s.open("/")
	for width := 20; width < 26; width++ {
		s.save("a.css", fmt.Sprintf("p { width: %dpx }", width))
		s.probe()
	}
	b.wait("document.querySelector('p').offsetWidth == 25 && document.querySelectorAll('link').length == 1")
}

// TestStylesElsewhere has styles show that are not linked by their own names.
func TestStylesElsewhere(t *testing.T) {
	t.Parallel()
	rename := fileserver.WithRouter(func(q *fileserver.Request, missing bool) (fileserver.Route, bool) {
		return fileserver.Route{Status: 200, Path: "/real.css"}, q.Path == "/alias"
	})
	s := serve(t, map[string]string{
		"alias.html":  box + "<link rel=stylesheet href=alias><p>p",
		"real.css":    "p { width: 20px }",
		"shadow.html": box + "<p>p<div></div><script>document.querySelector('div').attachShadow({mode: 'open'}).innerHTML = '<link rel=stylesheet href=deep.css><p>in'; window.isLoaded = true</script>",
		"deep.css":    "p { width: 20px }",
		"style.html":  box + "<style>@import 'sub/deep.css'</style><p>p", "sub/deep.css": "p { height: 20px }",
	}, rename)
	a, d, e := s.open("/alias.html"), s.open("/shadow.html"), s.open("/style.html")
	const in = "document.querySelector('div').shadowRoot.querySelector('p').offsetWidth"
	a.wait("document.querySelector('p').offsetWidth == 20")
	d.wait(in + " == 20")
	e.wait("document.querySelector('p').offsetHeight == 20")
	a.do("window.stays = 1")
	s.save("real.css", "p { width: 30px }")
	a.wait("document.querySelector('p').offsetWidth == 30")
	a.is("window.stays")
	s.save("deep.css", "p { width: 30px }")
	d.wait(in + " == 30")
	s.save("sub/deep.css", "p { height: 30px }")
	e.wait("document.querySelector('p').offsetHeight == 30")
}

func svg(width int) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="10"/>`, width)
}

// TestImages swaps images, and loads a page anew that has them in other ways.
func TestImages(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{
		"index.html": box + `<img id=a src=img/a.svg#x><img id=b srcset="img/b.svg 1x, img/b.svg?2 20x"><picture><source srcset=img/c.svg><img id=c src=img/d.svg></picture>`,
		"back.html":  box + `<p style="background: url(img/a.svg)">p`,
		"both.html":  box + `<p style="background: url(img/a.svg)">p<img src=img/a.svg>`,
		"get.html":   "<img src=img/a.svg><p>p<script>fetch('img/a.svg')</script>",
		"img/a.svg":  svg(10), "img/b.svg": svg(10), "img/c.svg": svg(10), "img/d.svg": svg(10),
	})
	b := s.open("/index.html")
	others := []*tab{s.open("/back.html"), s.open("/both.html"), s.open("/get.html")}
	b.wait("a.naturalWidth == 10 && b.naturalWidth == 10 && c.naturalWidth == 10")
	b.do("window.stays = 1")
	for _, other := range others {
		other.shows("p")
		other.do("window.stays = 1")
	}
	for _, name := range []string{"a", "b", "c"} {
		for _, width := range []int{20, 30} {
			s.save("img/"+name+".svg", svg(width))
			b.wait(fmt.Sprintf("%s.naturalWidth == %d", name, width))
		}
		if name == "a" {
			for _, other := range others {
				other.wait("!window.stays")
			}
		}
	}
	b.is("window.stays && a.src.endsWith('#x')")
	if n := s.count("/index.html"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

// TestBurst has 200 writes be one reload.
func TestBurst(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one"})
	b := s.open("/")
	b.shows("one")
	s.probe() // which is when the answer has been counted, too
	for try := 1; ; try++ {
		loads, told := s.count("/"), s.changes()
		longest, last := time.Duration(0), time.Now()
		for i := range 200 {
			s.save([]string{"index.html", "a.html", "b.js"}[i%3], fmt.Sprintf("<p>%d of %d", i, try))
			longest, last = max(longest, time.Since(last)), time.Now()
		}
		b.shows(fmt.Sprintf("198 of %d", try))
		s.probe()
		if longest > quiet/2 && try < 20 {
			continue // the machine was busy: it was no burst
		}
		// One for the burst, one for the probe.
		if n := s.count("/") - loads; n != 1 || s.changes()-told != 2 {
			t.Errorf("%d loads for %d changes, want one for the burst, whose writes were up to %v apart", n, s.changes()-told, longest)
		}
		return
	}
}

// TestOpenedBefore has a page show an edit whose file was opened before it, and
// which was sent after it had been told.
func TestOpenedBefore(t *testing.T) {
	t.Parallel()
	var s *site
	var once sync.Once
	late := fileserver.WithFilter(func(q *fileserver.Request, p *fileserver.Response) {
		if p.Name == "late.html" {
			once.Do(func() {
				s.save("late.html", "<p>new")
				s.probe()
			})
		}
	})
	s = serve(t, map[string]string{"late.html": "<p>old"}, late)
	b := s.open("/late.html")
	b.shows("new")
	b.probe()
	if n := s.count("/late.html"); n != 2 {
		t.Errorf("the page was loaded %d times", n)
	}
}

// TestTorn recovers from an answer that was cut off, because the file was
// written to while it was sent.
func TestTorn(t *testing.T) {
	t.Parallel()
	var s *site
	var torn atomic.Int32
	write := fileserver.WithFilter(func(q *fileserver.Request, p *fileserver.Response) {
		if n := torn.Add(1); p.Name != "" && 2 <= n && n <= 4 {
			text := strings.Repeat("x", int(n))
			if err := os.WriteFile(filepath.Join(s.dir, p.Name), []byte("<p>"+text), 0o666); err != nil {
				t.Error(err)
			}
		}
	})
	s = serve(t, map[string]string{"index.html": "<p>long enough"}, write)
	b := s.openAtFault("/")
	b.shows("long enough")
	s.save("index.html", "<p>saved")
	b.shows("xxxx")
}

// probe waits until a change has been told that comes after all others, and
// concerns no page.
func (s *site) probe() {
	s.Helper()
	name := fmt.Sprintf("probe-%d.log", time.Now().UnixNano())
	s.save(name, "")
	for deadline := time.Now().Add(most); !s.isTold(name); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatal("the probe was not told")
		}
	}
}

// TestScroll keeps the place in the page, and in what scrolls in it.
func TestScroll(t *testing.T) {
	t.Parallel()
	page := func(text string) string {
		return "<!doctype html><style>html { scroll-behavior: smooth } div { height: 9000px } section { height: 99px; overflow: auto }</style><p>" + text + "<section><div></div></section><div></div>"
	}
	s := serve(t, map[string]string{"index.html": page("one")})
	b := s.open("/")
	b.shows("one")
	b.do("scrollTo({top: 1234, behavior: 'instant'}); document.querySelector('section').scrollTop = 567")
	b.wait("scrollY == 1234")
	s.save("index.html", page("two"))
	b.shows("two")
	b.wait("scrollY == 1234 && document.querySelector('section').scrollTop == 567")
	b.is("sessionStorage.length == 0")
}

// TestMissing shows a page that was missing when it comes to be.
func TestMissing(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"a.html": "a"})
	b, css := s.openAtFault("/new.html"), s.openAtFault("/new.css")
	b.shows("404 Not Found")
	css.shows("404 Not Found")
	s.save("new.html", "<p>it is there")
	b.shows("it is there")
	s.save("new.css", "p { width: 1px }")
	css.shows("p { width: 1px }")
}

// TestRouted keeps a page up to date that answers for another path, and is coded.
func TestRouted(t *testing.T) {
	t.Parallel()
	spa := fileserver.WithRouter(func(q *fileserver.Request, missing bool) (fileserver.Route, bool) {
		return fileserver.Route{Status: 200, Path: "/index.html"}, missing
	})
	long := "<!doctype html><!--" + strings.Repeat("text ", 1000) + "--><script>history.replaceState(0, '', '/deep/' + location.pathname.length)</script><p>"
	s := serve(t, map[string]string{"index.html": long + "one"}, spa)
	b := s.open("/some/where")
	b.shows("one")
	s.save("index.html", long+"two")
	b.shows("two")
	b.is("location.pathname.startsWith('/deep/')")
	coding := `fetch('/', {headers: {'Accept-Encoding': 'unused'}}).then(r => ['gzip', 'br', 'zstd'].includes(r.headers.get('Content-Encoding')))`
	b.is(coding)
}

// TestLatin1 has pages keep the charset that they declare.
func TestLatin1(t *testing.T) {
	t.Parallel()
	page := func(text string) string {
		return "<!doctype html><script>window.ran = 1</script><meta charset=iso-8859-2><p>\xb1 " + text
	}
	s := serve(t, map[string]string{"index.html": page("one")})
	b := s.open("/")
	b.shows("ą one")
	s.save("index.html", page("two"))
	b.shows("ą two")
	b.is("document.characterSet == 'ISO-8859-2'")
}

// TestRestart loads pages anew when the server was started anew.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one"})
	b, c := s.openAtFault("/"), s.openAtFault("/")
	b.shows("one")
	c.shows("one")
	for _, text := range []string{"two", "three"} {
		s.stop()
		s.save("index.html", "<p>"+text)
		time.Sleep(2 * retry) // so that the pages come to a closed door
		s.start()
		b.shows(text)
		c.shows(text)
	}
	s.save("index.html", "<p>four")
	b.shows("four")
	c.shows("four")
}

// TestTabs has more tabs than a browser has connections to a site, all of which
// hear of changes, whichever of them has the stream.
func TestTabs(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>0"})
	var tabs []*tab
	for range 10 {
		b := s.open("/")
		b.shows("0")
		tabs = append(tabs, b)
	}
	for round := 1; len(tabs) > 1; round++ {
		text := fmt.Sprint(round)
		s.save("index.html", "<p>"+text)
		for _, b := range tabs {
			b.shows(text)
		}
		s.waitForStreams(1)
		for range min(3, len(tabs)-1) {
			last := len(tabs) - 1
			if err := chromedp.Cancel(tabs[last].ctx); err != nil {
				t.Error(err)
			}
			tabs = tabs[:last]
		}
	}
}

// TestHandover has a page get the stream that one had which is closed.
func TestHandover(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one"})
	b := s.open("/")
	b.shows("one")
	for _, text := range []string{"two", "three"} {
		c := s.open("/") // which has it
		s.waitForStreams(1)
		if err := chromedp.Cancel(c.ctx); err != nil {
			t.Fatal(err)
		}
		s.save("index.html", "<p>"+text)
		b.shows(text)
	}
}

// waitForStreams waits until so many streams are open.
func (s *site) waitForStreams(want int) {
	s.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(5 * time.Millisecond) {
		s.live.streams.mu.Lock()
		open := len(s.live.streams.open)
		s.live.streams.mu.Unlock()
		if open == want {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("%d streams are open, want %d", open, want)
		}
	}
}

// hide has a page believe that it is hidden, or is not, and has the browser
// freeze it then.
func (b *tab) hide(hidden bool) {
	b.Helper()
	state := protocol.SetWebLifecycleStateStateActive
	if hidden {
		state = protocol.SetWebLifecycleStateStateFrozen
	}
	thaw := func() {
		if _, err := chromedp.Call(b.ctx, protocol.SetWebLifecycleState, protocol.SetWebLifecycleStateParams{State: state}); err != nil {
			b.Fatal(err)
		}
	}
	if !hidden {
		thaw()
	}
	b.do(fmt.Sprintf("Object.defineProperty(document, 'hidden', {value: %v, configurable: true}), document.dispatchEvent(new Event('visibilitychange'))", hidden))
	if hidden {
		thaw()
	}
}

// TestHidden has the page that is looked at hear of changes though one that is
// frozen had the stream, which catches up when it is looked at.
func TestHidden(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": box + "<link rel=stylesheet href=a.css><p>p", "a.css": ""})
	b, c := s.open("/"), s.open("/")
	b.shows("p")
	c.shows("p")
	for _, pair := range [][2]*tab{{c, b}, {c, b}, {b, c}, {b, c}} {
		hidden, shown := pair[0], pair[1]
		shown.do("window.stays = 1")
		hidden.do("window.stays = 1")
		hidden.hide(true)
		width := time.Now().UnixMilli()%100 + 100
		for range 3 {
			width++
			s.save("a.css", fmt.Sprintf("p { width: %dpx }", width))
			shown.wait(fmt.Sprintf("document.querySelector('p').offsetWidth == %d", width))
		}
		hidden.hide(false)
		hidden.wait(fmt.Sprintf("document.querySelector('p').offsetWidth == %d", width))
		shown.is("window.stays")
		hidden.is("window.stays")
	}
}

// TestBack comes back to a page that has changed meanwhile.
func TestBack(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one", "next.html": "<p>next"})
	b := s.open("/")
	b.shows("one")
	b.do("location.href = '/next.html'")
	b.shows("next")
	s.save("index.html", "<p>two")
	b.probe()
	b.shows("next")
	b.do("history.back()")
	b.shows("two")
}

// BenchmarkLatency tells how long it takes from the end of a save until a page
// shows it, in ms.
func BenchmarkLatency(b *testing.B) {
	s := serve(b, map[string]string{"index.html": "<p>one", "style.html": box + "<link rel=stylesheet href=a.css><p>p", "a.css": "p { width: 10px }"})
	content := func(n int) string {
		return fmt.Sprintf("<!doctype html><p>%d<script>window.shown = Date.now(), window.round = %d</script>", n, n)
	}
	watch := "(function look() { const width = document.querySelector('p').offsetWidth; if (width != window.round) { window.round = width; window.shown = Date.now() } setTimeout(look, 1) })()"
	for _, c := range []struct {
		name, path, file string
		text             func(n int) string
	}{
		{"page", "/", "index.html", content},
		{"style", "/style.html", "a.css", func(n int) string { return fmt.Sprintf("p { width: %dpx }", n) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			time.Sleep(2 * delay) // so that the page is not taken for an old one
			t := s.open(c.path)
			if c.name == "style" {
				t.do(watch)
			}
			var worst, total time.Duration
			seen := 0
			for n := range b.N {
				round := 100 + n
				s.save(c.file, c.text(round))
				saved := time.Now()
				t.wait(fmt.Sprintf("window.round == %d", round))
				shown, err := chromedp.Run(t.ctx, chromedp.Evaluate[int64]("window.shown ?? 0"))
				if err != nil || shown == 0 {
					continue // it was told twice, and the page is loaded once more
				}
				took := time.UnixMilli(shown).Sub(saved)
				total, worst, seen = total+took, max(worst, took), seen+1
			}
			b.ReportMetric(float64(total.Milliseconds())/float64(max(seen, 1)), "ms/save")
			b.ReportMetric(float64(worst.Milliseconds()), "ms-worst")
			b.ReportMetric(0, "ns/op")
		})
	}
}
