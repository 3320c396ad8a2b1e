package bucket_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/bucket"
	"github.com/gserve/gserve/internal/bucket/storetest"
	"github.com/gserve/gserve/internal/exchange"
)

// corpusOptions are those of the scripts of exchanges that are run here. Of the
// others it is not the root that matters.
var corpusOptions = map[string]fileserver.Option{
	"hidden": fileserver.WithHidden(), "no-listing": fileserver.WithoutListing(), "no-archive": fileserver.WithoutArchive(),
	"page-only": fileserver.WithPageOnly(), "no-index": fileserver.WithIndex(), "own-index": fileserver.WithIndex("home.html", "index.html"),
	"no-compression": fileserver.WithoutCompression(), "no-coding": fileserver.WithoutCoding(), "no-cache": fileserver.WithCacheSize(0),
	"small-cache": fileserver.WithCacheSize(400_000), "clean-urls": fileserver.WithCleanURLs(), "error-page": fileserver.WithErrorPage("404.html"),
	"prefix": fileserver.WithPrefix("/se/cret/"), "home": fileserver.WithHome("10:a.txt"), "drop-box": fileserver.WithDropBox("."),
	"drop-box-docs": fileserver.WithDropBox("/docs/"),
}

// TestCorpus asks a bucket all that the exchanges do, and a tree in memory that
// has the same files, and the same told of them. Whatever a bucket cannot hold is
// in neither: links, devices, names that are not UTF-8, files that fail.
func TestCorpus(t *testing.T) {
	t.Parallel()
	s := storetest.Start(t)
	tree := twin{files: fstest.MapFS{}, infos: map[string]fs.FileInfo{}}
	upload(t, s, tree.files)
	b := open(t, s, s.URL, "s3://"+s.Bucket)
	b.Believe()
	tags := tree.describe(t, b)
	scripts, err := exchange.ReadAll(os.DirFS("../../testdata"), "exchanges/*.txt")
	must(t, err)
	asked := 0
	for name, script := range scripts {
		options, ok := optionsOf(script)
		if !ok {
			continue
		}
		inMemory := fileserver.New(tree, options...)
		inBucket := fileserver.New(b, append(options, fileserver.WithFilter(b.Through))...)
		for _, e := range script.Exchanges {
			if e.Proto != "" {
				continue
			}
			for i, f := range e.Fields {
				e.Fields[i].Value = tags.Replace(f.Value)
			}
			asked++
			want, err := exchange.Decided(inMemory, e)
			must(t, err)
			got, err := exchange.Decided(inBucket, e)
			if difference := compare(want, got); err != nil || difference != "" {
				t.Errorf("%s: %s: %s %s: %s %v", name, e.Place, e.Method, e.Target, difference, err)
			}
		}
	}
	if asked < 500 || len(tree.files) < 200 {
		t.Errorf("only %d were asked, of %d files", asked, len(tree.files))
	}
	t.Logf("%d were asked, of %d files", asked, len(tree.files))
}

// optionsOf returns the options of a script, if all of them are known here.
func optionsOf(script exchange.Script) (options []fileserver.Option, ok bool) {
	for _, name := range script.Options {
		option := corpusOptions[name]
		if option == nil {
			return nil, false
		}
		options = append(options, option)
	}
	return options, true
}

var boundary = regexp.MustCompile(`[A-Z2-7]{26}`)

// compare tells in what two answers differ, "" if in nothing.
func compare(want, got exchange.Answer) string {
	plain := func(s string) string { return boundary.ReplaceAllString(s, "BOUNDARY") }
	if want.Status != got.Status {
		return http.StatusText(got.Status) + ", not " + http.StatusText(want.Status)
	}
	for _, h := range []http.Header{want.Header, got.Header} {
		for name := range h {
			if a, b := plain(strings.Join(want.Header[name], ",")), plain(strings.Join(got.Header[name], ",")); a != b {
				return name + ": " + b + ", not " + a
			}
		}
	}
	if plain(string(want.Content)) != plain(string(got.Content)) {
		return "other content"
	}
	return ""
}

// upload stores the site of the exchanges, as far as a bucket can hold it, and
// puts what it has stored into files.
func upload(t testing.TB, s *storetest.Store, files fstest.MapFS) {
	t.Helper()
	site := exchange.Site()
	must(t, fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !isStorable(name) {
			return nil
		}
		content, err := fs.ReadFile(site, name)
		if err != nil {
			return nil
		}
		_, err = s.PutObject(context.Background(), s.Bucket, name, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{DisableMultipart: true})
		if err != nil {
			t.Logf("%q cannot be stored: %v", name, err)
			return nil
		}
		info, err := d.Info()
		must(t, err)
		modified := info.ModTime()
		if modified.IsZero() {
			modified = time.Unix(0, 0)
		}
		must(t, os.Chtimes(filepath.Join(s.Folder, filepath.FromSlash(name)), modified, modified))
		files[name] = &fstest.MapFile{Data: content, Mode: 0o444}
		return nil
	}))
}

// isStorable reports whether the store, which keeps objects as files, takes a key.
func isStorable(name string) bool {
	return fs.ValidPath(name) && len(path.Base(name)) < 256 && !strings.ContainsAny(name, "\x00")
}

// twin is a tree in memory, of whose files the same is told as of others.
type twin struct {
	files fstest.MapFS
	infos map[string]fs.FileInfo
}

// describe takes over what is told of the files in a bucket. It returns what makes
// tags of the exchanges those of the bucket.
func (w twin) describe(t testing.TB, b *bucket.Bucket) *strings.Replacer {
	t.Helper()
	var pairs []string
	for name := range w.files {
		info, err := b.Stat(name)
		if err != nil {
			t.Logf("%q is not found: %v", name, err)
			delete(w.files, name)
			continue
		}
		w.infos[name] = info
		before, err := fs.Stat(exchange.Site(), name)
		must(t, err)
		tag := func(info fs.FileInfo) string {
			return strings.Trim(strings.TrimPrefix(string(fileserver.TagOf(info, exchange.Now)), "W/"), `"`)
		}
		if tag(before) != "" {
			pairs = append(pairs, tag(before), tag(info))
		}
	}
	return strings.NewReplacer(pairs...)
}

// Stat describes a file or folder.
func (w twin) Stat(name string) (fs.FileInfo, error) {
	if info, ok := w.infos[name]; ok {
		return info, nil
	}
	return w.files.Stat(name)
}

// Open opens a file or folder.
func (w twin) Open(name string) (fs.File, error) {
	f, err := w.files.Open(name)
	if info, ok := w.infos[name]; ok && err == nil {
		return twinFile{f.(openMapFile), info}, nil
	}
	return f, err
}

type openMapFile interface {
	fs.File
	Seek(offset int64, whence int) (int64, error)
	ReadAt(b []byte, at int64) (int, error)
}

type twinFile struct {
	openMapFile
	info fs.FileInfo
}

func (f twinFile) Stat() (fs.FileInfo, error) { return f.info, nil }
