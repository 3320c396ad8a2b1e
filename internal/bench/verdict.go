//go:build unix

package main

import (
	"fmt"
	"strings"
	"time"
)

// verdict says whether a target holds. It is for reading: nothing fails by it.
type verdict struct {
	what, wanted, is string
	holds            bool
	besides          string
}

// target is what gserve should be, beside the best of some servers.
type target struct {
	against string  // what their names begin with
	atLeast float64 // requests a second, as a ratio
}

// judge compares rows with the targets of c.
func (b *bench) judge(c comparison, rows []row) {
	if other := best(rows, c.tail); c.tail != "" && other > 0 {
		b.judgeTail(c.id, rows[0], rows[other])
	}
	for _, t := range c.targets {
		best := best(rows, t.against)
		if best < 0 {
			continue
		}
		is := ratio(rows[0], rows[best])
		b.verdicts = append(b.verdicts, verdict{
			what:   c.id + ": requests/s against " + rows[best].name,
			wanted: fmt.Sprintf("at least %.2fx", t.atLeast), is: fmt.Sprintf("%.2fx", is), holds: is >= t.atLeast,
			besides: fmt.Sprintf("p99 %s beside %s, CPU %s beside %s", milliseconds(rows[0].p99()), milliseconds(rows[best].p99()),
				microseconds(rows[0].processor()), microseconds(rows[best].processor())),
		})
	}
}

// best is the fastest of the rows behind the first whose name begins with name,
// or -1.
func best(rows []row, name string) int {
	best := -1
	for i, r := range rows[1:] {
		if strings.HasPrefix(r.name, name) && len(r.samples) > 0 && (best < 0 || r.rate() > rows[best].rate()) {
			best = i + 1
		}
	}
	if len(rows[0].samples) == 0 {
		return -1
	}
	return best
}

// judgeTail compares what the slowest requests take.
func (b *bench) judgeTail(id string, ours, theirs row) {
	is := ratioOf(ours, theirs, func(s sample) float64 { return s.p99.Seconds() })
	b.verdicts = append(b.verdicts, verdict{
		what: id + ": p99 against " + theirs.name, wanted: "at most 1.00x", is: fmt.Sprintf("%.2fx", is), holds: is <= 1,
		besides: fmt.Sprintf("%s beside %s", milliseconds(ours.p99()), milliseconds(theirs.p99())),
	})
}

// judgeRestart compares what a save takes.
func (b *bench) judgeRestart(ours, theirs *editor) {
	if len(ours.took) == 0 || len(theirs.took) == 0 {
		return
	}
	const atMost = 0.5
	is := float64(median(ours.took)) / float64(median(theirs.took))
	b.verdicts = append(b.verdicts, verdict{
		what:   "restart: time against " + theirs.name,
		wanted: fmt.Sprintf("at most %.2fx", atMost), is: fmt.Sprintf("%.2fx", is), holds: is <= atMost,
		besides: fmt.Sprintf("failed requests %d beside %d", ours.failed, theirs.failed),
	})
}

// printVerdicts prints what was hoped for beside what is.
func (b *bench) printVerdicts() {
	if len(b.verdicts) == 0 {
		return
	}
	cells := [][]string{{"target", "wanted", "is", "", "besides"}}
	for _, v := range b.verdicts {
		holds := "holds"
		if !v.holds {
			holds = "missed"
		}
		cells = append(cells, []string{v.what, v.wanted, v.is, holds, v.besides})
	}
	fmt.Fprintf(b.out, "### Targets\n\n%s\n", markdown(cells))
}

// whole is a duration in whole milliseconds.
func whole(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
