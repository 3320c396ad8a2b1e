package cli

import (
	"fmt"
	"io"

	"github.com/gserve/gserve/compress"
)

// writeReport writes what has become of the codings, a line for each, and a
// total. If quiet, it writes nothing.
func writeReport(w io.Writer, codings []compress.Coding, report compress.Report, quiet bool) {
	if quiet {
		return
	}
	var total compress.Tally
	for _, coding := range codings {
		t := report.Tallies[coding]
		fmt.Fprintf(w, "%-5s %s", coding, counts(t))
		if t.Before > 0 {
			fmt.Fprintf(w, ", %s -> %s (saved %d %%)", byteCount(t.Before), byteCount(t.After), 100-(t.After*100+t.Before/2)/t.Before)
		}
		fmt.Fprintln(w)
		total.Written += t.Written
		total.UpToDate += t.UpToDate
		total.NotWorth += t.NotWorth
		total.After += t.After
	}
	fmt.Fprintf(w, "total %s", counts(total))
	if total.Written > 0 {
		fmt.Fprintf(w, ", %s in all", byteCount(total.After))
	}
	fmt.Fprintln(w)
}

func counts(t compress.Tally) string {
	s := fmt.Sprintf("%d written, %d up to date", t.Written, t.UpToDate)
	if t.NotWorth > 0 {
		s += fmt.Sprintf(", %d not worth it", t.NotWorth)
	}
	return s
}

// byteCount returns a number of bytes with two or three digits that count.
func byteCount(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	size, units := float64(n)/(1<<10), "KMGTPE"
	for size >= 1023.5 {
		size /= 1 << 10
		units = units[1:]
	}
	if size < 9.95 {
		return fmt.Sprintf("%.1f %ciB", size, units[0])
	}
	return fmt.Sprintf("%.0f %ciB", size, units[0])
}
