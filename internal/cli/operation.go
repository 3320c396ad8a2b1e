package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// The usual paths of what is for those who run a server.
const (
	healthPath  = "/healthz"
	metricsPath = "/metrics"
)

// setPath takes the path of a URL that is answered by gserve itself.
func setPath(name string, part func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if !isOwnPath(value) {
			return advise(fmt.Errorf("%q is not the path of a URL", value), "write it as --%s, or --%s=/some/path", name, name)
		}
		*part(c) = value
		return nil
	}
}

// isOwnPath reports whether requests can have this path just so.
func isOwnPath(value string) bool {
	return strings.HasPrefix(value, "/") && value != "/" && path.Clean(value) == value &&
		!strings.ContainsAny(value, `?#%\`) && !strings.ContainsFunc(value, isControl)
}

// checkOperation refuses paths that get in each other's way.
func (c *Config) checkOperation() error {
	switch {
	case c.Health == "" && c.Metrics == "":
		return nil
	case c.Health == c.Metrics:
		return advise(fmt.Errorf("--health and --metrics are both at %s", c.Health), "without a path they are at %s and %s", healthPath, metricsPath)
	case c.Share != nil:
		return errors.New("--share answers nothing but its link: it excludes --health and --metrics")
	}
	return nil
}

// exactly returns a gate that has h answer what is asked for at one path.
func exactly(path string, h http.Handler) func(*http.Request) http.Handler {
	return func(r *http.Request) http.Handler {
		if r.URL.Path == path {
			return h
		}
		return nil
	}
}

// answerAt has h answer what is asked for at one path, for a flag. If something
// is served there, the user is told.
func (r *run) answerAt(flag, path string, h http.Handler) {
	names := []string{path[1:]}
	if r.config.CleanURLs {
		names = append(names, path[1:]+".html")
	}
	for _, name := range names {
		if _, err := fs.Stat(r.source.root, name); err == nil {
			r.say(fmt.Sprintf("--%s takes the place of %s", flag, name))
		}
	}
	r.options = append(r.options, fileserver.WithGate(exactly(path, h)))
}
