package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Handler is what answers beside the files, or instead of them.
type Handler struct {
	Prefix string // with a slash in front and none behind; "" for all
	Kind   Kind
	Spec   string // what the kind makes of it: a URL, an application, a program
}

// Kind is what runs a handler.
type Kind string

// The kinds of handlers, as they stand in front of what they run.
const (
	WSGI    Kind = "wsgi"
	CGI     Kind = "cgi"
	Class   Kind = "handler" // a BaseHTTPRequestHandler
	Forward Kind = "proxy"
)

// addHandler takes [PREFIX=]SPEC.
func (c *Config) addHandler(value string) error {
	h, err := parseHandler(value)
	if err == nil {
		c.Handlers = append(c.Handlers, h)
	}
	return err
}

// addProxy takes [PREFIX=]URL.
func (c *Config) addProxy(value string) error {
	h, err := parseHandler(value)
	if err != nil {
		return err
	}
	if h.Kind != Forward {
		return advise(fmt.Errorf("%q is not a URL", value), "write it as --proxy http://localhost:9000, or --handler %s", value)
	}
	c.Handlers = append(c.Handlers, h)
	return nil
}

func parseHandler(value string) (Handler, error) {
	var h Handler
	spec := value
	if strings.HasPrefix(value, "/") {
		prefix, rest, ok := strings.Cut(value, "=")
		if !ok {
			return h, advise(fmt.Errorf("%q names a prefix, and nothing to run", value), "write it as --handler %s=wsgi:app.py", value)
		}
		h.Prefix, spec = strings.TrimRight(prefix, "/"), rest
	}
	kind, rest, _ := strings.Cut(spec, ":")
	switch {
	case kind == "wsgi" || kind == "cgi" || kind == "handler":
		h.Kind, h.Spec = Kind(kind), rest
	case kind == "http" || kind == "https" || kind == "http+unix" || kind == "unix":
		h.Kind, h.Spec = Forward, spec
		if u, err := url.Parse(spec); kind != "http+unix" && (err != nil || kind != "unix" && u.Host == "") {
			return h, advise(fmt.Errorf("%q is not a URL", spec), "it looks like http://localhost:9000")
		}
	default:
		return h, advise(fmt.Errorf("%q is nothing that can be run", value), "%s", handlerHint(value, spec))
	}
	if h.Spec == "" {
		return h, fmt.Errorf("%q does not say what to run", value)
	}
	return h, nil
}

// handlerHint guesses what somebody meant who left out the kind of a handler.
func handlerHint(value, spec string) string {
	switch {
	case isDigits(spec):
		return "to hand requests to a server on that port, write http://localhost:" + spec
	case strings.Contains(value, "=") && !strings.HasPrefix(value, "/"):
		return "a prefix begins with a slash: /" + value
	case strings.HasSuffix(spec, ".py") || strings.Contains(spec, ":") && !strings.Contains(spec, "localhost:"):
		return "to run a WSGI application, write wsgi:" + spec
	}
	return "write it as wsgi:APP, cgi:FILE, handler:FILE:CLASS or a URL, such as http://localhost:9000"
}

// setCGI takes the folders of programs, with commas between them.
func (c *Config) setCGI(value string) error {
	c.CGIFolders = nil
	for name := range strings.SplitSeq(value, ",") {
		name = strings.Trim(strings.TrimSpace(name), "/")
		if name == "" || !fs.ValidPath(name) || name == "." {
			return advise(fmt.Errorf("%q is no folder below the one that is served", value), "write it as --cgi, or --cgi=/cgi-bin")
		}
		c.CGIFolders = append(c.CGIFolders, "/"+name)
	}
	return nil
}

// setCount takes a number of at least 1.
func setCount(part func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is not a number from 1 to 65535", value)
		}
		*part(c) = int(n)
		return nil
	}
}

// setWorkers takes a number, or has one worker for each core.
func (c *Config) setWorkers(value string) error {
	if value == "auto" {
		c.Workers = runtime.GOMAXPROCS(0)
		return nil
	}
	if err := setCount(func(c *Config) *int { return &c.Workers })(c, value); err != nil {
		return fmt.Errorf("%w, nor auto", err)
	}
	return nil
}

// setHandlerTimeout takes seconds, of which 0 stands for none.
func (c *Config) setHandlerTimeout(value string) error {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds >= 0 && seconds < 1e6) {
		return advise(fmt.Errorf("%q is not a number of seconds", value), "0 is for no limit")
	}
	timeout := time.Duration(seconds * float64(time.Second))
	c.HandlerTimeout = &timeout
	return nil
}

// checkHandlers refuses handlers that get in each other's way.
func (c *Config) checkHandlers() error {
	seen := map[string]bool{}
	for _, h := range c.Handlers {
		if seen[h.Prefix] {
			if h.Prefix == "" {
				return advise(errors.New("two handlers are given without a prefix"), "write one of them as /PREFIX=%s", h.Spec)
			}
			return fmt.Errorf("two handlers are given for %s", h.Prefix)
		}
		seen[h.Prefix] = true
	}
	return nil
}
