package spool

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"io"
	"strings"
	"testing"
)

func TestExtension(t *testing.T) {
	t.Parallel()
	made := func(write func(io.Writer)) string {
		var b bytes.Buffer
		write(&b)
		return b.String()
	}
	picture := image.NewRGBA(image.Rect(0, 0, 9, 9))
	for _, c := range []struct{ head, name, mediaType string }{
		{"a line\nanother\n", "stdin.txt", "text/plain; charset=utf-8"},
		{"", "stdin.txt", "text/plain; charset=utf-8"},
		{"caf\xc3\xa9, cut off in a charact\xc3", "stdin.txt", "text/plain; charset=utf-8"},
		{"caf\xe9 in Latin-1, and more\n", "stdin.txt", "text/plain"},
		{"a,b,c\n1,2,3\n4,5,6\n", "stdin.txt", "text/plain; charset=utf-8"},
		{"{\"level\":1}\n{\"level\":2}\n", "stdin.txt", "text/plain; charset=utf-8"},
		{"{\"a\": [1, 2]}\n", "stdin.json", "application/json"},
		{"<!doctype html><title>x</title>", "stdin.html", "text/html"},
		{"<!doctype html><title>\u00e9</title>", "stdin.html", "text/html; charset=utf-8"},
		{"#!/usr/bin/python3\nprint()\n", "stdin.py", "text/plain; charset=utf-8"},
		{"%PDF-1.7\n", "stdin.pdf", "application/pdf"},
		{"\x00\x01\x02\x03\xff", "stdin.bin", "application/octet-stream"},
		{"\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100), "stdin.bin", "application/octet-stream"},
		{made(func(w io.Writer) { png.Encode(w, picture) }), "stdin.png", "image/png"},
		{made(func(w io.Writer) { gif.Encode(w, picture, nil) }), "stdin.gif", "image/gif"},
		{made(func(w io.Writer) { gzip.NewWriter(w).Close() }), "stdin.gz", "application/gzip"},
		{made(func(w io.Writer) {
			archive := tar.NewWriter(w)
			archive.WriteHeader(&tar.Header{Name: "a", Size: 1})
			archive.Write([]byte("a"))
			archive.Close()
		}), "stdin.tar", "application/x-tar"},
		{made(func(w io.Writer) {
			archive := zip.NewWriter(w)
			archive.Create("a")
			archive.Close()
		}), "stdin.zip", "application/zip"},
	} {
		name := "stdin" + extension([]byte(c.head))
		if got := mediaType(name, []byte(c.head)); name != c.name || got != c.mediaType {
			t.Errorf("%.30q: %s, %s, want %s, %s", c.head, name, got, c.name, c.mediaType)
		}
	}
	for name, want := range map[string]string{
		"a.csv": "text/csv; charset=utf-8", "a.json": "application/json", "log": "text/plain; charset=utf-8", "a.unknown": "text/plain; charset=utf-8",
	} {
		if got := mediaType(name, []byte("#!/bin/sh\n")); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestNameWaits(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	s, _ := open(t, r, Options{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if name, err := s.Name(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("it is %q, %v", name, err)
	}
	go io.WriteString(w, "\x89PNG\r\n\x1a\n")
	if name, err := s.Name(t.Context()); name != "stdin.png" || err != nil {
		t.Errorf("it is %q, %v", name, err)
	}
	never, _ := io.Pipe()
	s, _ = open(t, never, Options{Name: "notes.md"})
	if name, err := s.Name(t.Context()); name != "notes.md" || err != nil {
		t.Errorf("it is %q, %v", name, err)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	if got := folders("named", "temporary"); len(got) != 1 || got[0] != "named" {
		t.Errorf("%q", got)
	}
	if got := folders("", ""); len(got) == 0 {
		t.Error("nowhere to go")
	}
}
