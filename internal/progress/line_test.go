package progress

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestLiveLine words what runs, in ever fewer columns.
func TestLiveLine(t *testing.T) {
	t.Parallel()
	film := state{client: "192.168.1.7", file: "film.mkv", moved: 34 * mebi, total: 100 * mebi, rate: 11 * mebi}
	zip := state{client: "fd00::9", file: "photos.zip", moved: 480 * mebi, total: -1, rate: 2 * mebi}
	talk := state{client: "192.168.1.20", file: "talk.pdf", moved: mebi, total: 3 * mebi, receiving: true}
	still := state{client: "192.168.1.7", file: "film.mkv", moved: 34 * mebi, total: 100 * mebi, stalled: true}
	long := film
	long.file = "Some Film With A Very Long Name (2026) 2160p.mkv"
	for _, test := range []struct {
		states  []state
		columns int
		want    string
	}{
		{nil, 79, ""},
		{[]state{film}, 79, "192.168.1.7 film.mkv: 34 %, 11 MiB/s, 6 s left"},
		{[]state{film}, 40, "192.168.1.7 film.mkv: 34 %, 11 MiB/s"},
		{[]state{film}, 30, "192.168.1.7 film.mkv: 34 %"},
		{[]state{film}, 20, "192.168.1.7 film.mkv"},
		{[]state{film}, 12, "192.168….mkv"},
		{[]state{film}, 1, "…"},
		{[]state{film}, 0, ""},
		{[]state{long}, 79, "192.168.1.7 Some Film With A Very Long …26) 2160p.mkv: 34 %, 11 MiB/s, 6 s left"},
		{[]state{zip}, 79, "fd00::9 photos.zip: 480 MiB, 2.0 MiB/s"},
		{[]state{talk}, 79, "192.168.1.20 sends talk.pdf: 33 %, 0 B/s"},
		{[]state{still}, 79, "192.168.1.7 film.mkv: 34 %, stalled"},
		{[]state{film, zip, talk}, 150, "3 transfers, 13 MiB/s: 192.168.1.7 film.mkv 34 %, fd00::9 photos.zip 480 MiB, 192.168.1.20 sends talk.pdf 33 %"},
		{[]state{film, zip, talk}, 78, "3 transfers, 13 MiB/s: 192.168.1.7 film.mkv 34 %, …"},
		{[]state{film, zip, talk}, 79, "3 transfers, 13 MiB/s: 192.168.1.7 film.mkv 34 %, fd00::9 photos.zip 480 MiB, …"},
		{[]state{film, zip}, 79, "2 transfers, 13 MiB/s: 192.168.1.7 film.mkv 34 %, fd00::9 photos.zip 480 MiB"},
		{[]state{film, zip}, 40, "2 transfers, 13 MiB/s"},
		{[]state{film, zip}, 12, "2 transf…B/s"},
	} {
		s := summary{first: test.states, count: len(test.states)}
		for _, one := range test.states {
			s.rate += one.rate
		}
		if got := liveLine(s, test.columns); got != test.want {
			t.Errorf("%d columns:\n got %s\nwant %s", test.columns, got, test.want)
		}
	}
}

// TestOutcome words what has ended.
func TestOutcome(t *testing.T) {
	t.Parallel()
	const most = 1434 * mebi
	for _, test := range []struct {
		state state
		whole bool
		want  string
	}{
		{state{moved: most, total: most}, true, "192.168.1.7 has film.mkv: 1.4 GiB in 35 s, 41 MiB/s"},
		{state{moved: most, total: -1}, true, "192.168.1.7 has film.mkv: 1.4 GiB in 35 s, 41 MiB/s"},
		{state{moved: 512 * mebi, total: most}, false, "192.168.1.7 got only 35 % of film.mkv: 512 MiB of 1.4 GiB"},
		{state{moved: 512 * mebi, total: -1}, false, "192.168.1.7 got only 512 MiB of film.mkv"},
		{state{moved: most, total: most}, false, "192.168.1.7 lost the end of film.mkv: 1.4 GiB in 35 s"},
		{state{moved: 0, total: 0}, false, "192.168.1.7 got only 0 B of film.mkv"},
		{state{moved: most, total: most, receiving: true}, true, "192.168.1.7 sent film.mkv: 1.4 GiB in 35 s, 41 MiB/s"},
		{state{moved: 512 * mebi, total: most, receiving: true}, false, "192.168.1.7 sent only 35 % of film.mkv: 512 MiB of 1.4 GiB"},
		{state{moved: 512 * mebi, total: -1, receiving: true}, false, "192.168.1.7 sent only 512 MiB of film.mkv"},
		{state{moved: most, total: most, receiving: true}, false, "192.168.1.7 sent in vain film.mkv: 1.4 GiB in 35 s"},
	} {
		test.state.client, test.state.file = "192.168.1.7", "film.mkv"
		if got := outcome(test.state, 35*time.Second, test.whole, 79); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestShorten keeps the two ends of a name, and shows it as it is.
func TestShorten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		columns int
		want    string
	}{
		{"film.mkv", 8, "film.mkv"},
		{"film.mkv", 7, "film…kv"},
		{"a long name of a film.mkv", 16, "a long nam…m.mkv"},
		{"a long name of a film.mkv", 9, "a lo….mkv"},
		{"a long name without an end", 12, "a long n…end"},
		{"name.an extension that is none at all", 12, "name.an …all"},
		{"ends in a dot.", 8, "ends …t."},
		{"film.mkv", 1, "…"},
		{"film.mkv", 0, ""},
		{"film.mkv", -5, ""},
		{"", 5, ""},
		{"文件文件文件.mkv", 12, "文件文….mkv"},
		{"文件文件文件.mkv", 11, "文件文….mkv"},
		{"文件", 4, "文件"},
		{"文件", 3, "文…"},
		{"e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301…"},
		{"a\nb\rc\td\x1b[2Je\x7f", 80, `a\x0ab\x0dc\x09d\x1b[2Je\x7f`},
		{"\u009b2J\u202egpj.exe\u2066\u200b\ufeff", 80, `\u009b2J\u202egpj.exe\u2066\u200b\ufeff`},
		{"\u0301a\ufe0f.mkv", 80, "\\u0301a\ufe0f.mkv"},
		{"\U000e0041", 80, `\U000e0041`},
		{"\xff\xfe.txt", 80, `\xff\xfe.txt`},
		{`a\x1b`, 80, `a\\x1b`},
		{"\ufffd", 80, "\ufffd"},
		{"\x1b\x1b\x1b.mkv", 10, `\x1b….mkv`},
	} {
		if got := shorten(test.name, test.columns); got != test.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", test.name, test.columns, got, test.want)
		}
	}
}

// TestLongName looks at the ends only of a name that somebody made up.
func TestLongName(t *testing.T) {
	t.Parallel()
	if n := len(glyphs(strings.Repeat("\x1b", 1<<20))); n != 2*maxEnd+1 {
		t.Errorf("%d glyphs", n)
	}
	if got := shorten(strings.Repeat("x", 5000), 10000); len(got) > 2*maxEnd+len("…") || !strings.Contains(got, "…") {
		t.Errorf("%d bytes", len(got))
	}
}

// TestAmounts reads numbers as people do.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1 << 10: "1.0 KiB", 1<<20 - 1: "1.0 MiB", 480 << 20: "480 MiB", 1 << 62: "4.0 EiB", 1<<63 - 1: "8.0 EiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		1234 * time.Millisecond: "1.2 s", 9960 * time.Millisecond: "10 s", 35 * time.Second: "35 s", 59700 * time.Millisecond: "1 min 0 s",
		125 * time.Second: "2 min 5 s", 3780 * time.Second: "1 h 3 min", 50 * time.Hour: "50 h 0 min",
	} {
		if got := took(d); got != want {
			t.Errorf("took(%v) = %q, want %q", d, got, want)
		}
	}
	for seconds, want := range map[int64]string{
		0: "1 s left", 1: "1 s left", 10: "10 s left", 11: "15 s left", 55: "55 s left", 56: "1 min left", 100: "2 min left", 3500: "58 min left", 3570: "60 min left",
		3571: "1 h left", 4800: "1 h 20 min left", 7200: "2 h left", 35999: "10 h left", 36000: "10 h left", 100000: "28 h left", 99*3600 + 1: "",
	} {
		if got := left(seconds*1000, 1000); got != want {
			t.Errorf("left(%d s) = %q, want %q", seconds, got, want)
		}
	}
	if got := left(1000, 0); got != "" {
		t.Errorf("left without speed = %q", got)
	}
	for _, test := range []struct {
		done, total int64
		want        int
		known       bool
	}{
		{0, 100, 0, true}, {34, 100, 34, true}, {100, 100, 100, true}, {120, 100, 100, true}, {1<<62 - 1, 1 << 62, 99, true},
		{-5, 100, 0, true}, {5, -1, 0, false}, {0, 0, 0, false},
	} {
		if got, known := percent(test.done, test.total); got != test.want || known != test.known {
			t.Errorf("percent(%d, %d) = %d, %v", test.done, test.total, got, known)
		}
	}
}

// FuzzLine draws names of all kinds, in all widths, and looks at what a
// terminal makes of them.
func FuzzLine(f *testing.F) {
	for _, name := range []string{
		"film.mkv", "größe 文件.mkv", "\x1b]0;title\a.mkv", "\x9b2J", "\u009d0;x\u009c", "a\rb\nc\x00", "\u202egpj.exe", `\x1b\`, "👨\u200d👩\u200d👧.jpg", "❤\ufe0f.png", "1\ufe0f\u20e3",
		"🇩🇪🇫🇷🇩", "👍🏽", "가각\u1100\u1161\u11a8", "e\u0301\u0301\u0301", "\u0301", "क्षि", "\u0e33", "\xff\xfe", "", ".", "\ufffd", strings.Repeat("x", 3000), "שלום.mkv", "\U0001f9d1\U0001f3fb",
	} {
		f.Add("192.168.1.7", name, int64(34), int64(100), uint16(80), uint8(1))
		f.Add(name, name, int64(34), int64(-1), uint16(30), uint8(2))
	}
	f.Fuzz(func(t *testing.T, client, file string, moved, total int64, columns uint16, others uint8) {
		width := int(columns)%300 + 1
		first := state{client: client, file: file, moved: moved, total: total, rate: float64(moved), receiving: others&1 != 0, stalled: others&2 != 0}
		s := summary{first: []state{first}, count: 1, rate: float64(moved)}
		for range others % 7 {
			s.first, s.count = append(s.first, first), s.count+1
		}
		lines := []string{liveLine(s, width), liveLine(summary{first: s.first[:1], count: 1}, width), outcome(first, time.Minute, others&4 != 0, width)}
		for _, line := range lines {
			screen := &terminal{width: width}
			b := &Board{screen: screenOf(screen)}
			b.screen.draw("", line)
			if screen.fault != "" || !utf8.ValidString(line) {
				t.Fatalf("%q: %s", line, screen.fault)
			}
			if len(screen.lines) > 0 || cells(line) > width {
				t.Fatalf("%q takes more than %d columns", line, width)
			}
		}
	})
}

func screenOf(t *terminal) screen { return screen{w: t} }
