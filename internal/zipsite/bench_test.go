package zipsite_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/zipsite"
)

// discarder is a ResponseWriter that costs as little as can be.
type discarder struct{ header http.Header }

func (d *discarder) Header() http.Header         { return d.header }
func (d *discarder) WriteHeader(int)             {}
func (d *discarder) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkServe answers from an archive, and from a folder with the same in it,
// where the coded file lies beside the original.
func BenchmarkServe(b *testing.B) {
	small, large := text(4_000, 1), text(300_000, 2)
	members := []member{
		{name: "small.js", content: small, method: zip.Deflate}, {name: "large.js", content: large, method: zip.Deflate},
		{name: "small.bin", content: small}, {name: "large.bin", content: large},
	}
	folder := b.TempDir()
	for _, m := range members {
		write(b, filepath.Join(folder, "a", m.name), []byte(m.content))
		if m.method == zip.Deflate {
			write(b, filepath.Join(folder, "a", m.name+".gz"), []byte(gzipOf(pack(b, zip.Deflate, m.content), m.content)))
		}
	}
	for i := range members {
		members[i].name = "a/" + members[i].name
	}
	must(b, os.Chtimes(filepath.Join(folder, "a"), modified, modified))
	name := filepath.Join(b.TempDir(), "site.zip")
	write(b, name, archive(b, members...))
	site, err := zipsite.Open(name, nil)
	must(b, err)
	defer site.Close()
	root, err := fileserver.Dir(folder)
	must(b, err)
	defer root.Close()
	for _, test := range []struct{ name, path, coding string }{
		{"gzip-small", "/a/small.js", "gzip"}, {"gzip-large", "/a/large.js", "gzip"},
		{"inflated-small", "/a/small.js", "identity"}, {"inflated-large", "/a/large.js", "identity"},
		{"stored-small", "/a/small.bin", "identity"}, {"stored-large", "/a/large.bin", "identity"},
	} {
		for _, from := range []struct {
			name string
			root fs.FS
		}{{"zip", site}, {"folder", root}} {
			b.Run(test.name+"/"+from.name, func(b *testing.B) {
				server := fileserver.New(from.root, fileserver.WithContentType("application/octet-stream"))
				request, _ := http.NewRequest("GET", test.path, nil)
				request.Header.Set("Accept-Encoding", test.coding)
				w := &discarder{http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					server.ServeHTTP(w, request)
				}
			})
		}
	}
}

// BenchmarkTransfer sends a large stored file over loopback.
func BenchmarkTransfer(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	folder := b.TempDir()
	write(b, filepath.Join(folder, "a.bin"), content)
	name := filepath.Join(b.TempDir(), "site.zip")
	write(b, name, archive(b, member{name: "a.bin", content: string(content)}))
	site, err := zipsite.Open(name, nil)
	must(b, err)
	defer site.Close()
	root, err := fileserver.Dir(folder)
	must(b, err)
	defer root.Close()
	for from, root := range map[string]fs.FS{"zip": site, "folder": root} {
		b.Run(from, func(b *testing.B) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			must(b, err)
			server := &http.Server{Handler: fileserver.New(root)}
			defer server.Close()
			go server.Serve(listener)
			conn, err := net.Dial("tcp", listener.Addr().String())
			must(b, err)
			defer conn.Close()
			buf := make([]byte, 1<<20)
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				io.WriteString(conn, "GET /a.bin HTTP/1.1\r\nHost: x\r\n\r\n")
				for n := 0; n < len(content); {
					m, err := conn.Read(buf)
					must(b, err)
					n += m
				}
			}
		})
	}
}

// BenchmarkOpen opens archives of many entries, and tells what is held of each.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{100, 100_000, 1_000_000} {
		name := filepath.Join(b.TempDir(), "site.zip")
		file, err := os.Create(name)
		must(b, err)
		w := zip.NewWriter(file)
		for i := range n {
			part, err := w.CreateRaw(&zip.FileHeader{
				Name: fmt.Sprintf("node_modules/package-%d/lib/module-%d.js", i/100, i), Modified: modified, Extra: stampField(modified),
				CRC32: crc32.ChecksumIEEE(nil),
			})
			must(b, err)
			part.Write(nil)
		}
		must(b, w.Close())
		must(b, file.Close())
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				site, err := zipsite.Open(name, nil)
				must(b, err)
				runtime.GC()
				runtime.ReadMemStats(&after)
				site.Close()
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "held-B/entry")
		})
	}
}
