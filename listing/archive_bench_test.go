package listing_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/gserve/gserve/listing"
)

// manySmall is a folder like that of a package manager.
func manySmall() *fakeFiles {
	var f fakeFiles
	for i := range 10_000 {
		f.files = append(f.files, fakeFile{name: fmt.Sprintf("node_modules/package-%d/index.js", i), size: 1000, mode: 0o644, mtime: modified})
	}
	return &f
}

func BenchmarkMeasure(b *testing.B) {
	for name, format := range bothFormats {
		b.Run(name, func(b *testing.B) {
			f := manySmall()
			b.ReportAllocs()
			for b.Loop() {
				measure(b, format, f, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/member")
		})
	}
}

func BenchmarkWriteRange(b *testing.B) {
	for name, format := range bothFormats {
		for _, warm := range []*listing.Checksums{nil, listing.NewChecksums(1 << 16)} {
			b.Run(fmt.Sprintf("%s/remembered=%v", name, warm != nil), func(b *testing.B) {
				f := manySmall()
				a := measure(b, format, f, warm)
				b.ReportAllocs()
				b.SetBytes(a.Length())
				for b.Loop() {
					if err := a.WriteRange(io.Discard, 0, a.Length()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/member")
			})
		}
	}
}
