//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
)

// question is what a server is asked, and what a right answer is.
type question struct {
	path      string
	fields    []string // of the request, besides Host
	validates bool     // asks whether what the first answer had still holds
	status    int      // wanted
	length    int64    // of the content, which a download has to have; 0 where none is
	right     func(*http.Response) error
}

// whole wants all of a file of the site, and its length before it.
func (b *bench) whole(name string) func(*http.Response) error {
	return func(r *http.Response) error {
		f, err := os.Open(b.inSite(name))
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if r.ContentLength != info.Size() {
			return fmt.Errorf("its length is given as %d instead of %d", r.ContentLength, info.Size())
		}
		return errors.Join(coded(r, ""), same(r.Body, f))
	}
}

// part wants some bytes of a file of the site.
func (b *bench) part(name string, first, last int64) func(*http.Response) error {
	return func(r *http.Response) error {
		f, err := os.Open(b.inSite(name))
		if err != nil {
			return err
		}
		defer f.Close()
		if want := last - first + 1; r.ContentLength != want {
			return fmt.Errorf("its length is given as %d instead of %d", r.ContentLength, want)
		}
		return errors.Join(coded(r, ""), same(r.Body, io.NewSectionReader(f, first, last-first+1)))
	}
}

// gzipped wants a file of the site in a coding that is made on the fly.
func (b *bench) gzipped(name string) func(*http.Response) error {
	return func(r *http.Response) error {
		if err := coded(r, "gzip"); err != nil {
			return err
		}
		content, err := gzip.NewReader(r.Body)
		if err != nil {
			return err
		}
		f, err := os.Open(b.inSite(name))
		if err != nil {
			return err
		}
		defer f.Close()
		return same(content, f)
	}
}

// sidecar wants the file that lies beside one of the site in a coding.
func (b *bench) sidecar(name string) func(*http.Response) error {
	suffixes := map[string]string{"br": ".br", "gzip": ".gz"}
	return func(r *http.Response) error {
		coding := r.Header.Get("Content-Encoding")
		if suffixes[coding] == "" {
			return fmt.Errorf("its content coding is %q", coding)
		}
		f, err := os.Open(b.inSite(name + suffixes[coding]))
		if err != nil {
			return err
		}
		defer f.Close()
		return same(r.Body, f)
	}
}

// listed is the name of a file in the folders that are listed.
var listed = regexp.MustCompile(`file-\d{6}\.txt`)

// lists wants the names of n files.
func lists(n int) func(*http.Response) error {
	return func(r *http.Response) error {
		page, err := io.ReadAll(io.LimitReader(r.Body, 256<<20))
		if err != nil {
			return err
		}
		names := make(map[string]bool, n)
		for _, name := range listed.FindAll(page, -1) {
			names[string(name)] = true
		}
		if len(names) != n {
			return fmt.Errorf("it lists %d files instead of %d", len(names), n)
		}
		return nil
	}
}

// anything takes any content, as that of an error.
func anything(r *http.Response) error {
	_, err := io.Copy(io.Discard, r.Body)
	return err
}

// nothing wants no content.
func nothing(r *http.Response) error { return same(r.Body, bytes.NewReader(nil)) }

// coded wants a content coding, or "".
func coded(r *http.Response, want string) error {
	if got := r.Header.Get("Content-Encoding"); got != want {
		return fmt.Errorf("its content coding is %q instead of %q", got, want)
	}
	return nil
}

// same compares content with what it should be, to the end of both.
func same(got, want io.Reader) error {
	var a, b [64 << 10]byte
	for at := int64(0); ; {
		n, gotErr := io.ReadFull(got, a[:])
		m, wantErr := io.ReadFull(want, b[:])
		if !bytes.Equal(a[:n], b[:m]) {
			return fmt.Errorf("its content differs between byte %d and byte %d", at, at+int64(max(n, m)))
		}
		at += int64(n)
		switch {
		case gotErr != nil && gotErr != io.EOF && gotErr != io.ErrUnexpectedEOF:
			return gotErr
		case wantErr == io.EOF || wantErr == io.ErrUnexpectedEOF:
			return ended(got)
		case wantErr != nil:
			return wantErr
		}
	}
}

// ended wants nothing more than the end, which is no error.
func ended(r io.Reader) error {
	n, err := r.Read(make([]byte, 1))
	switch {
	case n > 0:
		return errors.New("its content is longer")
	case err != io.EOF:
		return fmt.Errorf("its content does not end: %w", err)
	}
	return nil
}

func (b *bench) inSite(name string) string {
	return filepath.Join(b.folder, "site", filepath.FromSlash(name))
}
