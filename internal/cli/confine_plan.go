package cli

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gserve/gserve/internal/confine"
)

// plan returns what the process needs from now on.
func (r *run) plan() confine.Plan {
	c := &r.config
	p := confine.Plan{Exec: c.runsPrograms(), Sockets: reachable(slices.Clone(r.sockets))}
	if p.Exec {
		p.Setuid = c.Open || r.runsSetuid() // some browsers start by a program that gains privileges
		return p
	}
	p.Read = r.reads()
	if c.writes() && r.source.folder != "" {
		p.Write = append(p.Write, exact(filepath.Join(r.source.folder, c.UploadFolder))...)
	}
	if c.LogFile != "" {
		p.Write = append(p.Write, aroundLog(c.LogFile)...)
	}
	for _, address := range c.Bind {
		if path, ok := strings.CutPrefix(address, "unix:"); ok {
			p.Remove = append(p.Remove, exact(filepath.Dir(path))...)
		}
	}
	for _, h := range c.Handlers {
		p.Connect = true // all others are proxies by now
		p.Verify = p.Verify || strings.HasPrefix(h.Spec, "https:")
		if u, err := url.Parse(h.Spec); err == nil && u.Hostname() != "" {
			p.Hosts = append(p.Hosts, u.Hostname())
		}
	}
	if c.isBucket() {
		r.allowBucket(&p)
	}
	p.Read, p.Write, p.Remove = outermost(reachable(p.Read)), outermost(reachable(p.Write)), outermost(reachable(p.Remove))
	return p
}

// reads returns what has to be read: what is served, and files that are read
// anew when they have changed.
func (r *run) reads() []string {
	c := &r.config
	room := around
	if c.Confine {
		room = exact
	} else if c.FollowSymlinks || c.Python {
		return []string{confine.Everything}
	}
	paths := confine.Unnamed() // of standard input
	for _, path := range c.served() {
		paths = append(paths, room(path)...)
	}
	for _, user := range c.Users {
		if user.File != "" {
			paths = append(paths, room(user.File)...)
		}
	}
	return paths
}

// served returns the files and folders that are served, if that is what is.
func (c *Config) served() []string {
	switch {
	case len(c.Paths) == 0:
		return []string{"."}
	case c.Paths[0] == "-", c.isBucket():
		return nil
	}
	return c.Paths
}

// maxPrograms bounds the look for programs that gain privileges.
const maxPrograms = 1000

// runsSetuid reports whether a program of CGI gains privileges by its mode.
func (r *run) runsSetuid() bool {
	const setuid = fs.ModeSetuid | fs.ModeSetgid
	for _, h := range r.config.Handlers {
		if info, err := os.Stat(h.Spec); h.Kind == CGI && err == nil && info.Mode()&setuid != 0 {
			return true
		}
	}
	found, looked := false, 0
	for _, folder := range r.config.CGIFolders {
		fs.WalkDir(r.source.root, folder[1:], func(name string, entry fs.DirEntry, err error) error {
			if looked++; looked > maxPrograms {
				return fs.SkipAll
			}
			if err != nil || entry.IsDir() {
				return nil
			}
			info, err := fs.Stat(r.source.root, name)
			found = found || err == nil && info.Mode()&setuid != 0
			return nil
		})
	}
	return found
}

// reachable returns those of the paths that are there for us. What is not has
// no use for a rule.
func reachable(paths []string) []string {
	return slices.DeleteFunc(paths, func(path string) bool {
		_, err := os.Stat(path)
		return err != nil && !strings.HasPrefix(path, "@")
	})
}
