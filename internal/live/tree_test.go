package live

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// FuzzTree has the tree of a page be what it was, but for one script.
func FuzzTree(f *testing.F) {
	for _, seed := range []string{
		"<!doctype html><html lang=en><head><title>t</title><link rel=x></head><body class=a><p>b", "text", "<frameset><frame>", "<table><td>",
		"<!doctype html>\n<p>", "<head></head> <meta a> x", "</p><template><p></template>x", "<base><style>a</style><svg><title><p>", "<noscript><p></noscript>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.ContainsAny(text, "&\x00") || bytes.Contains(bytes.ToLower(text), []byte("security")) || utf16Mark(text) != "" || len(text) > 1000 {
			return
		}
		p := page{head: text, whole: true, mediaType: known}
		edits, last := p.edits("<script>T</script>")
		var b strings.Builder
		if err := write(&b, text, edits); err != nil {
			t.Fatal(err)
		}
		if last != "" || isUnfinished(text[edits[len(edits)-1].from:]) {
			return // what follows the last whole token may be taken for its text
		}
		before, after := tree(t, string(text)), tree(t, b.String())
		if strings.Count(after, scriptMark) != strings.Count(before, scriptMark)+1 {
			t.Fatalf("%q does not run the script: %s", b.String(), after)
		}
		if i := strings.Index(after, scriptMark); merged(after[:i]+after[i+len(scriptMark):]) != merged(before) {
			t.Fatalf("%q\nwas %s\nis  %s", b.String(), before, after)
		}
	})
}

func isUnfinished(rest []byte) bool {
	return len(rest) == 0 || rest[0] == '<' && bytes.IndexByte(rest, '>') < 0
}

const scriptMark = "(script|T|)"

// tree returns the tree of a page as text.
func tree(t *testing.T, text string) string {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Skip(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString("|" + n.Data + "|")
			return
		}
		b.WriteString("(" + n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key + "=" + a.Val)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		b.WriteString(")")
	}
	walk(root)
	return b.String()
}

// merged joins texts that stand side by side.
func merged(tree string) string { return strings.ReplaceAll(tree, "||", "") }
