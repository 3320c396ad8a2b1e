package listing_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gserve/gserve/listing"
)

// readme returns a Markdown README as the page shows it.
func readme(t testing.TB, source string) string {
	t.Helper()
	folder := folderOf("/")
	folder.Readme = listing.Readme([]byte(source), true)
	_, text, _ := strings.Cut(pageOf(t, folder), "<article id=readme aria-label=README>")
	return text
}

func TestReadme(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"# A":                        "<h2>A</h2>",
		"###### A":                   "<h6>A</h6>",
		"<h1 align=center>A</h1>":    `<h2 align="center">A</h2>`,
		"`<h1>`":                     "<code>&lt;h1&gt;</code>",
		"[a](b.txt)":                 `<a href="b.txt" rel="nofollow noreferrer">a</a>`,
		"[a](https://example.com/)":  `<a href="https://example.com/" rel="nofollow noreferrer">a</a>`,
		"[a](mailto:a@example.com)":  `href="mailto:a@example.com"`,
		"https://example.com/":       `<a href="https://example.com/"`,
		"![a](b.png)":                `<img src="b.png" alt="a"`,
		"![a](/b.png)":               `<img src="/b.png" alt="a"`,
		"![a](https://x.test/b.png)": `<img alt="a"`,
		"![a](//x.test/b.png)":       `<img alt="a"`,
		"- [x] done":                 "☑ done",
		"- [ ] open":                 "☐ open",
		"~~a~~":                      "<del>a</del>",
		"|a|b|\n|-|-:|\n|1|2|":       `<td align="right">2</td>`,
		"<details open><summary>a</summary>b</details>": "<summary>a</summary>",
	} {
		if got := readme(t, source); !strings.Contains(got, want) {
			t.Errorf("%q is %s, want %s", source, got, want)
		}
	}
}

// hostileReadmes are what a stranger would have the page do.
var hostileReadmes = []string{
	"<script>alert(1)</script>", "<ScRiPt src=//x></sCrIpT>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<a href='javascript:alert(1)'>a</a>",
	"[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](java\tscript:alert(1))", "[a](&#106;avascript:alert(1))", "[a](data:text/html,<script>)", "[a](vbscript:x)",
	"<p style='position:fixed'>", "<style>*{display:none}</style>", "<form action=//x><input name=q><button>", "<iframe src=//x>", "<object data=x>", "<embed src=x>",
	"<base href=//x>", "<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//x>", "<a id=find name=q class=up>a</a>", "<img name=status class=up src=a>", "</article></main><h1>a</h1>",
	"<math><mi xlink:href='javascript:alert(1)'>", "<video src=//x autoplay>", "<img src='/\t/x.test/a'>", `<img src="\\x.test\a">`, "<img srcset='//x.test/a 1x'>", "<td background=//x>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
	"<!--><script>alert(1)</script>-->", "<![CDATA[<script>]]>", "<x onclick=alert(1)>", strings.Repeat("> ", 5000) + "a", strings.Repeat("[", 20000), strings.Repeat("*a_", 5000), strings.Repeat("<b>", 5000), "\x00\xff\xfe", "![a](<\x00//x.test>)",
}

// forbidden is what the README must not bring into the page.
var forbidden = regexp.MustCompile(`(?i)<(script|style|svg|math|form|input|button|iframe|object|embed|base|meta|link|h1|video|audio|textarea|select|article|main)\b` +
	`|<[^>]*\s(on\w+|style|id|name|class|srcset|background|action)\s*=` +
	`|<[^>]*\s(href|src)\s*=\s*["']?[\x00-\x20]*(javascript|data|vbscript)\s*:` +
	`|<img[^>]*\ssrc\s*=\s*"([^"]*:|[\x00-\x20]*[/\\][\x00-\x20]*[/\\])`)

func TestReadmeIsSafe(t *testing.T) {
	t.Parallel()
	for _, source := range hostileReadmes {
		if found := forbidden.FindString(readme(t, source)); found != "" {
			t.Errorf("%.80q brings in %s", source, found)
		}
	}
}

func TestReadmeTooLarge(t *testing.T) {
	t.Parallel()
	if got := readme(t, strings.Repeat("*a*\n\n", 60_000)); !strings.Contains(got, "<pre>*a*") {
		t.Error("a README of 300 KB is rendered")
	}
}

func FuzzReadme(f *testing.F) {
	for _, source := range hostileReadmes {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		text := readme(t, source)
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%q brings in %q", source, found)
		}
		if strings.Count(text, "</article>") > 1 {
			t.Errorf("%q ends the article that it is in", source)
		}
	})
}

// TestReadmeThatIsExcessive shows as it is what would become huge, or take for
// ever, as HTML.
func TestReadmeThatIsExcessive(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"table":        "|" + strings.Repeat("a|", 500) + "\n|" + strings.Repeat("-|", 500) + "\n" + strings.Repeat("|\n", 2000),
		"quoted table": "> |" + strings.Repeat("a|", 500) + "\n> |" + strings.Repeat("-|", 500) + "\n" + strings.Repeat("> |\n", 2000),
		"lists":        strings.Repeat("* ", 10_000) + "a",
		"numbers":      strings.Repeat("1. ", 10_000) + "a",
		"quotes":       strings.Repeat("> - ", 10_000) + "a",
		"size":         strings.Repeat("a\n\n", 30_000),
	} {
		if got := string(listing.Readme([]byte(source), true)); !strings.HasPrefix(got, "<pre>") || len(got) > 10*len(source) {
			t.Errorf("%s: %d bytes begin with %.20q", name, len(got), got)
		}
	}
	if got := string(listing.Readme([]byte("|a|b|\n|-|-|\n"+strings.Repeat("|1|2|\n", 500)), true)); !strings.HasPrefix(got, "<table>") {
		t.Errorf("a table of 500 rows begins with %.20q", got)
	}
}
