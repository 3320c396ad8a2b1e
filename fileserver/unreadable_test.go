package fileserver_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/gserve/gserve/fileserver"
)

// unreadableFS is a file system with bytes that cannot be read.
type unreadableFS struct {
	fstest.MapFS
	from int64 // the first of them
}

func (b unreadableFS) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if err != nil {
		return nil, err
	}
	if whole, ok := f.(wholeFile); ok {
		return &unreadableFile{whole, b.from, 0}, nil
	}
	return f, nil
}

type wholeFile interface {
	fs.File
	io.ReaderAt
	io.Seeker
}

type unreadableFile struct {
	wholeFile
	from, at int64
}

func (f *unreadableFile) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > f.from {
		return 0, &fs.PathError{Op: "read", Path: "file", Err: syscall.EIO}
	}
	return f.wholeFile.ReadAt(b, offset)
}

func (f *unreadableFile) Read(b []byte) (int, error) {
	if f.at >= f.from {
		return 0, &fs.PathError{Op: "read", Path: "file", Err: syscall.EIO}
	}
	n, err := f.wholeFile.Read(b[:min(int64(len(b)), f.from-f.at)])
	f.at += int64(n)
	return n, err
}

func (f *unreadableFile) Seek(offset int64, whence int) (int64, error) {
	at, err := f.wholeFile.Seek(offset, whence)
	f.at = at
	return at, err
}

// TestUnreadableContent has a file be refused if that can be told before the head
// of the answer is out, and else be cut short.
func TestUnreadableContent(t *testing.T) {
	t.Parallel()
	const cut = 0
	small, large := strings.Repeat("x", 5000), strings.Repeat("y", 200_000)
	for _, tt := range []struct {
		method, content, fields string
		from                    int64
		want                    int
	}{
		{"GET", small, "", 5000, 200},
		{"GET", small, "", 0, 500},
		{"GET", small, "", 4999, 500},
		{"HEAD", small, "", 0, 200},
		{"GET", small, "bytes=10-19", 0, 500},
		{"GET", small, "bytes=10-19", 4000, 206},
		{"GET", large, "", 200_000, 200},
		{"GET", large, "", 0, 500},
		{"GET", large, "", 100_000, cut},
		{"GET", large, "bytes=150000-199999", 100_000, 500},
		{"GET", large, "bytes=0-9,150000-150009", 100_000, cut},
		{"GET", large, "bytes=0-9,20-29", 100_000, 206},
	} {
		observed := make(chan fileserver.Record, 1)
		files := unreadableFS{fstest.MapFS{"file.bin": {Data: []byte(tt.content)}}, tt.from}
		server := httptest.NewServer(fileserver.New(files,
			fileserver.WithObserver(func(r *fileserver.Record) { observed <- *r }),
			fileserver.WithFilter(func(_ *fileserver.Request, p *fileserver.Response) {
				p.Extra = append(p.Extra, fileserver.Field{Name: "X-Filter", Value: "yes"})
			})))
		r, err := http.NewRequest(tt.method, server.URL+"/file.bin", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.fields != "" {
			r.Header.Set("Range", tt.fields)
		}
		answer, err := server.Client().Do(r)
		got := cut
		if err == nil {
			content, err := io.ReadAll(answer.Body)
			if answer.Body.Close(); err == nil {
				got = answer.StatusCode
			}
			if lines := answer.Header["X-Filter"]; len(lines) != 1 {
				t.Errorf("%s %s from %d: the filter has added %q", tt.method, tt.fields, tt.from, lines)
			}
			if got == 500 && string(content) != "500 Internal Server Error\n" {
				t.Errorf("%s %s from %d: %.100q", tt.method, tt.fields, tt.from, content)
			}
		}
		if got != tt.want {
			t.Errorf("%s %s from %d: %d, want %d", tt.method, tt.fields, tt.from, got, tt.want)
		}
		if record := <-observed; (tt.want == cut || tt.want == 500) != errors.Is(record.Err, syscall.EIO) {
			t.Errorf("%s %s from %d: observed %v", tt.method, tt.fields, tt.from, record.Err)
		}
		server.Close()
	}
}
