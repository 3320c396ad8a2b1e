package cli

import (
	"testing"

	"github.com/gserve/gserve/compress"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		about string
		p     compress.Progress
		width int
		want  string
	}{
		{"begin", compress.Progress{Name: "a.js", Total: 2048}, 79, "[                    ]   0 %  0 B of 2.0 KiB  a.js"},
		{"half", compress.Progress{Name: "a.js", Done: 1024, Total: 2048}, 79, "[##########          ]  50 %  1.0 KiB of 2.0 KiB  a.js"},
		{"end", compress.Progress{Name: "a.js", Done: 2048, Total: 2048}, 79, "[####################] 100 %  2.0 KiB of 2.0 KiB  a.js"},
		{"fits", compress.Progress{Name: "folder/a.js", Total: 2048}, 57, "[                    ]   0 %  0 B of 2.0 KiB  folder/a.js"},
		{"long name", compress.Progress{Name: "folder/a.js", Total: 2048}, 56, "[                    ]   0 %  0 B of 2.0 KiB  …lder/a.js"},
		{"wide name", compress.Progress{Name: "文件.js", Total: 2048}, 52, "[                    ]   0 %  0 B of 2.0 KiB  …件.js"},
		{"commands", compress.Progress{Name: "\x1b[2J\n\xff.js", Total: 2048}, 79, "[                    ]   0 %  0 B of 2.0 KiB  ?[2J?\ufffd.js"},
		{"narrow", compress.Progress{Name: "a.js", Total: 2048}, 10, "[         "},
		{"nothing", compress.Progress{Name: "a.js", Total: 2048}, 0, ""},
	} {
		if got := progressLine(tt.p, tt.width); got != tt.want || columnsOf(got) > tt.width {
			t.Errorf("%s:\n got %q\nwant %q", tt.about, got, tt.want)
		}
	}
}
