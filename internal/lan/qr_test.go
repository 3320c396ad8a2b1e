package lan

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gserve/gserve/internal/exchange"
)

var (
	black = color.RGBA{A: 255}
	white = color.RGBA{255, 255, 255, 255}
)

// themes are the colours of a character and its background in terminals.
var themes = map[string][2]color.RGBA{
	"dark":  {{0xd0, 0xd0, 0xd0, 255}, {0x1e, 0x1e, 0x2e, 255}},
	"light": {{0x20, 0x20, 0x20, 255}, {0xfd, 0xf6, 0xe3, 255}},
}

// TestQR has a scanner read codes from terminals.
func TestQR(t *testing.T) {
	t.Parallel()
	zbarimg := exchange.Program(t, "zbarimg")
	const token = "Zm9vYmFyYmF6cXV4MTIzNA"
	for _, url := range []string{
		"http://10.0.0.5/",
		"http://192.168.1.7:8000/",
		"https://192.168.100.107:8443/",
		"http://thinkpad.local:8000/",
		"http://[fd00::1234]:8000/",
		"https://[2001:db8:1234:5678:9abc:def0:1234:5678]:8443/",
		"http://192.168.1.7:8000/" + token + "/",
		"https://[2001:db8:1234:5678:9abc:def0:1234:5678]:8443/" + token + "/film%20one.mkv?download",
		"http://192.168.1.7:8000/" + strings.Repeat("long/", 40),
	} {
		roomy := QR(url, 1000)
		wide := width(roomy)
		if QR(url, wide) != roomy {
			t.Errorf("%s: another code in %d columns, which it takes", url, wide)
		}
		for name, theme := range themes {
			for _, columns := range []int{wide, wide - 1} { // with both margins
				code := QR(url, columns)
				if w := width(code); w > columns || w < wide-4 {
					t.Errorf("%s: %d columns of %d", url, w, columns)
				}
				screen := render(t, code, theme)
				if got := scan(t, zbarimg, screen); got != url {
					t.Errorf("%s on a %s terminal of %d columns: read %q", url, name, columns, got)
				}
			}
		}
	}
}

// TestQRColors looks whether a code is the same on all terminals: black on
// white, with a white margin, and nothing beside it.
func TestQRColors(t *testing.T) {
	t.Parallel()
	code := QR("http://192.168.1.7:8000/", 80)
	dark, light := render(t, code, themes["dark"]), render(t, code, themes["light"])
	wide, high := width(code)*modulePixels, strings.Count(code, "\n")*2*modulePixels
	inked := 0
	for x := range dark.Rect.Dx() {
		for y := range dark.Rect.Dy() {
			got, inside := dark.RGBAAt(x, y), x >= surround && y >= surround && x < surround+wide && y < surround+high
			switch {
			case !inside && (got != themes["dark"][1] || light.RGBAAt(x, y) != themes["light"][1]):
				t.Fatalf("%d,%d is coloured", x, y)
			case inside && (got != light.RGBAAt(x, y) || got != black && got != white):
				t.Fatalf("%d,%d: %v and %v", x, y, got, light.RGBAAt(x, y))
			case inside && got == black:
				inked++
				const margin = 4 * modulePixels
				if x < surround+margin || y < surround+margin || x >= surround+wide-margin || y >= surround+high-margin {
					t.Fatalf("%d,%d: black in the margin", x, y)
				}
			}
		}
	}
	if inked == 0 {
		t.Error("nothing is black")
	}
}

// TestQRNarrow has no room.
func TestQRNarrow(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{-1, 0, 1, 28} {
		if QR("http://192.168.1.7:8000/", columns) != "" {
			t.Errorf("a code in %d columns", columns)
		}
	}
	if QR("http://192.168.1.7:8000/", 29) == "" {
		t.Error("no code in 29 columns")
	}
	if QR(strings.Repeat("x", 1<<20), 1<<20) != "" {
		t.Error("a code of a megabyte")
	}
}

// width returns the columns of the widest line, without its colours.
func width(code string) (columns int) {
	for line := range strings.Lines(code) {
		line = strings.NewReplacer(blackOnWhite, "", noColor, "", "\n", "").Replace(line)
		columns = max(columns, len([]rune(line)))
	}
	return columns
}

const (
	modulePixels = 4  // of which a cell is one wide and two high
	surround     = 40 // pixels of the terminal around the code
)

// render draws lines as a terminal of some theme does that knows the four
// characters of a code, the end of a line, and its colours.
func render(t *testing.T, code string, theme [2]color.RGBA) *image.RGBA {
	t.Helper()
	const high = 2 * modulePixels
	screen := image.NewRGBA(image.Rect(0, 0, 2*surround+width(code)*modulePixels, 2*surround+strings.Count(code, "\n")*high))
	fill(screen, screen.Rect, theme[1])
	ink, paper, x, y := theme[0], theme[1], surround, surround
	for code != "" {
		if rest, ok := strings.CutPrefix(code, "\x1b[38;5;16;48;5;231m"); ok {
			ink, paper, code = black, white, rest
			continue
		}
		if rest, ok := strings.CutPrefix(code, "\x1b[0m"); ok {
			ink, paper, code = theme[0], theme[1], rest
			continue
		}
		r := []rune(code)[0]
		code = code[len(string(r)):]
		upper, lower := paper, paper
		switch r {
		case '\n':
			if paper != theme[1] {
				t.Fatal("a line ends in colour")
			}
			x, y = surround, y+high
			continue
		case '█':
			upper, lower = ink, ink
		case '▀':
			upper = ink
		case '▄':
			lower = ink
		case ' ':
		default:
			t.Fatalf("%q in a code", r)
		}
		fill(screen, image.Rect(x, y, x+modulePixels, y+modulePixels), upper)
		fill(screen, image.Rect(x, y+modulePixels, x+modulePixels, y+high), lower)
		x += modulePixels
	}
	return screen
}

func fill(screen *image.RGBA, r image.Rectangle, c color.RGBA) {
	for x := r.Min.X; x < r.Max.X; x++ {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			screen.SetRGBA(x, y, c)
		}
	}
}

// scan returns what the scanner reads from a screen.
func scan(t *testing.T, zbarimg string, screen image.Image) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "screen.png")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, screen); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), zbarimg, "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", name).Output()
	if err != nil {
		t.Errorf("%s: %v", zbarimg, err)
	}
	return strings.TrimSuffix(string(out), "\n")
}
