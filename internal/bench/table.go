//go:build unix

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// row is a server with what was measured, a sample a round.
type row struct {
	name    string
	samples []sample
}

func (r row) rate() float64 { return medianOf(r.samples, func(s sample) float64 { return s.rate }) }
func (r row) p50() time.Duration {
	return medianOf(r.samples, func(s sample) time.Duration { return s.p50 })
}
func (r row) p99() time.Duration {
	return medianOf(r.samples, func(s sample) time.Duration { return s.p99 })
}
func (r row) processor() time.Duration {
	return medianOf(r.samples, func(s sample) time.Duration { return s.processor })
}

// busy is how much of a core it has. Far from all that it may have, the load was
// slower than the server.
func (r row) busy() float64 {
	return medianOf(r.samples, func(s sample) float64 { return s.rate * s.processor.Seconds() })
}
func (r row) memory() float64 { return medianOf(r.samples, func(s sample) float64 { return s.memory }) }

func (r row) errors() (n int) {
	for _, s := range r.samples {
		n += s.errors
	}
	return n
}

// ratio is how many times the requests of other r answers. Rounds are compared
// one by one, as the machine may have been busy in some.
func ratio(r, other row) float64 {
	return ratioOf(r, other, func(s sample) float64 { return s.rate })
}

// ratioOf is the same of a part of the samples.
func ratioOf(r, other row, part func(sample) float64) float64 {
	var ratios []float64
	for i := range min(len(r.samples), len(other.samples)) {
		if part(other.samples[i]) > 0 {
			ratios = append(ratios, part(r.samples[i])/part(other.samples[i]))
		}
	}
	return median(ratios)
}

func medianOf[T cmp.Ordered](samples []sample, part func(sample) T) T {
	var values []T
	for _, s := range samples {
		values = append(values, part(s))
	}
	return median(values)
}

// median is the one in the middle, and the lower one of two; zero for none.
func median[T cmp.Ordered](values []T) (m T) {
	if len(values) == 0 {
		return m
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// printTable prints servers, unless only the README's tables are wanted.
func (b *bench) printTable(title string, rows []row) {
	if !b.brief {
		printTable(b.out, title, rows)
	}
}

// printTable prints servers, the first of which the others are compared with.
func printTable(out io.Writer, title string, rows []row) {
	cells := [][]string{{"server", "requests/s", "p50", "p99", "errors", "CPU/request", "busy", "memory", rows[0].name + " is"}}
	for i, r := range rows {
		if len(r.samples) == 0 {
			cells = append(cells, []string{r.name, "-", "-", "-", "-", "-", "-", "-", ""})
			continue
		}
		beside := ""
		if i > 0 {
			beside = fmt.Sprintf("%.2fx", ratio(rows[0], r))
		}
		cells = append(cells, []string{
			r.name, thousands(r.rate()), milliseconds(r.p50()), milliseconds(r.p99()),
			strconv.Itoa(r.errors()), microseconds(r.processor()), percent(r.busy()), mebibytes(r.memory()), beside,
		})
	}
	fmt.Fprintf(out, "### %s\n\n%s\n", title, markdown(cells))
}

// markdown is a table whose first column is text, and whose others are numbers.
func markdown(cells [][]string) string {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 2)
		}
	}
	var text strings.Builder
	for n, line := range cells {
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				text.WriteString("| " + cell + space + " |")
			} else {
				text.WriteString(" " + space + cell + " |")
			}
		}
		text.WriteString("\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if i == 0 {
				text.WriteString("|" + strings.Repeat("-", width+2) + "|")
			} else {
				text.WriteString(strings.Repeat("-", width+1) + ":|")
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}

// thousands is a number with three digits that count, or whole.
func thousands(n float64) string {
	if n < 100 {
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// milliseconds is a duration with about three digits that count, or "-" where
// none was measured.
func milliseconds(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	ms := float64(d) / float64(time.Millisecond)
	digits := 2
	switch {
	case ms >= 100:
		digits = 0
	case ms >= 10:
		digits = 1
	}
	return strconv.FormatFloat(ms, 'f', digits, 64) + " ms"
}

func microseconds(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d >= 10*time.Millisecond:
		return milliseconds(d)
	}
	return thousands(float64(d)/float64(time.Microsecond)) + " µs"
}

func percent(n float64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*n)
}

func mebibytes(n float64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MiB", n)
}
