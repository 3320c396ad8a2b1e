package live

import (
	"fmt"
	"testing"

	"github.com/gserve/gserve/fileserver"
)

// TestPolicies keeps pages up to date whatever they forbid, and leaves their
// own scripts as they were: allowed or not.
func TestPolicies(t *testing.T) {
	t.Parallel()
	// The scripts of the page note what ran.
	const ran = "<body>%s<script>document.body.append(' plain')</script><script nonce=abc>document.body.append(' nonce')</script>"
	const csp = "Content-Security-Policy"
	hash := hashSource("document.body.append(' plain')")
	for name, c := range map[string]struct {
		header, meta []string
		plain, nonce bool
	}{
		"none":                 {plain: true, nonce: true},
		"nonce":                {header: []string{"script-src 'nonce-abc'"}, nonce: true},
		"hash":                 {header: []string{"script-src " + hash}, plain: true},
		"self":                 {header: []string{"default-src 'self'"}},
		"nothing":              {header: []string{"default-src 'none'"}},
		"unsafe-inline":        {header: []string{"default-src 'unsafe-inline'"}, plain: true, nonce: true},
		"strict-dynamic":       {header: []string{"script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline' https:; connect-src https://a.example"}, nonce: true},
		"elements":             {header: []string{"script-src 'none'; script-src-elem 'nonce-abc'"}, nonce: true},
		"two":                  {header: []string{"script-src 'nonce-abc'", "default-src 'none'; script-src 'unsafe-inline'"}, nonce: true},
		"list":                 {header: []string{"script-src 'nonce-abc', connect-src 'none'"}, nonce: true},
		"trusted types":        {header: []string{"require-trusted-types-for 'script'; trusted-types 'none'"}, plain: true, nonce: true},
		"meta nonce":           {meta: []string{"script-src 'nonce-abc'"}, nonce: true},
		"meta hash":            {meta: []string{"default-src 'none'; script-src " + hash}, plain: true},
		"meta nothing":         {meta: []string{"default-src 'none'"}},
		"meta two":             {meta: []string{"script-src 'nonce-abc'", "connect-src 'none'"}, nonce: true},
		"both":                 {header: []string{"script-src 'nonce-abc' 'strict-dynamic'"}, meta: []string{"default-src 'unsafe-inline'"}, nonce: true},
		"meta behind a script": {meta: []string{"", "default-src 'none'"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fields []fileserver.Field
			for _, policy := range c.header {
				fields = append(fields, fileserver.Field{Name: csp, Value: policy})
			}
			head := "<!doctype html><meta charset=utf-8>"
			for _, policy := range c.meta {
				if policy == "" {
					head += "<script>1</script>"
					continue
				}
				head += fmt.Sprintf(`<meta http-equiv=%s content="%s">`, csp, policy)
			}
			shown := func(text string) string {
				if c.plain {
					text += " plain"
				}
				if c.nonce {
					text += " nonce"
				}
				return text
			}
			s := serve(t, map[string]string{"index.html": head + fmt.Sprintf(ran, "one")}, fileserver.WithFields(fields...))
			b := s.openAtFault("/") // its own scripts may be at fault
			b.shows(shown("one"))
			s.save("index.html", head+fmt.Sprintf(ran, "two"))
			b.shows(shown("two"))
			if c.plain && c.nonce {
				for _, fault := range b.complaints() {
					t.Error(fault)
				}
			}
		})
	}
}

// TestPolicyStyles swaps styles that a policy allows by a nonce, and reconnects
// under it.
func TestPolicyStyles(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{
		"index.html": "<!doctype html><link rel=stylesheet nonce=abc href=a.css><p>p",
		"a.css":      "p { width: 10px }",
	}, fileserver.WithFields(fileserver.Field{Name: "Content-Security-Policy", Value: "default-src 'none'; style-src 'nonce-abc'"}))
	b := s.open("/")
	b.wait("document.querySelector('p').offsetWidth == 10")
	s.save("a.css", "p { width: 20px }")
	b.wait("document.querySelector('p').offsetWidth == 20")
	if n := s.count("/"); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

// TestIsolated keeps pages up to date that are isolated from other origins.
func TestIsolated(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<p>one", "a.css": ""}, fileserver.WithFields(
		fileserver.Field{Name: "Cross-Origin-Opener-Policy", Value: "same-origin"},
		fileserver.Field{Name: "Cross-Origin-Embedder-Policy", Value: "require-corp"},
		fileserver.Field{Name: "Cross-Origin-Resource-Policy", Value: "same-origin"},
	))
	b := s.open("/")
	b.shows("one")
	b.is("crossOriginIsolated")
	s.save("index.html", "<p>two")
	b.shows("two")
}

// TestSandbox leaves pages alone that may not connect, without a word.
func TestSandbox(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"index.html": "<body>one<script>document.body.append(' ran')</script>"}, fileserver.WithFields(
		fileserver.Field{Name: "Content-Security-Policy", Value: "sandbox allow-scripts"}))
	b := s.open("/")
	b.shows("one ran")
	b.is("new Promise(done => setTimeout(() => done(document.scripts.length == 2), 100))")
}

// TestFrames keeps pages in frames up to date, and runs once where a page takes
// another in.
func TestFrames(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{
		"index.html": "<p>outer<iframe src=in.html></iframe><script>fetch('part.html').then(r => r.text()).then(text => " +
			"document.body.append(document.createRange().createContextualFragment(text), ' taken'))</script>",
		"in.html": "<p>one", "part.html": "<p>part",
	})
	b := s.open("/")
	inner := func(text string) string {
		return fmt.Sprintf("document.querySelector('iframe')?.contentDocument?.body?.innerText == %q", text)
	}
	b.wait("document.body.innerText.includes('taken') && " + inner("one"))
	b.is("document.querySelectorAll('script[data-path]').length == 1")
	s.save("in.html", "<p>two")
	b.wait(inner("two"))
}
