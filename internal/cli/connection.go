package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gserve/gserve/internal/httpd"
)

// usualConnections is how many connections there are at most by default, even if
// more files may be open: while they do nothing, they have some KiB each.
const usualConnections = 16 << 10

// fewConnections is what a client has at least by default, if there are as many:
// what browsers of three people open at once.
const fewConnections = 16

// setMaxConnections takes how many connections there may be, and, after a comma,
// how many of one client.
func (c *Config) setMaxConnections(value string) error {
	all, each, both := strings.Cut(value, ",")
	most, err := parseConnections(all)
	if err != nil {
		return err
	}
	c.MaxConnections, c.MaxPerClient = most, 0
	if !both {
		return nil
	}
	if c.MaxPerClient, err = parseConnections(each); err != nil {
		return err
	}
	if c.MaxPerClient > most {
		return fmt.Errorf("%d connections of one client are more than %d in all", c.MaxPerClient, most)
	}
	return nil
}

func parseConnections(word string) (int, error) {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil || n == 0 {
		return 0, advise(fmt.Errorf("%q is not a number of connections", word), "write it as 1000, or as 1000,100 if one client may have 100 of them")
	}
	return int(n), nil
}

// boundConnections sets how many connections a server has.
func (r *run) boundConnections(s *httpd.Server) {
	files := maxFiles()
	s.MaxConnections, s.MaxPerClient = r.config.connections(files)
	if s.MaxConnections < r.config.MaxConnections {
		r.say(fmt.Sprintf("--max-connections: only %d, as no more than %d files may be open (ulimit -n)", s.MaxConnections, files))
	}
}

// connections returns how many connections there may be, and how many of one
// client, where this many files may be open.
func (c *Config) connections(files int) (most, each int) {
	// A connection has a file, too, while it is sent one. Where there are thousands,
	// not all of them will be at once.
	spare := max(files/4, min(files/2+16, 1024))
	room := max(1, files-spare)
	most = min(room, usualConnections)
	if c.MaxConnections > 0 {
		most = min(room, c.MaxConnections)
	}
	each = max(most/4, fewConnections)
	if c.MaxPerClient > 0 {
		each = c.MaxPerClient
	}
	return most, min(most, each)
}
