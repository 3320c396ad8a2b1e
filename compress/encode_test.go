package compress_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/internal/exchange"
)

// decoders are the programs that know a coding best.
var decoders = map[compress.Coding][]string{
	compress.Gzip:   {"gzip", "-dc"},
	compress.Zstd:   {"zstd", "-dcq"},
	compress.Brotli: {"brotli", "-dc"},
}

// contents are what encoders are tried with.
func contents() map[string][]byte {
	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 300_000)
	random.Read(noise)
	return map[string][]byte{
		"nothing": {},
		"byte":    {'x'},
		"text":    []byte(strings.Repeat("the quick brown fox jumps over the lazy dog. ", 5000)),
		"noise":   noise,
		"zeros":   make([]byte, 3<<20),
	}
}

// TestDecodedByPrograms has the programs of each coding decode what was
// encoded, and what was encoded by an encoder that had been given up before.
func TestDecodedByPrograms(t *testing.T) {
	t.Parallel()
	for _, c := range compress.Codings {
		for _, effort := range []compress.Effort{compress.Fast, compress.Best} {
			t.Run(fmt.Sprint(c, effort), func(t *testing.T) {
				t.Parallel()
				program := exchange.Program(t, decoders[c][0])
				for name, content := range contents() {
					given := compress.NewWriter(io.Discard, c, effort)
					given.Write(content)
					given.Release()
					var coded bytes.Buffer
					w := compress.NewWriter(&coded, c, effort)
					half := len(content) / 2
					w.Write(content[:half])
					w.Flush()
					w.Write(content[half:])
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					decode := exec.Command(program, decoders[c][1:]...)
					decode.Stdin = bytes.NewReader(coded.Bytes())
					decode.Stderr = os.Stderr
					if decoded, err := decode.Output(); err != nil || !bytes.Equal(decoded, content) {
						t.Errorf("%s: %d bytes decoded by %s, %v; want %d", name, len(decoded), program, err, len(content))
					}
				}
			})
		}
	}
}

// TestNewReader decodes what the programs have encoded, at their best.
func TestNewReader(t *testing.T) {
	t.Parallel()
	encoders := map[compress.Coding][]string{
		compress.Gzip: {"gzip", "-9c"}, compress.Zstd: {"zstd", "-19cq"}, compress.Brotli: {"brotli", "-9c"},
	}
	for c, command := range encoders {
		t.Run(c.Token(), func(t *testing.T) {
			t.Parallel()
			program := exchange.Program(t, command[0])
			for name, content := range contents() {
				encode := exec.Command(program, command[1:]...)
				encode.Stdin = bytes.NewReader(content)
				coded, err := encode.Output()
				if err != nil {
					t.Fatal(err)
				}
				r, err := compress.NewReader(bytes.NewReader(coded), c)
				if err != nil {
					t.Fatal(err)
				}
				decoded, err := io.ReadAll(r)
				r.Close()
				if err != nil || !bytes.Equal(decoded, content) {
					t.Errorf("%s: %d bytes decoded, %v; want %d", name, len(decoded), err, len(content))
				}
				if len(content) < 1000 {
					continue
				}
				if r, err := compress.NewReader(bytes.NewReader(coded[:len(coded)/2]), c); err == nil {
					if _, err := io.ReadAll(r); err == nil {
						t.Errorf("%s: half of it decodes without an error", name)
					}
				}
			}
		})
	}
}

// TestFlush holds that all that was written can be decoded after a flush.
func TestFlush(t *testing.T) {
	t.Parallel()
	for _, c := range compress.Codings {
		var coded bytes.Buffer
		w := compress.NewWriter(&coded, c, compress.Fast)
		io.WriteString(w, "first")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := compress.NewReader(bytes.NewReader(coded.Bytes()), c)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(r, got); err != nil || string(got) != "first" {
			t.Errorf("%v: %q, %v", c, got, err)
		}
		r.Close()
		w.Release()
	}
}

// TestNoGoroutines uses all encoders and decoders. It is not parallel: it
// counts the goroutines of the whole process.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		for _, c := range compress.Codings {
			var coded bytes.Buffer
			w := compress.NewWriter(&coded, c, compress.Fast)
			w.Write(make([]byte, 1<<20))
			w.Close()
			compress.NewWriter(io.Discard, c, compress.Fast).Release()
			if r, err := compress.NewReader(&coded, c); err == nil {
				io.CopyN(io.Discard, r, 100)
				r.Close()
			}
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, were %d", after, before)
	}
}

func TestIsCompressible(t *testing.T) {
	t.Parallel()
	for mediaType, want := range map[string]bool{
		"text/html": true, "text/html; charset=utf-8": true, "TEXT/CSS": true, "application/json": true, "image/svg+xml": true,
		"application/ld+json": true, "application/wasm": true, "font/ttf": true,
		"image/png": false, "video/mp4": false, "font/woff2": false, "application/zip": false, "application/gzip": false,
		"application/octet-stream": false, "": false, "text/event-stream": false, "application/pdf": false,
	} {
		if got := compress.IsCompressible(mediaType); got != want {
			t.Errorf("IsCompressible(%q) = %v", mediaType, got)
		}
	}
}
