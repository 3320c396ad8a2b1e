package listing

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// What a README may be at most to be rendered. A larger one is shown as it is
// written: few people write one, and rendering takes more time than in
// proportion.
const (
	maxMarkdown = 64 << 10
	maxNesting  = 50      // of quotes and lists in one line
	maxCells    = 20_000  // of all tables, had they as many columns as the widest and all lines
	maxRendered = 1 << 20 // bytes of HTML
)

// Readme returns what is shown of a README: Markdown rendered, plain text as it
// is. It takes up to about a second if it is written to take long.
func Readme(source []byte, isMarkdown bool) template.HTML {
	if isMarkdown && len(source) <= maxMarkdown && !isExcessive(source) {
		if rendered := renderMarkdown(source); len(rendered) <= maxRendered {
			return template.HTML(rendered)
		}
	}
	text := template.HTMLEscapeString(strings.ToValidUTF8(string(source), "\ufffd"))
	return template.HTML("<pre>" + text + "</pre>")
}

// isExcessive reports whether Markdown is written to be large when it is
// rendered: with a table of many columns, which every line is padded to, or with
// hundreds of quotes and lists in each other.
func isExcessive(source []byte) bool {
	columns, lines := 0, 0
	for line := range bytes.Lines(source) {
		lines++
		if markers(line) > maxNesting {
			return true
		}
		if len(bytes.Trim(line, "|:- \t\r\n")) == 0 {
			columns = max(columns, bytes.Count(line, []byte("|")))
		}
	}
	return columns*lines > maxCells
}

// markers returns how many quotes and items of lists a line begins with.
func markers(line []byte) (n int) {
	for _, c := range line {
		switch {
		case c == '>' || c == '*' || c == '-' || c == '+' || c == '.' || c == ')':
			n++
		case c != ' ' && c != '\t' && !isDigit(c):
			return n
		}
	}
	return n
}

// renderMarkdown returns Markdown as HTML that is safe within the page: no
// script, no style, no names that the page could mistake for its own, and
// nothing that is fetched from elsewhere.
func renderMarkdown(source []byte) []byte {
	var rendered bytes.Buffer
	if err := markdown().Convert(source, &rendered); err != nil {
		return nil // a bytes.Buffer takes all that is written
	}
	return readmePolicy().SanitizeBytes(lowerHeadings(rendered.Bytes()))
}

var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.Linkify,
			extension.Strikethrough,
			extension.TaskList,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		),
		goldmark.WithRendererOptions(
			html.WithUnsafe(), // The policy is applied to what comes out.
			renderer.WithNodeRenderers(util.Prioritized(taskBoxes{}, 100)),
		),
	)
})

// taskBoxes renders the boxes of task lists as characters: the page has no form
// in its README.
type taskBoxes struct{}

func (taskBoxes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(extensionast.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		box := "☐ "
		if n.(*extensionast.TaskCheckBox).IsChecked {
			box = "☑ "
		}
		if entering {
			_, _ = w.WriteString(box)
		}
		return ast.WalkContinue, nil
	})
}

var headingTag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)<(/?)h([1-5])\b`) })

// lowerHeadings puts every heading a level below: the first is the page's.
func lowerHeadings(source []byte) []byte {
	return headingTag().ReplaceAllFunc(source, func(tag []byte) []byte {
		tag[len(tag)-1]++
		return tag
	})
}

// ownImage is a reference that stays on this host: no scheme, no host, and none
// of the characters that browsers drop or take for a slash.
const ownImage = `^/?[^/\\:\x00-\x20][^\\:\x00-\x20]*$`

var readmePolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "kbd", "samp", "var",
		"b", "i", "em", "strong", "s", "del", "ins", "mark", "small", "sub", "sup", "q", "abbr", "dfn", "wbr",
		"ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "figure", "figcaption",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(?:left|center|right)$`)).OnElements("p", "h2", "h3", "h4", "h5", "h6", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("open").Matching(regexp.MustCompile(`^(?:open)?$`)).OnElements("details")
	p.AllowAttrs("src").Matching(regexp.MustCompile(ownImage)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^\d{1,4}%?$`)).OnElements("img")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
})
