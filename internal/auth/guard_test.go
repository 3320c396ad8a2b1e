package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// request returns a request from an address with credentials, or without if
// they are empty.
func request(from, credentials string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = from
	if credentials != "" {
		r.Header.Set("Authorization", basic(credentials))
	}
	return r
}

// answer returns the status that a gate has a request answered with, 200 if it
// lets it by, and the answer.
func answer(h http.Handler, r *http.Request) (int, *httptest.ResponseRecorder) {
	w := httptest.NewRecorder()
	if h != nil {
		h.ServeHTTP(w, r)
	}
	return w.Code, w
}

func (g *Guard) status(from, credentials string) int {
	r := request(from, credentials)
	status, _ := answer(g.Gate(r), r)
	return status
}

const here = "192.168.1.7:50000"

func TestGuard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		credentials string
		want        int
	}{
		{"", 401},
		{"ann:secret", 200},
		{"ann:wrong", 401},
		{"bob:secret", 401},
		{"bob:bar", 200},
		{":", 401},
		{"no colon", 401},
		{"ann:secret\x00", 401},
	}
	for _, tt := range tests {
		g := New(Config{Users: users(t, nil, "ann:secret", "bob:"+strings.TrimPrefix(annLine, "ann:"))})
		if got := g.status(here, tt.credentials); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.credentials, got, tt.want)
		}
	}
}

// TestChallenge looks at the answers themselves.
func TestChallenge(t *testing.T) {
	t.Parallel()
	var log lines
	g := New(Config{Users: users(t, nil, "ann:secret"), Realm: "my \"files\"\r\nX: ü", Log: log.log})
	r := request(here, "")
	status, w := answer(g.Gate(r), r)
	if status != 401 || w.Header().Get("WWW-Authenticate") != `Basic realm="my \"files\"??X: ?", charset="UTF-8"` || w.Body.String() != "401 Unauthorized\n" ||
		w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %q", status, w.Header(), w.Body)
	}
	if log.take() != "" {
		t.Error("a request without credentials is a failure")
	}
	unknown, known := request(here, "nobody:x"), request(here, "ann:x")
	_, first := answer(g.Gate(unknown), unknown)
	_, second := answer(g.Gate(known), known)
	if first.Body.String() != second.Body.String() || fmt.Sprint(first.Header()) != fmt.Sprint(second.Header()) {
		t.Error("an answer tells who is known")
	}
	r = request(here, "")
	r.Method = "HEAD"
	if _, w := answer(g.Gate(r), r); w.Body.Len() > 0 || w.Header().Get("Content-Length") != "17" {
		t.Errorf("HEAD: %v %q", w.Header(), w.Body)
	}
}

func TestWriteOnly(t *testing.T) {
	t.Parallel()
	g := New(Config{Users: users(t, nil, "ann:secret"), WriteOnly: true})
	for _, tt := range []struct {
		method      string
		credentials string
		want        int
	}{
		{"GET", "", 200}, {"HEAD", "", 200}, {"OPTIONS", "", 200}, {"PROPFIND", "", 200}, {"GET", "ann:wrong", 200},
		{"PUT", "", 401}, {"POST", "", 401}, {"DELETE", "", 401}, {"MKCOL", "", 401}, {"get", "", 401}, {"", "", 401},
		{"PUT", "ann:secret", 200}, {"PUT", "ann:wrong", 401},
	} {
		r := request(here, tt.credentials)
		r.Method = tt.method
		if got, _ := answer(g.Gate(r), r); got != tt.want {
			t.Errorf("%q with %q: %d, want %d", tt.method, tt.credentials, got, tt.want)
		}
	}
}

// TestFailuresLogged has the log tell of failures, and of no password.
func TestFailuresLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		g := New(Config{Users: users(t, nil, "ann:secret"), Log: log.log})
		for _, tt := range []struct{ from, credentials, want string }{
			{here, "ann:PASSWORD", `wrong name or password from 192.168.1.7, for "ann", failure 1`},
			{here, "\u202eann\"\\:PASSWORD", `wrong name or password from 192.168.1.7, for "\u202eann\"\\", failure 2`},
			{"[::ffff:192.168.1.7]:1", "ann:PASSWORD2", `wrong name or password from 192.168.1.7, for "ann", failure 3`},
			{"[2001:db8::7]:1", "ann:PASSWORD", `wrong name or password from 2001:db8::7, for "ann", failure 1`},
			{"@", "ann:PASSWORD", `wrong name or password from unix, for "ann", failure 1`},
			{"", "ann:PASSWORD", `wrong name or password from unix, for "ann", failure 2`},
			{"10.0.0.1:1", strings.Repeat("é", 33) + ":PASSWORD", `wrong name or password from 10.0.0.1, for "` + strings.Repeat("é", 32) + `...", failure 1`},
			{here, "ann:secret", ""},
			{here, "", ""},
			{here, "no colon", ""},
		} {
			g.status(tt.from, tt.credentials)
			if got := log.take(); got != tt.want {
				t.Errorf("log: %s\nwant %s", got, tt.want)
			}
		}
	})
}

// TestSlowed has each further failure take longer, and a right password get in
// nevertheless.
func TestSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{Users: users(t, nil, "ann:secret", "bob:own")})
		g.status(here, "bob:own")
		var waits []time.Duration
		timed := func(credentials string, want int) time.Duration {
			start := time.Now()
			if got := g.status(here, credentials); got != want {
				t.Errorf("%s: %d", credentials, got)
			}
			return time.Since(start)
		}
		for i := range 9 {
			waits = append(waits, timed("ann:"+strconv.Itoa(i), 401))
		}
		s := time.Second
		if want := []time.Duration{0, 0, 0, s / 2, s, 2 * s, 4 * s, 8 * s, 8 * s}; !slices.Equal(waits, want) {
			t.Errorf("waits: %v", waits)
		}
		if d := timed("bob:own", 200); d != 0 {
			t.Errorf("what is remembered waits for %v", d)
		}
		if d := timed("ann:secret", 200); d != 8*s {
			t.Errorf("the right password waits for %v", d)
		}
		if d := timed("ann:secret", 200); d != 0 {
			t.Errorf("then it waits for %v", d)
		}
		if d := timed("ann:another", 401); d != 8*s {
			t.Errorf("success wipes failures out: %v", d)
		}
		time.Sleep(failureMemory + 1)
		for _, credentials := range []string{"ann:another", "ann:one", "ann:more"} {
			if d := timed(credentials, 401); d != 0 {
				t.Errorf("failures are never forgotten: %v", d)
			}
		}
	})
}

// TestManyAtOnce gains nothing by many guesses at once: they are taken one
// after the other, and few of them wait.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{Users: users(t, nil, "ann:secret")})
		var mu sync.Mutex
		var judged []time.Duration
		refused := 0
		start := time.Now()
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				r := request(here, "ann:"+strconv.Itoa(i))
				status, w := answer(g.Gate(r), r)
				mu.Lock()
				defer mu.Unlock()
				if status == 401 {
					judged = append(judged, time.Since(start))
					return
				}
				refused++
				if after, err := strconv.Atoi(w.Header().Get("Retry-After")); status != 429 || err != nil || after < 10 || after > 20 {
					t.Errorf("%d %v", status, w.Header())
				}
			})
		}
		all.Wait()
		s := time.Second
		if want := []time.Duration{0, 0, 0, s / 2, s * 3 / 2, s * 7 / 2, s * 15 / 2}; !slices.Equal(judged, want) || refused != 1000-len(want) {
			t.Errorf("judged after %v, %d refused", judged, refused)
		}
		if len(g.attempts) != 0 || g.sleepers != 0 || g.queue != 0 {
			t.Errorf("left: %d attempts, %d sleepers, %d in the queue", len(g.attempts), g.sleepers, g.queue)
		}
	})
}

// blocked is a hash that takes until it is told to go on.
type blocked struct {
	begun chan struct{}
	goOn  chan bool
}

func (b *blocked) matches(string) bool {
	b.begun <- struct{}{}
	return <-b.goOn
}

// slowGuard returns a guard with a user whose hash is blocked.
func slowGuard() (*Guard, *blocked) {
	u := NewUsers(nil)
	b := &blocked{make(chan struct{}, 1000), make(chan bool)}
	u.given["ann"] = b
	u.merge()
	g := New(Config{Users: u})
	g.turns = make(chan struct{}, 1)
	return g, b
}

// TestTogether checks once what a browser sends with all requests of a page.
func TestTogether(t *testing.T) {
	t.Parallel()
	for _, right := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			g, b := slowGuard()
			statuses := make(chan int, 100)
			for range cap(statuses) {
				go func() { statuses <- g.status(here, "ann:secret") }()
			}
			synctest.Wait()
			b.goOn <- right
			synctest.Wait()
			count := map[int]int{}
			for range cap(statuses) {
				count[<-statuses]++
			}
			first := map[bool]int{true: 200, false: 401}[right]
			if len(b.begun) != 1 || count[first] != 1+maxFollowers || count[429] != cap(statuses)-1-maxFollowers {
				t.Errorf("%d checks, statuses %v", len(b.begun), count)
			}
		})
	}
}

// TestLeaderGone has another request take over when the first one is given up.
func TestLeaderGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, b := slowGuard()
		g.turns <- struct{}{} // nobody's turn for now
		ctx, cancel := context.WithCancel(t.Context())
		statuses := make(chan int, 3)
		for i := range cap(statuses) {
			go func() {
				r := request(here, "ann:secret")
				if i == 0 {
					r = r.WithContext(ctx)
				}
				status, _ := answer(g.Gate(r), r)
				statuses <- status
			}()
			synctest.Wait()
		}
		cancel()
		if status := <-statuses; status != 401 {
			t.Errorf("who has gone is answered %d", status)
		}
		synctest.Wait()
		<-g.turns
		b.goOn <- true
		if one, two := <-statuses, <-statuses; one != 200 || two != 200 {
			t.Errorf("the others are answered %d, %d", one, two)
		}
		if n := g.delays.failures(networks(address(here))[0]); n != 0 {
			t.Errorf("%d failures", n)
		}
	})
}

// TestTurns bounds what is computed at once, and what waits for it, whatever
// number of strangers there is.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, b := slowGuard()
		statuses := make(chan int, 200)
		for i := range cap(statuses) {
			go func() { statuses <- g.status(fmt.Sprintf("10.0.0.%d:1", i), "ann:x") }()
		}
		synctest.Wait()
		if len(b.begun) != 1 || len(statuses) != cap(statuses)-1-maxQueue {
			t.Errorf("%d at once, %d refused", len(b.begun), len(statuses))
		}
		close(b.goOn)
		count := map[int]int{}
		for range cap(statuses) {
			count[<-statuses]++
		}
		if count[401] != 1+maxQueue || count[429] != cap(statuses)-1-maxQueue {
			t.Errorf("statuses %v", count)
		}
	})
}

// TestSleepers bounds how many wait for their time.
func TestSleepers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := New(Config{Users: users(t, nil, "ann:secret")})
		statuses := make(chan int, maxSleepers+50)
		for i := range cap(statuses) {
			from := fmt.Sprintf("10.0.%d.%d:1", i/100, i%100)
			for j := range freeFailures {
				g.status(from, fmt.Sprint("ann:", j))
			}
			go func() { statuses <- g.status(from, "ann:another") }()
		}
		synctest.Wait()
		g.mu.Lock()
		if g.sleepers != maxSleepers || len(statuses) != 50 {
			t.Errorf("%d sleepers, %d refused", g.sleepers, len(statuses))
		}
		g.mu.Unlock()
		for i := range cap(statuses) {
			if status := <-statuses; i < 50 && status != 429 {
				t.Errorf("answered %d", status)
			}
		}
	})
}

// TestPanic leaves no turn taken.
func TestPanic(t *testing.T) {
	t.Parallel()
	u := NewUsers(nil)
	u.given["ann"] = nil
	u.merge()
	g := New(Config{Users: u})
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			g.status(here, "ann:x")
		}()
	}
	if len(g.turns) != 0 || len(g.attempts) != 0 {
		t.Errorf("%d turns, %d attempts left", len(g.turns), len(g.attempts))
	}
}

// TestMemory remembers what was right, for as long as it is used and true.
func TestMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		write(t, dir+"/users", annLine)
		u := users(t, nil, "@"+dir+"/users")
		g := New(Config{Users: u})
		calls := 0
		u.files[0].users["ann"] = counted{u.files[0].users["ann"], &calls}
		u.merge()
		check := func(what string, want, wantCalls int) {
			t.Helper()
			calls = 0
			if status := g.status(here, "ann:bar"); status != want || calls != wantCalls {
				t.Errorf("%s: %d, with %d hashes", what, status, calls)
			}
		}
		check("first", 200, 1)
		check("again", 200, 0)
		for range 3 {
			time.Sleep(idleTime)
			check("in use", 200, 0)
		}
		time.Sleep(idleTime + 1)
		check("out of use", 200, 1)
		write(t, dir+"/users", bobLine)
		time.Sleep(lookInterval)
		check("not a user any more", 401, 0)
	})
}

func TestMemoryBounded(t *testing.T) {
	t.Parallel()
	m, table := newMemory(), newTable(nil)
	last := digest{}
	for i := range maxMemory * 2 {
		last = m.digest(credentials{"ann", strconv.Itoa(i)})
		m.add(last, table)
	}
	if len(m.right) != maxMemory || !m.has(last, table) || m.has(last, newTable(nil)) {
		t.Errorf("%d remembered", len(m.right))
	}
	m.add(last, newTable(nil))
	if len(m.right) != 1 {
		t.Errorf("%d remembered of what does not count any more", len(m.right))
	}
	if m.digest(credentials{"a", "bc"}) == m.digest(credentials{"ab", "c"}) || m.digest(credentials{"a", "b"}) == newMemory().digest(credentials{"a", "b"}) {
		t.Error("digests are the same")
	}
}

// BenchmarkGuard lets credentials by that are remembered.
func BenchmarkGuard(b *testing.B) {
	u := NewUsers(nil)
	if err := u.Add(Spec{Name: "ann", Secret: annLine[len("ann:"):]}); err != nil {
		b.Fatal(err)
	}
	g := New(Config{Users: u})
	r := request(here, "ann:bar")
	for b.Loop() {
		if g.Gate(r) != nil {
			b.Fatal("refused")
		}
	}
}
