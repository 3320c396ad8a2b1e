package cli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen runs gserve on a terminal, and collects what that shows.
func screen(t *testing.T, args ...string) *output {
	keyboard, terminal := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(keyboard.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 120}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Main(ctx, System{Args: args, Stdin: terminal, Stdout: terminal, Stderr: terminal, Getenv: environ("")})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	shown := new(output)
	go io.Copy(shown, keyboard)
	return shown
}

// wants waits for the screen to show what matches, and returns the groups.
func (o *output) wants(t *testing.T, pattern string) []string {
	t.Helper()
	deadline := time.After(patience)
	for {
		changed := o.changed()
		if m := regexp.MustCompile(pattern).FindStringSubmatch(o.String()); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the screen has nothing like %s:\n%s", pattern, o.String())
		}
	}
}

// TestAnnounce opens every address that a terminal shows.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "a.txt"), []byte("a"), 0o644)
	shown := screen(t, dir, "0")
	shown.wants(t, `\(http://\[::\]:\d+/\) \.\.\.`)
	shown.wants(t, `(?m)^  http://\S+/ +\S`)
	shown.wants(t, `[▀▄█]`)
	for _, m := range regexp.MustCompile(`(?m)^  (http://\S+)/ `).FindAllStringSubmatch(shown.String(), -1) {
		answer, err := http.Get(m[1] + "/a.txt")
		if err != nil {
			t.Errorf("%s was printed and cannot be opened: %v", m[1], err)
			continue
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", m[1], answer.Status)
		}
	}
}

// TestAnnounceAlone has nothing to announce to others.
func TestAnnounceAlone(t *testing.T) {
	t.Parallel()
	shown := screen(t, t.TempDir(), "0", "-b", "127.0.0.1")
	address := shown.wants(t, `\((http://127\.0\.0\.1:\d+/)\) \.\.\.`)[1]
	if answer, err := http.Get(address); err != nil {
		t.Error(err)
	} else {
		answer.Body.Close()
	}
	shown.wants(t, `"GET / HTTP/1.1" `)
	if m := regexp.MustCompile(`(?m)^  http://|[▀▄█]`).FindString(shown.String()); m != "" {
		t.Errorf("%q is shown:\n%s", m, shown.String())
	}
}

// TestTransferOnTerminal has a file go out slowly: it is shown while it does,
// and when it is through.
func TestTransferOnTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "film.mkv"), nil, 0o644), os.Truncate(filepath.Join(dir, "film.mkv"), 64<<20)); err != nil {
		t.Fatal(err)
	}
	shown := screen(t, dir, "0", "-b", "127.0.0.1")
	address := shown.wants(t, `\((http://127\.0\.0\.1:\d+/)\) \.\.\.`)[1]
	answer, err := http.Get(address + "film.mkv")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	io.CopyN(io.Discard, answer.Body, 8<<20)
	shown.wants(t, `127\.0\.0\.1 film\.mkv: \d+ %`)
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != 56<<20 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	shown.wants(t, `127\.0\.0\.1 has film\.mkv: 64 MiB in `)
}

// TestUploadOnTerminal has a file come in slowly: what is shown is how much of
// it has come, not how much at a time.
func TestUploadOnTerminal(t *testing.T) {
	t.Parallel()
	shown := screen(t, t.TempDir(), "0", "-b", "127.0.0.1", "-u")
	address := shown.wants(t, `\((http://127\.0\.0\.1:\d+/)\) \.\.\.`)[1]
	content, w := io.Pipe()
	request, err := http.NewRequest("PUT", address+"film.mkv", content)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 40 << 20
	answered := make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			answer.Body.Close()
		}
		answered <- err
	}()
	piece := make([]byte, 1<<20)
	for range 30 {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	shown.wants(t, `127\.0\.0\.1 sends film\.mkv: 7\d %`)
	for range 10 {
		w.Write(piece)
	}
	w.Close()
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	shown.wants(t, `127\.0\.0\.1 sent film\.mkv: 40 MiB in `)
}
