package listing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"

	"github.com/gserve/gserve/fileserver"
)

// readAloud is a folder with all that a page can have.
func readAloud(t testing.TB) (dir, path string) {
	dir = oneOfEach(t)
	writeFiles(t, dir, map[string]string{
		"in/folder/": "", "in/a.txt": "a", "in/b.png": pixels(t), "in/" + strings.Repeat("long", 20) + ".tar.gz": "x", "in/עברית.txt": "",
		"in/README.md": "# Title\n\nText with [a link](a.txt), `code`.\n\n## More\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
		"in/.hidden":   "",
	})
	return dir, "/in/"
}

// contrast finds text that is hard to read: of less than 4.5 to 1 before its
// background, by the formula of WCAG 2.
const contrast = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const paint = (...colors) => {
		canvas.clearRect(0, 0, 1, 1);
		for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1) }
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const light = rgb => {
		const [r, g, b] = rgb.map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b;
	};
	const page = getComputedStyle(document.body).backgroundColor, bad = [];
	let seen = 0;
	const look = (element, color, text) => {
		const backgrounds = [];
		let opacity = 1;
		for (let e = element; e; e = e.parentElement) {
			backgrounds.unshift(getComputedStyle(e).backgroundColor);
			opacity *= getComputedStyle(e).opacity;
		}
		const behind = paint(page, ...backgrounds), front = paint(page, ...backgrounds, color).map((c, i) => behind[i] + (c - behind[i]) * opacity);
		const [a, b] = [light(behind), light(front)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
		seen++;
		if (ratio < 4.5) bad.push(text.trim().slice(0, 30) + ': ' + ratio.toFixed(2));
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; node = walker.nextNode();) {
		const element = node.parentElement;
		if (node.data.trim() && element.checkVisibility() && !element.closest('script, style')) look(element, getComputedStyle(element).color, node.data);
	}
	for (const input of document.querySelectorAll('[placeholder]')) look(input, getComputedStyle(input, '::placeholder').color, 'placeholder');
	return seen < 10 ? 'saw ' + seen + ' texts only' : bad.join('\n');
})()`

// isReadable fails the test where there is such text.
func (b *tab) isReadable() {
	b.Helper()
	if bad := of[string](b, contrast); bad != "" {
		b.Errorf("hard to read:\n%s", bad)
	}
}

func TestContrast(t *testing.T) {
	t.Parallel()
	dir, path := readAloud(t)
	server := serve(t, dir)
	for _, theme := range []string{"light", "dark"} {
		b := show(t, server, desktop, path, on("", "prefers-color-scheme", theme))
		background := of[string](b, "getComputedStyle(document.body).backgroundColor")
		if dark := background != "rgb(255, 255, 255)"; dark != (theme == "dark") {
			t.Errorf("the background is %s in the %s theme", background, theme)
		}
		for _, s := range []screen{desktop, phone} {
			b.resize(s)
			b.open(path)
			of[bool](b, "document.querySelector('#save').open = true")
			of[bool](b, "document.querySelector('[name=name]').checked = true")
			b.isReadable()
			b.press("?")
			b.wait("document.querySelector('#keys') && document.getAnimations().length == 0")
			b.isReadable()
			b.open(path + "?q=a&limit=1")
			b.isReadable()
			b.open(path + "?q=a&deep=1")
			b.isReadable()
		}
	}
}

// role is what a node is to those who are read the page.
func role(n *accessibility.Node) string { return text(n.Role) }

func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

func TestAccessibilityTree(t *testing.T) {
	t.Parallel()
	dir, path := readAloud(t)
	server := serve(t, dir)
	interactive := []string{"button", "link", "checkbox", "textbox", "searchbox", "DisclosureTriangle", "dialog", "img", "image"}
	for _, s := range []screen{desktop, phone} {
		b := show(t, server, s, path)
		of[bool](b, "document.querySelector('#select').checked = true")
		count := make(map[string]int)
		names := make(map[string][]string)
		for _, n := range send(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
			if n.Ignored {
				continue
			}
			count[role(n)]++
			names[role(n)] = append(names[role(n)], text(n.Name))
			if slices.Contains(interactive, role(n)) && text(n.Name) == "" {
				t.Errorf("%v: a %s has no name", s, role(n))
			}
		}
		// The table of the README is one, too; its link is the only one below the rows.
		want := map[string]int{"table": 2, "row": 1 + 7 + 2, "columnheader": 3 + 2, "main": 1, "banner": 1, "search": 1, "searchbox": 1, "status": 1, "article": 1, "link": 1 + 7 + 1}
		for role, n := range want {
			if count[role] != n {
				t.Errorf("%v: %d of role %s, want %d: %q", s, count[role], role, n, names[role])
			}
		}
		if cells := count["cell"] + count["gridcell"]; cells < 7*3+2 {
			t.Errorf("%v: %d cells, want %d at least", s, cells, 7*3+2)
		}
		if got := names["checkbox"]; !slices.Contains(got, "Select a.txt") || !slices.Contains(got, "whole tree") && s == desktop {
			t.Errorf("%v: boxes are called %q", s, got)
		}
		if got := names["columnheader"]; !slices.Equal(got[:3], []string{"Name", "Size", "Modified"}) {
			t.Errorf("%v: columns are called %q", s, got)
		}
	}
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	dir, path := readAloud(t)
	b := show(t, serve(t, dir), desktop, path)
	for _, query := range []string{"", "?q=a", "?q=a&deep=1", "?sort=size&order=desc&limit=2&offset=1", "?sort=time"} {
		b.open(path + query)
		equal(b, "document.documentElement.lang", "en")
		equal(b, "document.querySelectorAll('h1').length", 1)
		equal(b, "document.querySelectorAll('main').length", 1)
		equal(b, "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) != i).join()", "")
		equal(b, "[...document.querySelectorAll('input:not([type=hidden])')].filter(e => !e.labels.length && !e.ariaLabel).length", 0)
		equal(b, "document.querySelector('meta[name=viewport]').content", "width=device-width, initial-scale=1")
		// A heading does not skip a level.
		equal(b, "[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1]).filter((level, i, all) => level > (all[i - 1] || 0) + 1).length", 0)
		want := map[string]string{"": "Name ascending", "?q=a": "Name ascending", "?q=a&deep=1": "", "?sort=time": "Modified ascending"}[query]
		if strings.Contains(query, "desc") {
			want = "Size descending"
		}
		equal(b, "[...document.querySelectorAll('[aria-sort]')].map(e => e.textContent.trim() + ' ' + e.ariaSort).join()", want)
	}
}

// TestReducedMotion moves nothing where people want that nothing moves.
func TestReducedMotion(t *testing.T) {
	t.Parallel()
	server := serve(t, oneOfEach(t))
	moving := `[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);
		return s.animationName != 'none' || s.transitionProperty != 'all' && s.transitionDuration != '0s' || s.scrollBehavior != 'auto' }).length`
	for motion, want := range map[string]int{"reduce": 0, "no-preference": 1} {
		b := show(t, server, desktop, "/", on("", "prefers-reduced-motion", motion))
		b.press("?")
		equal(b, moving, want)
	}
}

// TestPrint leaves what is of use on paper.
func TestPrint(t *testing.T) {
	t.Parallel()
	dir, path := readAloud(t)
	b := show(t, serve(t, dir), desktop, path, on("print"))
	for _, selector := range []string{"#find", "#save", "#status", "#chosen", ".up", "[name=name]", ".path nav"} {
		b.is(fmt.Sprintf("!document.querySelector(%q).checkVisibility()", selector))
	}
	for _, selector := range []string{"h1", "#summary", "th", "#entries tbody tr:not(.up) a", "#readme"} {
		b.is(fmt.Sprintf("document.querySelector(%q).checkVisibility()", selector))
	}
	equal(b, "getComputedStyle(document.querySelector('body > header')).position", "static")
	equal(b, "getComputedStyle(document.querySelector('#entries tbody:last-child')).contentVisibility", "visible")
}

// TestTargets measures what a finger has to hit.
func TestTargets(t *testing.T) {
	t.Parallel()
	dir, path := readAloud(t)
	b := show(t, serve(t, dir, fileserver.WithTitle("Home")), phone, path)
	equal(b, `[...document.querySelectorAll('#entries tbody a')].filter(a => {
		const r = a.closest('tr').getBoundingClientRect(); return r.height < 40 || r.width < 300 }).length`, 0)
	equal(b, "Math.round(document.querySelector('.path nav a').getBoundingClientRect().height)", 44)
	b.click("#find [name=q]")
	equal(b, `[...document.querySelectorAll('#find button, #find label, #find [name=q]')].filter(e => e.getBoundingClientRect().height < 40).length`, 0)
	of[bool](b, "document.querySelector('#save').open = true")
	equal(b, `[...document.querySelectorAll('#save button, thead button, thead label, summary')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).length`, 0)
}
