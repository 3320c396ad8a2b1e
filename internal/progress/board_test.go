package progress

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const mebi = 1 << 20

// TestOne follows one download from its start to its end.
func TestOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 1000*mebi, false)
		move(film, 0, 9*mebi, 900*time.Millisecond)
		if got := drawn(screen); got != "" {
			t.Errorf("after 0.9 s: %q", got)
		}
		move(film, 9*mebi, 33*mebi, 2400*time.Millisecond)
		want(t, drawn(screen), "192.168.1.7 film.mkv: 3 %, 10 MiB/s, 2 min left")
		fmt.Fprintln(b, "a line of the log")
		want(t, screen.last(), "a line of the log")
		want(t, drawn(screen), "192.168.1.7 film.mkv: 3 %, 10 MiB/s, 2 min left")
		move(film, 33*mebi, 983*mebi, 95*time.Second)
		want(t, drawn(screen), "192.168.1.7 film.mkv: 98 %, 10 MiB/s, 2 s left")
		film.End(nil)
		want(t, screen.last(), "192.168.1.7 has film.mkv: 1000 MiB in 1 min 38 s, 10 MiB/s")
		want(t, drawn(screen), "")
	})
}

// TestStalled has a client that takes nothing any more, and leaves.
func TestStalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 150*mebi, false)
		move(film, 0, 51*mebi, 34*time.Second)
		time.Sleep(interval)
		want(t, drawn(screen), "192.168.1.7 film.mkv: 34 %, 1.3 MiB/s, 1 min left")
		time.Sleep(16 * time.Second)
		want(t, drawn(screen), "192.168.1.7 film.mkv: 34 %, stalled")
		film.End(errors.New("write: broken pipe"))
		want(t, screen.last(), "192.168.1.7 got only 34 % of film.mkv: 51 MiB of 150 MiB")
	})
}

// TestSlow moves in steps that are far apart, which is no stall.
func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 100*mebi, false)
		for i := range 20 {
			time.Sleep(10*time.Second - interval)
			if got := drawn(screen); strings.Contains(got, "stalled") {
				t.Errorf("before step %d: %q", i, got)
			}
			film.Moved(int64(i+1) * mebi / 2)
			time.Sleep(interval)
			if got := drawn(screen); i > 1 && !strings.Contains(got, "%, 51 KiB/s") && !strings.Contains(got, "%, 52 KiB/s") {
				t.Errorf("after step %d: %q", i, got)
			}
		}
		film.End(nil)
	})
}

// TestSeveral has more transfers than fit.
func TestSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(85)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 100*mebi, false)
		photos := b.Begin("192.168.1.9", "photos.zip", -1, false)
		upload := b.Begin("192.168.1.20", "talk.pdf", 40*mebi, true)
		for range 8 {
			time.Sleep(250 * time.Millisecond)
			for _, transfer := range []*Transfer{film, photos, upload} {
				transfer.Moved(transfer.moved.Load() + mebi)
			}
		}
		time.Sleep(interval)
		want(t, drawn(screen), "3 transfers, 11 MiB/s: 192.168.1.7 film.mkv 8 %, 192.168.1.9 photos.zip 8.0 MiB, …")
		photos.End(nil)
		want(t, screen.last(), "192.168.1.9 has photos.zip: 8.0 MiB in 2.3 s, 3.6 MiB/s")
		film.End(io.ErrClosedPipe)
		want(t, screen.last(), "192.168.1.7 got only 8 % of film.mkv: 8.0 MiB of 100 MiB")
		want(t, drawn(screen), "192.168.1.20 sends talk.pdf: 20 %, 3.6 MiB/s, 10 s left")
		upload.End(nil)
		want(t, screen.last(), "192.168.1.20 sent talk.pdf: 40 MiB in 2.3 s, 18 MiB/s")
	})
}

// TestShort says nothing of what is over soon, and is at rest when nothing runs.
func TestShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		for range 100 {
			transfer := b.Begin("192.168.1.7", "a.css", 1000, false)
			time.Sleep(99 * time.Millisecond)
			transfer.End(nil)
		}
		time.Sleep(interval)
		b.mu.Lock()
		ticking := b.ticking
		b.mu.Unlock()
		if n := screen.count(); n != 0 || ticking {
			t.Errorf("%d writes, ticking %v", n, ticking)
		}
	}) // which fails if a goroutine is left
}

// TestRate draws no more often than four times a second, and not at all if
// nothing has changed; each log line is one write.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 1<<40, false)
		move(film, 0, 1<<40, 10*time.Second)
		if n := screen.count(); n < 10 || n > 40 {
			t.Errorf("%d writes in 10 s", n)
		}
		time.Sleep(20 * time.Second)
		before := screen.count()
		time.Sleep(20 * time.Second)
		if n := screen.count(); n != before {
			t.Errorf("%d writes without news", n-before)
		}
		for range 10 {
			fmt.Fprintln(b, "line")
		}
		if got := screen.count() - before; got != 10 {
			t.Errorf("%d writes for 10 lines", got)
		}
	})
}

// TestPartial has a log line that comes in parts.
func TestPartial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		film := b.Begin("192.168.1.7", "film.mkv", 100*mebi, false)
		other := b.Begin("192.168.1.8", "other.mkv", 100*mebi, false)
		move(film, 0, 34*mebi, 2*time.Second)
		io.WriteString(b, "Password: ")
		want(t, drawn(screen), "Password: ")
		time.Sleep(time.Second)
		other.End(nil)
		want(t, drawn(screen), "Password: ")
		io.WriteString(b, "none\nmore")
		want(t, drawn(screen), "more")
		io.WriteString(b, "\n")
		wantLines(t, screen.log(), "Password: none", "more", "192.168.1.8 has other.mkv: 100 MiB in 3.0 s, 33 MiB/s")
		if got := drawn(screen); !strings.HasPrefix(got, "192.168.1.7 film.mkv: 34 %") {
			t.Errorf("live: %q", got)
		}
		io.WriteString(b, "open")
		film.End(nil)
		b.Close()
		wantLines(t, screen.log()[3:], "open", "192.168.1.7 has film.mkv: 100 MiB in 3.0 s, 33 MiB/s")
	})
}

// TestOpenForever bounds what waits for the end of a line.
func TestOpenForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, b := open(80)
		defer b.Close()
		io.WriteString(b, "open")
		for range 1000 {
			transfer := b.Begin("192.168.1.7", "film.mkv", 1, false)
			time.Sleep(shownAfter)
			transfer.End(nil)
		}
		if len(b.screen.held) > maxHeld {
			t.Errorf("%d bytes wait", len(b.screen.held))
		}
	})
}

// TestClose shows nothing more of transfers, and takes the log as ever.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		film := b.Begin("192.168.1.7", "film.mkv", 100*mebi, false)
		move(film, 0, 34*mebi, 2*time.Second)
		b.Close()
		b.Close()
		want(t, drawn(screen), "")
		fmt.Fprintln(b, "after")
		move(film, 34*mebi, 50*mebi, 2*time.Second)
		film.End(nil)
		film.End(nil)
		late := b.Begin("192.168.1.7", "late.mkv", 100*mebi, false)
		time.Sleep(2 * time.Second)
		late.End(nil)
		wantLines(t, screen.log(), "after")
		want(t, drawn(screen), "")
	})
}

// TestNil is what there is without a terminal.
func TestNil(t *testing.T) {
	t.Parallel()
	var b *Board
	transfer := b.Begin("192.168.1.7", "film.mkv", 100, false)
	transfer.Moved(100)
	transfer.End(nil)
	b.Close()
}

// TestGone writes to a terminal that has been closed.
func TestGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen, b := open(80)
		defer b.Close()
		film := b.Begin("192.168.1.7", "film.mkv", 100*mebi, false)
		move(film, 0, 34*mebi, 2*time.Second)
		screen.close()
		if n, err := b.Write([]byte("line\n")); n != 0 || err == nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		film.End(nil)
	})
}

// full is a terminal that takes a few bytes more.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// TestFull counts what was written of the log, not of the live line.
func TestFull(t *testing.T) {
	t.Parallel()
	erase := len(toStart + toErase)
	for room, want := range map[int]int{0: 0, 1: 0, erase: 0, erase + 2: 2, erase + 5: 5, erase + 7: 5} {
		w := &full{room: 100}
		b := New(w, Options{})
		b.screen.draw("", "a live line")
		w.room = room
		if n, err := b.Write([]byte("line\n")); n != want || err == nil {
			t.Errorf("room for %d: %d bytes, %v", room, n, err)
		}
	}
}

// stuck is a terminal that stands still until it is let go.
type stuck struct {
	terminal
	reached, released chan struct{}
	once              sync.Once
}

func (s *stuck) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.reached) })
	<-s.released
	return s.terminal.Write(p)
}

// TestStuck stops the terminal, as Ctrl-S does, which keeps no short transfer.
func TestStuck(t *testing.T) {
	t.Parallel()
	s := &stuck{terminal: terminal{width: 80}, reached: make(chan struct{}), released: make(chan struct{})}
	b := New(s, Options{})
	written := make(chan struct{})
	go func() {
		fmt.Fprintln(b, "line")
		close(written)
	}()
	<-s.reached
	for range 10 {
		transfer := b.Begin("192.168.1.7", "a.css", 100, false)
		transfer.Moved(100)
		transfer.End(nil)
	}
	close(s.released)
	<-written
	b.Close()
	wantLines(t, s.log(), "line")
}

// TestWidth follows the width of the terminal.
func TestWidth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		screen := &terminal{width: 200}
		var columns atomic.Int64
		b := New(screen, Options{Width: func() int { return int(columns.Load()) }})
		defer b.Close()
		name := strings.Repeat("long ", 40) + ".mkv"
		film := b.Begin("192.168.1.7", name, 100*mebi, false)
		move(film, 0, 34*mebi, 2*time.Second)
		for _, width := range []int64{0, 1, 2, 10, 40, 60, 100} {
			columns.Store(width)
			time.Sleep(interval)
			if width == 0 {
				width = 80
			}
			got := len([]rune(drawn(screen)))
			if got > int(width)-1 || width > 5 && got < int(width)*3/4 {
				t.Errorf("%d columns: %q", width, screen.live())
			}
		}
	})
}

// TestTogether has many write to the log while transfers come and go.
func TestTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const writers, lines, transfers = 8, 200, 12
		screen, b := open(80)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range lines {
					fmt.Fprintf(b, "writer %d line %d of the log\n", w, i)
					time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
				}
			})
		}
		for n := range transfers {
			all.Go(func() {
				for range 3 {
					transfer := b.Begin(fmt.Sprintf("192.168.1.%d", n), "größe\r\x1b[2J文件.mkv", 10*mebi, n%2 == 0)
					move(transfer, 0, 5*mebi, time.Duration(1000+rand.IntN(4000))*time.Millisecond)
					transfer.End(map[bool]error{true: io.ErrUnexpectedEOF}[n%3 == 0])
				}
			})
		}
		looks := 0
		for range 20 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if strings.Contains(screen.live(), "transfers, ") {
				looks++
			}
		}
		if looks < 5 {
			t.Errorf("the live line was there %d times of 20", looks)
		}
		all.Wait()
		want(t, drawn(screen), "")
		b.Close()
		check(t, screen, writers*lines, transfers*3)
	})
}

// check looks whether a terminal has each line of the log, whole, and one for
// each transfer.
func check(t *testing.T, screen *terminal, logged, ended int) {
	t.Helper()
	if screen.fault != "" {
		t.Error(screen.fault)
	}
	for _, line := range screen.log() {
		var w, i int
		switch {
		case strings.HasPrefix(line, "192.168.1.") && strings.Contains(line, `größe\x0d\x1b[2J文件.mkv`) && strings.Contains(line, " MiB"):
			ended--
		default:
			if n, err := fmt.Sscanf(line, "writer %d line %d of the log", &w, &i); n != 2 || err != nil || line != fmt.Sprintf("writer %d line %d of the log", w, i) {
				t.Errorf("line %q", line)
			}
			logged--
		}
	}
	if logged != 0 || ended != 0 {
		t.Errorf("%d lines of the log are missing, and %d of transfers", logged, ended)
	}
}

// TestRace is TestTogether in real time, and closes in the midst of it.
func TestRace(t *testing.T) {
	t.Parallel()
	screen := &terminal{width: 80}
	b := New(screen, Options{})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 500 {
				transfer := b.Begin("192.168.1.7", "film.mkv", 1000, false)
				transfer.mu(func() { transfer.started = transfer.started.Add(-time.Duration(i%2) * 2 * time.Second) })
				transfer.Moved(int64(i))
				fmt.Fprintf(b, "writer %d line %d of the log\n", n, i)
				if i%16 == 0 {
					b.tick()
				}
				runtime.Gosched()
				transfer.End(nil)
			}
		})
	}
	all.Go(func() {
		for len(screen.log()) < 1000 {
			runtime.Gosched()
		}
		b.Close()
	})
	all.Wait()
	want(t, screen.live(), "")
	logged := 0
	for _, line := range screen.log() {
		if strings.HasPrefix(line, "writer ") && strings.HasSuffix(line, " of the log") {
			logged++
		} else if !strings.HasPrefix(line, "192.168.1.7 has film.mkv: ") {
			t.Errorf("line %q", line)
		}
	}
	if logged != 8*500 {
		t.Errorf("%d lines of the log", logged)
	}
}

// mu calls f while nobody draws.
func (t *Transfer) mu(f func()) {
	t.board.mu.Lock()
	defer t.board.mu.Unlock()
	f()
}

func open(width int) (*terminal, *Board) {
	screen := &terminal{width: width}
	return screen, New(screen, Options{Width: func() int { return width }})
}

// move moves bytes evenly, in small steps.
func move(t *Transfer, from, to int64, d time.Duration) {
	const step = 5 * time.Millisecond
	steps := int64(d / step)
	for i := range steps {
		time.Sleep(step)
		t.Moved(from + (to-from)*(i+1)/steps)
	}
}

// drawn returns the live line once all has been drawn that is due.
func drawn(screen *terminal) string {
	time.Sleep(time.Millisecond)
	synctest.Wait()
	return screen.live()
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func BenchmarkShort(b *testing.B) {
	board := New(io.Discard, Options{})
	defer board.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t := board.Begin("192.168.1.7", "a.css", 1000, false)
			t.Moved(1000)
			t.End(nil)
		}
	})
}

func BenchmarkTick(b *testing.B) {
	board := New(io.Discard, Options{})
	defer board.Close()
	for i := range 1000 {
		t := board.Begin("192.168.1.7", fmt.Sprintf("%d.mkv", i), 1<<40, false)
		t.mu(func() { t.started = t.started.Add(-time.Minute) })
	}
	for b.Loop() {
		board.out.Lock()
		board.refresh("")
		board.out.Unlock()
	}
}
