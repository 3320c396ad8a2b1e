//go:build unix

package main

import (
	"fmt"
	"io"
	"slices"
)

// summary is what all cases come to: a line for each, a column for each server.
type summary struct {
	servers   []string
	rates     []line
	processor []line
	others    []line
}

// line is a case with what it comes to for some servers.
type line struct {
	title string
	cells map[string]string // by server
}

// put adds a line. An empty title is none.
func (s *summary) put(to *[]line, title string, servers, cells []string) {
	if title == "" {
		return
	}
	l := line{title: title, cells: map[string]string{}}
	for i, server := range servers {
		if !slices.Contains(s.servers, server) {
			s.servers = append(s.servers, server)
		}
		l.cells[server] = cells[i]
	}
	*to = append(*to, l)
}

// add adds requests a second, with gserve's ratio to each of the others, and
// what a request costs.
func (s *summary) add(title string, rows []row) {
	var servers, rates, costs []string
	for i, r := range rows {
		if len(r.samples) == 0 {
			continue
		}
		rate := thousands(r.rate())
		if i > 0 {
			rate += fmt.Sprintf(" (%.2fx)", ratio(rows[0], r))
		}
		servers, rates, costs = append(servers, r.name), append(rates, rate), append(costs, microseconds(r.processor()))
	}
	s.put(&s.rates, title, servers, rates)
	s.put(&s.processor, title, servers, costs)
}

// addFigures adds something else, a figure for each server.
func (s *summary) addFigures(title string, servers, figures []string) {
	s.put(&s.others, title, servers, figures)
}

func (s *summary) print(out io.Writer) {
	s.printLines(out, "Requests a second, and how many times as many gserve answers", s.rates)
	s.printLines(out, "CPU for a request", s.processor)
	s.printLines(out, "Times and memory", s.others)
}

func (s *summary) printLines(out io.Writer, title string, lines []line) {
	if len(lines) == 0 {
		return
	}
	cells := [][]string{append([]string{"case"}, s.servers...)}
	for _, l := range lines {
		row := []string{l.title}
		for _, server := range s.servers {
			cell := l.cells[server]
			if cell == "" {
				cell = "-"
			}
			row = append(row, cell)
		}
		cells = append(cells, row)
	}
	fmt.Fprintf(out, "### %s\n\n%s\n", title, markdown(cells))
}
