package live

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		exists bool
		want   kind
	}{
		{"index.html", true, other},
		{"index.html", false, other},
		{"css/Site.CSS", true, style},
		{"css/site.css", false, style},
		{"a.png", true, image}, {"a.svg", true, image}, {"a.webp", true, image}, {"favicon.ico", true, image},
		{"app.js", true, other}, {"app.mjs", true, other}, {"data.json", true, other}, {"font.woff2", true, other},
		{"page.xhtml", true, other}, {"notes.txt", true, other}, {"README.md", true, other}, {"a.mp4", true, other},

		{"site.scss", true, source}, {"site.css.map", true, source}, {"app.ts", true, source}, {"server.log", true, source},
		{"notes.db", true, source}, {"notes.db-wal", true, source}, {"Makefile", true, source}, {"site.scss", false, source},

		{"sedAb12Cd", false, ignored}, {"style.css.1a2b", false, ignored},
		{"4913", true, ignored}, {"index.html~", true, ignored}, {"#index.html#", true, ignored}, {".#index.html", true, ignored},
		{"a/index.html.swp", true, ignored}, {"index.html.tmp", true, ignored}, {"index.html___jb_tmp___", true, ignored}, {"~$a.docx", true, ignored},
	} {
		if got := kindOf(c.name, c.exists); got != c.want {
			t.Errorf("kindOf(%q, %v) = %d, want %d", c.name, c.exists, got, c.want)
		}
	}
}

// TestJudge tells names below the roots, and of those elsewhere that something
// has changed.
func TestJudge(t *testing.T) {
	t.Parallel()
	one, two := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(one, "Makefile"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := New(Options{Roots: []string{one, two}})
	for _, c := range []struct {
		names []string
		want  change
	}{
		{nil, change{}},
		{[]string{filepath.Join(one, "css", "a.css"), filepath.Join(two, "b.png")}, change{Styles: []string{"css/a.css"}, Images: []string{"b.png"}}},
		{[]string{filepath.Join("css", "a.css")}, change{Styles: []string{"css/a.css"}}},
		{[]string{filepath.Join(one, "Makefile"), "Makefile"}, change{Sources: []string{"Makefile"}}},
		{[]string{filepath.Join(one, "gone")}, change{}},
		{[]string{filepath.Join(one, "a.css"), filepath.Join(two, "b.html")}, change{Reload: true}},
		{[]string{filepath.Join(filepath.Dir(one), "elsewhere.css")}, change{Reload: true}},
	} {
		if got := l.judge(c.names); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, want %+v", c.names, got, c.want)
		}
	}
}
