package webdav

import (
	"encoding/xml"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

func set(value string) string {
	return `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>` + value + `</D:prop></D:set></D:propertyupdate>`
}

func TestProppatch(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("d/f", "x")
	s.want(404, "PROPPATCH", "/absent", set(`<a xmlns="x">1</a>`))
	for name, content := range map[string]string{
		"nothing":          "",
		"no change":        `<propertyupdate xmlns="DAV:"/>`,
		"another element":  `<propfind xmlns="DAV:"><set><prop><a/></prop></set></propfind>`,
		"twice":            set(`<a b="1" b="2"/>`),
		"twice by prefix":  set(`<a x:b="1" y:b="2" xmlns:x="z" xmlns:y="z"/>`),
		"no name":          set(`<x:1 xmlns:x="z"/>`),
		"reserved":         set(`<a x:b="" xmlns:x="http://www.w3.org/2000/xmlns/"/>`),
		"reserved element": set(`<xml:a/>`),
		"a control":        set("<a>\x01</a>"),
		"an entity":        set("<a>&b;</a>"),
	} {
		if got := s.do("PROPPATCH", "/d/f", content); got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.content)
		}
	}
	s.want(413, "PROPPATCH", "/d/f", set("<a>"+strings.Repeat("x", maxProppatch)+"</a>"))

	got := s.want(207, "PROPPATCH", "/d/f", set(`<a xmlns="x">1</a><D:getetag>"forged"</D:getetag>`))
	if !strings.Contains(got.content, "403 Forbidden") || !strings.Contains(got.content, "424 Failed") ||
		!strings.Contains(got.content, "<D:cannot-modify-protected-property/>") || s.property("/d/f", "x", "a") != "404 " {
		t.Error(got.content)
	}
	for _, local := range []string{"displayname", "resourcetype", "quota-used-bytes", "creationdate", "lockdiscovery"} {
		if got := s.want(207, "PROPPATCH", "/d", set("<D:"+local+">x</D:"+local+">")); !strings.Contains(got.content, "403") {
			t.Errorf("%s: %s", local, got.content)
		}
	}
	s.want(207, "PROPPATCH", "/d/f", set(`<a xmlns="x" xml:lang="en"><b c="d">&lt;</b> e</a>`))
	if got := s.property("/d/f", "x", "a"); !strings.Contains(got, `c="d">&lt;</`) {
		t.Error(got)
	}
	s.want(201, "COPY", "/d", "", "Destination: /e")
	s.want(201, "MOVE", "/d", "", "Destination: /g")
	for path, want := range map[string]bool{"/e/f": true, "/g/f": true} {
		if got := s.property(path, "x", "a"); strings.HasPrefix(got, "200 ") != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	s.want(204, "DELETE", "/g", "")
	s.want(201, "MKCOL", "/g", "")
	s.want(201, "PUT", "/g/f", "")
	if got := s.property("/g/f", "x", "a"); got != "404 " {
		t.Errorf("it outlived its file: %s", got)
	}
}

// TestDeadBounds says that properties take no more memory than they may.
func TestDeadBounds(t *testing.T) {
	t.Parallel()
	d := newDeadProperties()
	value := func(i int) []change {
		return []change{{property: property{name: xml.Name{Local: fmt.Sprint("p", i%3)}, value: strings.Repeat("x", 10_000)}}}
	}
	for i := range 3000 {
		if !d.patch(fmt.Sprint("f", i/3), value(i)) {
			t.Fatal("it was refused")
		}
	}
	size := 0
	for _, e := range d.byName {
		size += e.Value.(*record).size
	}
	if size != d.size || size > maxDead || len(d.byName) != d.order.Len() {
		t.Errorf("%d bytes, counted %d, in %d and %d", size, d.size, len(d.byName), d.order.Len())
	}
	if len(d.of("f999")) != 3 || d.of("f0") != nil {
		t.Error("it was not the oldest that was dropped")
	}
	refused := false
	for i := range 20 {
		refused = refused || !d.patch("f999", []change{{property: property{name: xml.Name{Local: fmt.Sprint("q", i)}, value: strings.Repeat("x", 10_000)}}})
	}
	if !refused || len(d.of("f999")) == 0 {
		t.Error("one name has too many")
	}
	d.copy("f999", "g")
	d.drop("f999")
	if d.of("f999") != nil || len(d.of("g")) < 3 {
		t.Error("it was not copied")
	}
	for name := range d.byName {
		d.patch(name, []change{{property: property{name: xml.Name{Local: "p0"}}, remove: true}, {property: property{name: xml.Name{Local: "p1"}}, remove: true}, {property: property{name: xml.Name{Local: "p2"}}, remove: true}})
	}
	d.drop("g")
	if d.size != 0 || len(d.byName) != 0 {
		t.Errorf("%d bytes are left", d.size)
	}
}

// values are what clients set, well-formed all of them.
var values = []string{
	`<a>text</a>`, `<a xmlns="urn:x"/>`, `<a xmlns="urn:x"><b/><c xmlns=""/></a>`, `<n:a xmlns:n="urn:x" n:b="1" c="2" xml:lang="de">&amp;</n:a>`,
	`<p:a xmlns:p="urn:x"><p:p xmlns:p="urn:y" p:p="urn:z"/></p:a>`, "<a>\U00010000 \u00e9 &#x9; &#xD; ]]&gt;</a>", `<a><![CDATA[<b>&]]></a>`,
	`<a b="&lt;&quot;&#10;'"/>`, `<_ xmlns="http://&lt;&quot;&gt;/"/>`, `<a><D:set>x</D:set>y<!-- z --><?w v?></a>`, `<undeclared:a/>`,
}

// TestValuesElsewhere has another parser of XML read what clients set.
func TestValuesElsewhere(t *testing.T) {
	t.Parallel()
	python := exchange.Program(t, "python3")
	s := newSite(t, all)
	for i, value := range values {
		path := fmt.Sprintf("/f%d", i)
		s.write(path, "x")
		if got := s.want(207, "PROPPATCH", path, set(value)); !strings.Contains(got.content, "200 OK") {
			t.Errorf("%s: %s", value, got.content)
		}
	}
	s.write("a\x01<&\xff>.txt", "x")
	got := s.want(207, "PROPFIND", "/", "", "Depth: 1")
	cmd := exec.Command(python, "-c", `
import sys, xml.etree.ElementTree as tree
for r in tree.fromstring(sys.stdin.buffer.read()):
    print(r.find("{DAV:}href").text)
`)
	cmd.Stdin = strings.NewReader(got.content)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != len(values)+2 || !strings.Contains(string(out), "/a%01%3C&%FF%3E.txt\n") {
		t.Errorf("%v: %s\n%s", err, out, got.content)
	}
}
