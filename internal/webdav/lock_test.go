package webdav

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("f", "x")
	s.write("d/f", "x")
	token := s.lock(200, "/f")
	if !strings.HasPrefix(token, "<urn:uuid:") {
		t.Error(token)
	}
	found := s.property("/f", davSpace, "lockdiscovery")
	for _, want := range []string{token[1 : len(token)-1], "<D:href>http://example.com/me</D:href>", "<D:lockroot><D:href>/f<", "<D:timeout>Second-3600<"} {
		if !strings.Contains(found, want) {
			t.Errorf("%s is not in %s", want, found)
		}
	}
	s.lock(423, "/f")
	s.want(423, "PUT", "/f", "y")
	s.want(423, "DELETE", "/f", "")
	s.want(423, "MOVE", "/f", "", "Destination: /g")
	s.want(423, "COPY", "/d/f", "", "Destination: /f")
	s.want(201, "COPY", "/f", "", "Destination: /g")
	s.want(204, "PUT", "/f", "y", "If: </f> ("+token+")")
	s.want(204, "PUT", "/f", "y", "If: <"+s.url+"/f> ("+token+")")
	s.want(412, "PUT", "/f", "y", "If: <http://other.example/f> ("+token+")")
	s.want(412, "PUT", "/f", "y", "If: ("+token+` ["other"])`)
	s.want(400, "PUT", "/f", "y", "If: "+token)
	s.want(409, "UNLOCK", "/g", "", "Lock-Token: "+token)
	s.want(409, "UNLOCK", "/f", "", "Lock-Token: <urn:uuid:0>")
	for _, bad := range []string{"", token[1:], "<>", token + "x"} {
		s.want(400, "UNLOCK", "/f", "", "Lock-Token: "+bad)
	}
	s.want(200, "LOCK", "/f", "", "If: ("+token+")", "Timeout: Second-60")
	s.want(412, "LOCK", "/g", "", "If: ("+token+")")
	s.want(400, "LOCK", "/g", "")
	s.want(204, "DELETE", "/f", "", "If: ("+token+")")
	if len(s.dav.locks.byToken) != 0 {
		t.Error("the lock outlived its file")
	}
}

func TestLockFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("d/e/f", "x")
	s.lock(403, "/")
	s.lock(400, "/d", "Depth: 1")
	deep := s.lock(200, "/d", "Depth: infinity")
	s.lock(423, "/d/e/f")
	s.lock(423, "/d/new")
	s.want(423, "PUT", "/d/e/new", "x")
	s.want(423, "MKCOL", "/d/e/new", "")
	s.want(201, "PUT", "/d/e/new", "x", "If: ("+deep+")")
	s.want(204, "UNLOCK", "/d/e/f", "", "Lock-Token: "+deep)

	// RFC 4918, 7.4: what is in the folder, and not the content of that.
	zero := s.lock(200, "/d", "Depth: 0")
	s.want(423, "PUT", "/d/new", "x")
	s.want(423, "DELETE", "/d/e", "")
	s.want(423, "MOVE", "/d/e", "", "Destination: /e")
	s.lock(423, "/d/new")
	s.want(204, "PUT", "/d/e/f", "y")
	s.want(201, "PUT", "/d/new", "x", "If: </d> ("+zero+")")
	s.lock(423, "/d/e/..")
	s.want(204, "UNLOCK", "/d", "", "Lock-Token: "+zero)

	s.lock(200, "/d/e/f")
	s.want(423, "DELETE", "/d", "")
	s.want(423, "MOVE", "/d", "", "Destination: /c")
	s.lock(423, "/d")
	s.lock(200, "/d", "Depth: 0")
}

func TestLockNew(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	token := s.lock(201, "/new")
	if s.read("new") != "" {
		t.Error("there is no file")
	}
	s.want(201, "PUT", "/new", "x", "If: ("+token+")")
	s.lock(409, "/absent/new")
	s.lock(403, "/folder/")
	s.lock(403, "/.hidden")
	s.lock(400, "/a:b")
	if n := len(s.dav.locks.byToken); n != 1 {
		t.Errorf("%d locks", n)
	}
}

func TestLockInfo(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("f", "x")
	for content, status := range map[string]int{
		`<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope></lockinfo>`:                                             400,
		`<lockinfo><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`:                             400,
		`<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><read/></locktype></lockinfo>`:                 422,
		`<lockinfo xmlns="DAV:"><lockscope/><locktype><write/></locktype></lockinfo>`:                                       422,
		`<lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype></lockinfo` + "\x00":           400,
		`<lockinfo xmlns="DAV:">` + strings.Repeat(" ", maxLockInfo):                                                        413,
		`<l:lockinfo xmlns:l="DAV:"><l:lockscope><l:shared/></l:lockscope><l:locktype><l:write/></l:locktype></l:lockinfo>`: 200,
	} {
		if got := s.want(status, "LOCK", "/f", content); status == 200 && strings.Contains(got.content, "D:owner") {
			t.Error(got.content)
		}
	}
	s.write("g", "x")
	hostile := `<lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype><owner>&lt;a&gt;` +
		strings.Repeat("\u00e9", 4000) + `<o:href xmlns:o="x">no</o:href></owner></lockinfo>`
	got := s.want(200, "LOCK", "/g", hostile)
	if !strings.Contains(got.content, "<D:owner>&lt;a&gt;\u00e9") || len(got.content) > 2000 {
		t.Error(got.content)
	}
	name := "a\x01<b>&\xff"
	s.write(name, "x")
	s.want(200, "LOCK", "/a%01%3Cb%3E&%ff", lockInfo)
}

// TestLocksEnd says that a lock ends by itself, and that there are not many.
func TestLocksEnd(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	table := newLocks(func() time.Time { return now })
	first := must(table.add(lock{root: "a", client: "c", timeout: time.Minute}))
	now = now.Add(time.Minute)
	if _, ok := table.refresh(first.token, "a", time.Minute); !ok {
		t.Error("it ended too early")
	}
	now = now.Add(time.Minute + 1)
	if _, ok := table.refresh(first.token, "a", time.Minute); ok || table.covers(first.token, "a") || len(table.on("a")) > 0 {
		t.Error("it did not end")
	}
	for i := range maxLocks + 10 {
		table.add(lock{root: fmt.Sprint(i), client: "one", timeout: time.Hour})
	}
	if n := len(table.byToken); n != maxClientLocks {
		t.Errorf("one client has %d locks", n)
	}
	for i := range 2 * maxLocks {
		table.add(lock{root: fmt.Sprint("x", i), client: fmt.Sprint(i), timeout: time.Hour})
	}
	if n := len(table.byToken); n != maxLocks {
		t.Errorf("there are %d locks", n)
	}
}

// TestLockDuringWrite says that nobody gets a lock on what is being written.
func TestLockDuringWrite(t *testing.T) {
	t.Parallel()
	table := newLocks(time.Now)
	end, ok := table.begin(nil, claim{name: "d/f", member: true, below: true})
	if !ok {
		t.Fatal("it is not admitted")
	}
	for _, root := range []string{"d/f", "d", "d/f/g"} {
		if _, err := table.add(lock{root: root, timeout: time.Hour}); err == nil {
			t.Errorf("%s is locked", root)
		}
	}
	must(table.add(lock{root: "d/g", timeout: time.Hour}))
	end()
	must(table.add(lock{root: "d/f", timeout: time.Hour}))
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	s := newSite(t, all)
	s.write("f", "x")
	for field, want := range map[string]string{
		"": "3600", "Infinite": "3600", "Infinite, Second-4100000000": "3600", "Second-60": "60", "Second-99999999999": "3600",
		"Second-0": "3600", "Second-": "3600", "Second--5": "3600", "Minute-1, Second-5": "5",
	} {
		got := s.want(200, "LOCK", "/f", lockInfo, "Timeout: "+field)
		if !strings.Contains(got.content, "<D:timeout>Second-"+want+"<") {
			t.Errorf("%q: %s", field, got.content)
		}
		s.want(204, "UNLOCK", "/f", "", "Lock-Token: "+got.header.Get("Lock-Token"))
	}
}

func TestParseIf(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"":                                     "[]",
		"(<a>)":                                "[{ [{false a }]}]",
		`(<a> ["b"])`:                          `[{ [{false a } {false  "b"}]}]`,
		`(Not <a>)([W/"b"])`:                   `[{ [{true a }]} { [{false  W/"b"}]}]`,
		`</x> (<a>) (not<b>) </y>(["c"])`:      `[{/x [{false a }]} {/x [{true b }]} {/y [{false  "c"}]}]`,
		"<a>":                                  "error",
		"()":                                   "error",
		"(<>)":                                 "error",
		"(<a>":                                 "error",
		"<> (<a>)":                             "error",
		"(a)":                                  "error",
		`([b])`:                                "error",
		"(<a>) x":                              "error",
		strings.Repeat("(<a>)", 101):           "error",
		"(" + strings.Repeat("<a>", 101) + ")": "error",
	} {
		got, err := parseIf(field)
		text := fmt.Sprint(got)
		if err != nil {
			text = "error"
		}
		if text != want {
			t.Errorf("%s: %s, want %s", field, text, want)
		}
	}
}
