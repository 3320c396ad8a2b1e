package listing_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/exchange"
)

// cruelNames are what files can be called on Linux, and what is most likely to
// mean something else on its way through HTML, a URL, a header, or a form.
var cruelNames = []string{
	"a\nb", "a\tb", "a\rb", "\x1b[31mred", "\x7f", "\"", "'", "<script>alert(1)<", "<b>bold", "<!--", "]]>", "{{.}}", "${x}", "$(id)", "`id`",
	"javascript:alert(1)", "data:text,x", "http:", "c:", "\\\\x", "\\", "..\\x", "%2e%2e", "%00", "%2f", "%", "%zz", "%25",
	"?", "?archive=zip", "#", "#top", "a#b?c", ":", ";", "a;type=i", "&", "&amp;", "&lt", "+", "a+b", "a b", " before", "after ", " ", "trailing.", "...", "-",
	"-rf", "--help", "CON", "nul.txt", "café", "cafe\u0301", "a\u2028b", "a\u2029b", "\ufeffbom", "\u202egpj.exe", "\u2066x\u2069", "\u200b", "\u200d",
	"👩\u200d👩\u200d👧.txt", "🏳️\u200d🌈", "\xff\xfe", "lone \xc3", "\xed\xa0\x80", "~", "~root", "a=b&c=d", "*", "|", "@", "[", "a,b", "()", "^",
	"index.html.txt", "ｆｕｌｌ", "עברית.txt", "日本語", "e\u0301\u0301\u0301\u0301", "UPPER", "upper",
	strings.Repeat("n", 255), strings.Repeat("\xff", 255), strings.Repeat("é", 127), strings.Repeat("&", 255), strings.Repeat("\n", 100),
}

// cruelFolder is a folder of them, each file of a content of its own, and of
// folders that are called so as well.
func cruelFolder(t testing.TB) (dir string, contents []string) {
	dir = t.TempDir()
	write := func(name string) {
		content := fmt.Sprintf("<%d>", len(contents))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Skipf("this file system has no %.20q: %v", name, err)
		}
		contents = append(contents, content)
	}
	for i, name := range cruelNames {
		write(name)
		if len(name) > 100 { // a path in an archive or a mirror has an end
			continue
		}
		folder := fmt.Sprintf("%s in %d", name, i)
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(folder, "inside"))
	}
	return dir, contents
}

// TestCruelNames follows all links of a page.
func TestCruelNames(t *testing.T) {
	t.Parallel()
	dir, contents := cruelFolder(t)
	server := serve(t, dir, fileserver.WithHidden())
	for _, s := range []screen{phone, desktop} {
		b := show(t, server, s, "/")
		equal(b, "document.documentElement.scrollWidth", int(s.width))
		equal(b, "document.querySelectorAll('script').length", 1)
		// No link leads out of the folder.
		equal(b, "[...document.querySelectorAll('#entries tbody a')].filter(a => a.origin != location.origin || a.search || a.hash || !/^[/][^/]+[/]?$/.test(a.pathname)).map(a => a.outerHTML).join()", "")
		shown := of[[]string](b, "[...document.querySelectorAll('#entries tbody a')].map(a => a.textContent)")
		for _, name := range shown {
			for _, r := range name {
				if r != '\u200d' && r != '\u200c' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%q is shown, with %U in it", name, r)
				}
			}
		}
		if s == desktop {
			continue
		}
		got := b.follow()
		slices.Sort(got)
		want := slices.Sorted(slices.Values(contents))
		if !slices.Equal(got, want) {
			t.Errorf("the links lead to %d files, want %d; missing: %q", len(got), len(want), without(want, got))
		}
	}
}

// follow returns the contents of all files that rows link to, and of those in
// the folders that they link to.
func (b *tab) follow() []string {
	b.Helper()
	return of[[]string](b, `(async () => {
		const read = href => fetch(href).then(answer => answer.text());
		return Promise.all([...document.querySelectorAll('#entries tr:not(.up) a')].map(async a => {
			const text = await read(a.href);
			if (!a.closest('.folder')) return text;
			const page = new DOMParser().parseFromString(text, 'text/html');
			return read(new URL(page.querySelector('#entries tr:not(.up) a').getAttribute('href'), a.href));
		}));
	})()`)
}

func without(all, some []string) (rest []string) {
	for _, s := range all {
		if !slices.Contains(some, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

// TestCruelNamesClicked goes to files and folders as people do.
func TestCruelNamesClicked(t *testing.T) {
	t.Parallel()
	dir, _ := cruelFolder(t)
	b := show(t, serve(t, dir, fileserver.WithHidden()), desktop, "/")
	for i, name := range cruelNames {
		if !slices.Contains([]string{"a\nb", "\"", "<script>alert(1)<", "javascript:alert(1)", "\\\\x", "%2e%2e", "?archive=zip", "#top", "a#b?c", ":", " before", "after ", "\xff\xfe", "a=b&c=d", "..."}, name) {
			continue
		}
		folder := fmt.Sprintf("%s in %d", name, i)
		find := func(suffix string) string {
			return fmt.Sprintf("[...document.querySelectorAll('#entries a')].find(a => a.href.endsWith(%q))", suffix)
		}
		b.open("/")
		of[bool](b, find("%20in%20"+fmt.Sprint(i)+"/")+".focus(), true")
		b.press("Enter")
		b.wait(fmt.Sprintf("location.pathname.endsWith('%%20in%%20%d/') && document.readyState == 'complete'", i))
		b.is("document.querySelectorAll('#entries tr').length == 3")
		if utf8.ValidString(folder) && !strings.ContainsAny(folder, "\n") {
			equal(b, "document.querySelector('h1').textContent", folder)
		}
		of[bool](b, "document.querySelector('#entries tr:not(.up) a').click(), true")
		b.wait("location.pathname.endsWith('/inside') && document.readyState == 'complete'")
		b.is("document.body.textContent.startsWith('<')")
	}
}

// TestCruelNamesChosen has all of them in an archive that can be.
func TestCruelNamesChosen(t *testing.T) {
	t.Parallel()
	dir, _ := cruelFolder(t)
	b := show(t, serve(t, dir, fileserver.WithHidden()), desktop, "/", withoutScript)
	all := of[[]string](b, "[...document.querySelectorAll('#entries tr:not(.folder) [name=name]')].map(box => { box.checked = true; return box.value })")
	if len(all) < 60 {
		t.Errorf("%d boxes are there to tick", len(all))
	}
	var want []string
	for _, name := range all {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(content))
	}
	var got []string
	for _, content := range zipped(t, b.download(func() { b.click("#chosen [value=zip]") })) {
		got = append(got, content)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the zip has %d files, want the %d that were chosen; missing: %q", len(got), len(want), without(want, got))
	}
}

// TestWget has a real crawler copy a tree of them. It must not be led to what
// is only another view of the same.
func TestWget(t *testing.T) {
	t.Parallel()
	wget := exchange.Program(t, "wget")
	dir, contents := cruelFolder(t)
	// Wget decodes this name twice, and writes the file over "%".
	i := slices.Index(cruelNames, "%25")
	if err := os.Remove(filepath.Join(dir, cruelNames[i])); err != nil {
		t.Fatal(err)
	}
	contents = slices.DeleteFunc(contents, func(content string) bool { return content == fmt.Sprintf("<%d>", i+i) })
	server := serve(t, dir, fileserver.WithHidden())
	mirror := t.TempDir()
	command := exec.Command(wget, "--no-config", "-r", "-np", "-nv", "-nH", "-l", "inf", "-e", "robots=off", server.URL+"/")
	command.Dir = mirror
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "http_proxy=")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("wget: %v\n%s", err, output)
	}
	if strings.Contains(string(output), "/?") {
		t.Errorf("wget was led to a view:\n%s", output)
	}
	var got []string
	pages := 0
	if err := filepath.WalkDir(mirror, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.HasPrefix(string(content), "<!doctype") {
			pages++
		} else {
			got = append(got, string(content))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(contents))
	if !slices.Equal(got, want) {
		t.Errorf("the mirror has %d files, want %d; missing: %q\n%s", len(got), len(want), without(want, got), output)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "* in *"))
	if err != nil {
		t.Fatal(err)
	}
	if pages != len(folders)+1 {
		t.Errorf("the mirror has %d pages, want %d", pages, len(folders)+1)
	}
}
