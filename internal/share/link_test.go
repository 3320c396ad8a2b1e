package share

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// client makes requests of a link.
type client struct {
	t     *testing.T
	link  *Link
	from  string
	agent string
}

func (c client) request(method, target string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, c.link.Path()+target, nil)
	r.RemoteAddr = c.from + ":50000"
	r.Header.Set("User-Agent", c.agent)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// ask returns the request of a target and the status that the gate answers with,
// 200 if it lets it by.
func (c client) ask(target string, fields ...string) (*http.Request, int) {
	r := c.request("GET", target, fields...)
	return r, statusOf(c.link.Gate(r), r)
}

func statusOf(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	if h != nil {
		h.ServeHTTP(w, r)
	}
	return w.Code
}

// begin asks for what it has to get.
func (c client) begin(target string, fields ...string) *http.Request {
	c.t.Helper()
	r, status := c.ask(target, fields...)
	if status != 200 {
		c.t.Fatalf("%s is answered %d", target, status)
	}
	return r
}

const length = 1000

// whole is the record of a file that was sent, with edits.
func whole(edits ...func(*fileserver.Record)) *fileserver.Record {
	r := &fileserver.Record{Method: "GET", Status: 200, Sent: length, Length: length, Name: "a.bin", Type: "application/octet-stream"}
	for _, edit := range edits {
		edit(r)
	}
	return r
}

// part is the record of a range, or as much of it as was sent.
func part(first, last, sent int64) *fileserver.Record {
	return whole(func(r *fileserver.Record) {
		r.Status, r.Sent, r.Part = 206, sent, fileserver.ByteRange{First: first, Last: last}
	})
}

func (c client) get(target string, record *fileserver.Record, fields ...string) {
	c.t.Helper()
	c.link.Observe(c.begin(target, fields...), record)
}

// used returns how many downloads are counted.
func (l *Link) used() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ledger.done)
}

func (l *Link) isDone() bool {
	select {
	case <-l.Done():
		return true
	default:
		return false
	}
}

// share returns a client of a new link.
func share(t *testing.T, terms string, edits ...func(*Config)) client {
	t.Helper()
	parsed, err := Parse(terms)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Terms: parsed}
	for _, edit := range edits {
		edit(&config)
	}
	return client{t, New(config), "192.168.1.7", "browser"}
}

func TestPathUnguessable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		form := regexp.MustCompile(`^/[a-z2-7]{26}$`)
		one, two := share(t, "1h").link.Path(), share(t, "1h").link.Path()
		if one == two || !form.MatchString(one) {
			t.Errorf("%s, %s", one, two)
		}
	})
}

// TestElsewhere answers the same to whatever is not the link.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		link := share(t, "1h", func(c *Config) { c.Except = []string{"/.well-known/gserve/"} }).link
		answers := map[string]bool{}
		for _, path := range []string{"/", "/a.bin", "/favicon.ico", link.Path()[:26] + "/a.bin", link.Path() + "x", strings.ToUpper(link.Path()), "/" + strings.Repeat("a", 26) + "/"} {
			r := httptest.NewRequest("GET", path, nil)
			w := httptest.NewRecorder()
			link.Gate(r).ServeHTTP(w, r)
			answers[fmt.Sprint(w.Code, w.Header(), w.Body)] = true
			if w.Code != 404 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if len(answers) != 1 {
			t.Errorf("answers differ: %v", answers)
		}
		if link.Gate(httptest.NewRequest("GET", "/.well-known/gserve/page.css", nil)) != nil {
			t.Error("what is excepted is refused")
		}
	})
}

// TestCounted counts what is a download.
func TestCounted(t *testing.T) {
	t.Parallel()
	failed := fileserver.ErrClientGone
	tests := []struct {
		what string
		do   func(c client)
		want int
	}{
		{"a file", func(c client) { c.get("/a", whole()) }, 1},
		{"the same one again", func(c client) { c.get("/a", whole()); c.get("/a", whole()) }, 1},
		{"another one", func(c client) { c.get("/a", whole()); c.get("/b", whole()) }, 2},
		{"by another address", func(c client) { c.get("/a", whole()); c.from = "192.168.1.8"; c.get("/a", whole()) }, 2},
		{"by another phone behind it", func(c client) { c.get("/a", whole()); c.agent = "phone"; c.get("/a", whole()) }, 2},
		{"by the same address in IPv6", func(c client) { c.get("/a", whole()); c.from = "[::ffff:192.168.1.7]"; c.get("/a", whole()) }, 1},
		{"X-Forwarded-For", func(c client) { c.get("/a", whole()); c.get("/a", whole(), "X-Forwarded-For", "10.0.0.1") }, 1},
		{"an empty file", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Length = 0, 0 })) }, 1},
		{"an archive of unknown length", func(c client) { c.get("/?archive=tar.gz", whole(func(r *fileserver.Record) { r.Length = -1 })) }, 1},
		{"half of that", func(c client) {
			c.get("/?archive=tar.gz", whole(func(r *fileserver.Record) { r.Length, r.Err = -1, failed }))
		}, 0},
		{"half a file", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Err = 999, failed })) }, 0},
		{"the rest of it", func(c client) {
			c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Err = 400, failed }))
			c.get("/a", part(400, 999, 600))
		}, 1},
		{"the rest by another client", func(c client) {
			c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Err = 400, failed }))
			c.from = "192.168.1.8"
			c.get("/a", part(400, 999, 600))
		}, 0},
		{"the rest of another file", func(c client) {
			c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Err = 400, failed }))
			c.get("/b", part(400, 999, 600))
		}, 0},
		{"the rest after a change", func(c client) {
			c.get("/a", whole(func(r *fileserver.Record) { r.Sent, r.Err = 400, failed }))
			changed := part(400, 1199, 600)
			changed.Length = 1200
			c.get("/a", changed)
		}, 0},
		{"ranges in any order", func(c client) {
			c.get("/a", part(600, 999, 400))
			c.get("/a", part(0, 299, 300))
			c.get("/a", part(300, 599, 300))
		}, 1},
		{"ranges with a hole", func(c client) { c.get("/a", part(0, 299, 300)); c.get("/a", part(301, 999, 699)) }, 0},
		{"a range cut short", func(c client) { c.get("/a", part(0, 499, 300)); c.get("/a", part(500, 999, 500)) }, 0},
		{"one range of all", func(c client) { c.get("/a", part(0, 999, 1000)) }, 1},
		{"a range of one byte", func(c client) { c.get("/a", part(0, 0, 1)); c.get("/a", part(1, 999, 999)) }, 1},
		{"several ranges at once", func(c client) { c.get("/a", part(0, 0, 1200)); c.get("/a", part(1, 999, 999)) }, 0},
		{"the first bytes, again and again", func(c client) {
			for range 20 {
				c.get("/a", part(0, 99, 100))
			}
		}, 0},
		{"a listing", func(c client) { c.get("/", whole(func(r *fileserver.Record) { r.Name, r.Listing = ".", true })) }, 0},
		{"an index", func(c client) { c.get("/", whole(func(r *fileserver.Record) { r.Name = "index.html" })) }, 1},
		{"what is not there", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Status, r.Name = 404, "" })) }, 0},
		{"a redirect", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Status, r.Name = 301, "" })) }, 0},
		{"not modified", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Status, r.Sent = 304, 0 })) }, 0},
		{"a handler", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Name = "" })) }, 0},
		{"a gate behind", func(c client) { c.get("/a", whole(func(r *fileserver.Record) { r.Status, r.Name = 401, "" })) }, 0},
		{"a picture in a page", func(c client) { c.get("/a", whole(), "Sec-Fetch-Dest", "image") }, 0},
		{"prefetch", func(c client) { c.get("/a", whole(), "Sec-Purpose", "prefetch") }, 0},
		{"a robot", func(c client) { c.agent = "WhatsApp/2"; c.get("/a", whole()) }, 0},
		{"a preview of half", func(c client) {
			c.get("/a", part(0, 499, 500), "Sec-Fetch-Dest", "video")
			c.get("/a", part(500, 999, 500))
		}, 0},
		{"HEAD", func(c client) {
			r := c.request("HEAD", "/a")
			c.link.Gate(r)
			c.link.Observe(r, whole(func(r *fileserver.Record) { r.Sent, r.Length = 0, 0 }))
		}, 0},
		{"observed twice", func(c client) {
			r := c.begin("/a")
			c.link.Observe(r, part(0, 499, 500))
			c.link.Observe(r, part(500, 999, 500))
		}, 0},
		{"not let by", func(c client) { c.link.Observe(c.request("GET", "/a"), whole()) }, 0},
		{"through the gate twice", func(c client) {
			r := c.begin("/a")
			c.link.Gate(r)
			c.link.Observe(r, whole())
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := share(t, "1h,10")
				tt.do(c)
				if got := c.link.used(); got != tt.want {
					t.Errorf("%d downloads, want %d", got, tt.want)
				}
				if len(c.link.running) != 0 || len(c.link.ledger.running) != 0 {
					t.Errorf("%d transfers, %d downloads go on", len(c.link.running), len(c.link.ledger.running))
				}
			})
		})
	}
}

// TestUsedUp ends with the last download, for all, and after the grace.
func TestUsedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log []string
		c := share(t, "1h,2", func(c *Config) { c.Log = func(line string) { log = append(log, line) } })
		c.get("/a", whole())
		c.get("/a", whole())
		other := c
		other.from = "192.168.1.8"
		other.get("/a", whole())
		for _, who := range []client{c, other} {
			for _, target := range []string{"/a", "/b", "/", ""} {
				if _, status := who.ask(target); status != 410 {
					t.Errorf("%s is answered %d", target, status)
				}
			}
			if _, status := who.ask("/a", "Sec-Fetch-Dest", "image"); status != 410 {
				t.Errorf("a preview is answered %d", status)
			}
		}
		time.Sleep(defaultGrace - 1)
		synctest.Wait()
		if c.link.isDone() {
			t.Error("done before the grace is over")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !c.link.isDone() {
			t.Error("not done")
		}
		if _, status := c.ask("/a"); status != 410 {
			t.Errorf("then it is answered %d", status)
		}
		if got := strings.Join(log, "\n"); got != "download 1 of 2: \"a.bin\", by 192.168.1.7\ndownload 2 of 2: \"a.bin\", by 192.168.1.8" {
			t.Errorf("log: %s", got)
		}
	})
}

// TestTimeOver ends on time, and lets what is under way go on.
func TestTimeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "90s", func(c *Config) { c.Grace = time.Second })
		time.Sleep(90*time.Second - 1)
		first, second := c.begin("/a"), c.begin("/b", "Sec-Fetch-Dest", "image")
		time.Sleep(time.Nanosecond)
		if _, status := c.ask("/a"); status != 410 {
			t.Errorf("%d", status)
		}
		time.Sleep(time.Hour)
		c.link.Observe(first, whole())
		time.Sleep(time.Hour)
		synctest.Wait()
		if c.link.isDone() {
			t.Error("done while a transfer goes on")
		}
		c.link.Observe(second, whole())
		synctest.Wait()
		if c.link.isDone() {
			t.Error("done without a grace")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !c.link.isDone() {
			t.Error("not done")
		}
		c.link.Observe(second, whole())
	})
}

// TestTimeOverAlone is done without any request.
func TestTimeOverAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		<-share(t, "2d1s").link.Done()
		if d := time.Since(start); d != 2*day+time.Second+defaultGrace {
			t.Errorf("done after %v", d)
		}
	})
}

// TestClockSet has a link end by the clock on the wall: it may be set, or the
// machine may have slept.
func TestClockSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h")
		c.link.mu.Lock()
		c.link.deadline = time.Now()
		c.link.mu.Unlock()
		if _, status := c.ask("/a"); status != 410 {
			t.Errorf("%d", status)
		}
		<-c.link.Done()
	})
}

// TestLastGoesOn has what is under way when the last download is complete go on.
func TestLastGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,1")
		preview := c.begin("/film", "Sec-Fetch-Dest", "video")
		c.get("/a", whole())
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if c.link.isDone() {
			t.Error("done while a transfer goes on")
		}
		c.link.Observe(preview, whole())
		<-c.link.Done()
		if n := c.link.used(); n != 1 {
			t.Errorf("%d downloads", n)
		}
	})
}

// TestReserved gives out no more downloads than there may be.
func TestReserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,2")
		clients := make([]client, 4)
		for i := range clients {
			clients[i] = c
			clients[i].from = fmt.Sprint("192.168.1.", i)
		}
		busy := func(c client, target string, fields ...string) {
			t.Helper()
			if r, status := c.ask(target, fields...); status != 503 {
				t.Errorf("%s is answered %d", r.RemoteAddr, status)
			}
		}
		clients[0].get("/a", whole())
		running := clients[1].begin("/a")
		busy(clients[2], "/a")
		busy(clients[2], "/?archive=zip")
		busy(clients[1], "/b")
		clients[0].get("/a", whole())                              // has it already
		clients[2].get("/", whole(), "Sec-Fetch-Dest", "document") // may be a listing, and was the last one
		if n := c.link.used(); n != 2 {
			t.Errorf("%d downloads", n)
		}
		clients[1].link.Observe(running, whole())
		if n := c.link.used(); n != 2 {
			t.Errorf("%d downloads", n)
		}
	})
}

// TestReservationEnds frees what was reserved for a download that came to
// nothing.
func TestReservationEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,1")
		other := c
		other.agent = "phone"
		first, second := c.begin("/a"), c.begin("/a") // two ranges at once are one download
		if _, status := other.ask("/a"); status != 503 {
			t.Errorf("%d", status)
		}
		for _, target := range []string{"/", "", "/folder/"} {
			other.get(target, whole(func(r *fileserver.Record) { r.Listing = true }))
		}
		other.get("/a", whole(), "Sec-Fetch-Dest", "image")
		c.link.Observe(first, part(0, 499, 500))
		if _, status := other.ask("/a"); status != 503 {
			t.Errorf("%d", status)
		}
		c.link.Observe(second, part(500, 999, 100))
		other.get("/a", whole())
		if _, status := c.ask("/a"); status != 410 {
			t.Errorf("%d", status)
		}
	})
}

// TestBusy says when to come again.
func TestBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,1")
		c.begin("/a")
		r := c.request("GET", "/b")
		w := httptest.NewRecorder()
		c.link.Gate(r).ServeHTTP(w, r)
		if w.Code != 503 || w.Header().Get("Retry-After") != "30" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}

// TestUnlimited does not count, and keeps nothing of clients.
func TestUnlimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h")
		for i := range 100 {
			c.from = fmt.Sprint("192.168.1.", i)
			c.get("/a", whole())
			c.get("/b", part(0, 9, 10))
		}
		if n := len(c.link.ledger.done) + len(c.link.ledger.partial) + len(c.link.ledger.running); n != 0 {
			t.Errorf("%d remembered", n)
		}
	})
}

// TestBounded bounds what is remembered of downloads that never end, and of
// those that are tried most lately.
func TestBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,10")
		c.get("/first", part(0, 499, 500))
		c.get("/second", part(0, 499, 500))
		for i := range maxPartial - 1 {
			c.get(fmt.Sprint("/", i), part(0, 499, 500))
			c.get("/second", part(0, 499, 500))
		}
		if n := len(c.link.ledger.partial); n != maxPartial {
			t.Errorf("%d begun", n)
		}
		c.get("/first", part(500, 999, 500))
		c.get("/second", part(500, 999, 500))
		if n := c.link.used(); n != 1 {
			t.Errorf("%d downloads", n)
		}
	})
}

// TestLost gives up what is never observed, though its request has ended.
func TestLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,1")
		ctx, cancel := context.WithCancel(t.Context())
		lost := c.request("GET", "/a").WithContext(ctx)
		if c.link.Gate(lost) != nil {
			t.Fatal("refused")
		}
		cancel()
		other := c
		other.agent = "phone"
		time.Sleep(lostAfter - 1)
		if _, status := other.ask("/a"); status != 503 {
			t.Errorf("given up at once: %d", status)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		other.get("/a", whole())
		c.link.Observe(lost, whole())
		<-c.link.Done()
		if n := c.link.used(); n != 1 {
			t.Errorf("%d downloads", n)
		}
	})
}

// TestConcurrent has many clients at once get what there is.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := share(t, "1h,50")
		counts := make(chan int, 400)
		for i := range cap(counts) {
			go func() {
				c := c
				c.from = fmt.Sprintf("10.0.%d.%d", i/200, i%200)
				r, status := c.ask("/a")
				time.Sleep(time.Duration(i%7) * time.Second)
				if status == 200 {
					c.link.Observe(r, whole())
				}
				counts <- status
			}()
		}
		count := map[int]int{}
		for range cap(counts) {
			count[<-counts]++
		}
		if count[200] != 50 || count[503]+count[410] != 350 || c.link.used() != 50 {
			t.Errorf("%v, %d downloads", count, c.link.used())
		}
		<-c.link.Done()
	})
}

func BenchmarkLink(b *testing.B) {
	link := New(Config{Terms: Terms{time.Hour, 1000}})
	r := httptest.NewRequest("GET", link.Path()+"/a", nil)
	record := part(0, 9, 10)
	for b.Loop() {
		link.Gate(r)
		link.Observe(r, record)
	}
}
