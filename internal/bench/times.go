//go:build unix

package main

import (
	"fmt"
	"time"
)

// times are what a server has taken for something, round by round.
type times struct {
	server string
	took   []time.Duration
}

// tell prints medians of what servers have taken for some things, a column for
// each, and puts them into the summary under the names of the columns.
func (b *bench) tell(title string, columns []string, measured ...[]times) {
	if len(measured) == 0 || len(measured[0]) == 0 {
		return
	}
	cells := [][]string{append([]string{"server"}, columns...)}
	for i := range measured[0] {
		row := []string{measured[0][i].server}
		for _, all := range measured {
			row = append(row, milliseconds(median(all[i].took)))
		}
		cells = append(cells, row)
	}
	if !b.brief {
		fmt.Fprintf(b.out, "### %s\n\n%s\n", title, markdown(cells))
	}
	for n, all := range measured {
		var servers, figures []string
		for _, t := range all {
			servers, figures = append(servers, t.server), append(figures, milliseconds(median(t.took)))
		}
		b.summary.addFigures(title+", "+columns[n], servers, figures)
	}
}

// tellFigures prints one figure for each server, and puts it into the summary.
func (b *bench) tellFigures(title, column string, servers, figures []string) {
	if len(servers) == 0 {
		return
	}
	cells := [][]string{{"server", column}}
	for i, server := range servers {
		cells = append(cells, []string{server, figures[i]})
	}
	if !b.brief {
		fmt.Fprintf(b.out, "### %s\n\n%s\n", title, markdown(cells))
	}
	b.summary.addFigures(title+", "+column, servers, figures)
}

// judgeTimes compares what gserve takes, which is the first, with a server.
func (b *bench) judgeTimes(what string, all []times, against string, atMost float64) {
	for _, t := range all {
		if t.server != against || len(t.took) == 0 || len(all[0].took) == 0 {
			continue
		}
		is := float64(median(all[0].took)) / float64(median(t.took))
		b.verdicts = append(b.verdicts, verdict{
			what: what + " against " + against, wanted: fmt.Sprintf("at most %.2fx", atMost),
			is: fmt.Sprintf("%.2fx", is), holds: is <= atMost,
			besides: fmt.Sprintf("%s beside %s", milliseconds(median(all[0].took)), milliseconds(median(t.took))),
		})
	}
}
