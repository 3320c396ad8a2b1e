package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"golang.org/x/term"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/spool"
	"github.com/gserve/gserve/internal/zipsite"
)

// root is what is served.
type root interface {
	fs.FS
	io.Closer
}

// source is what the user wants to have served, opened.
type source struct {
	root
	folder  string   // that root is, as the user named it; "" if it is none on disk
	home    string   // what "/" leads to; "" for the folder itself
	folders []string // that the user named, if there are several
	isSite  bool     // its rules count, if it has any
	options []fileserver.Option
}

// openSource opens what c names: a folder, a file, several of them, standard
// input, or what lies in object storage.
func (sys System) openSource(ctx context.Context, c Config) (source, error) {
	switch {
	case len(c.Paths) == 1 && c.Paths[0] == "-":
		return sys.openInput(ctx)
	case c.isBucket():
		return sys.openBucket(ctx, c)
	case len(c.Paths) > 1:
		return openSelection(c)
	case len(c.Paths) == 1:
		if info, err := os.Stat(c.Paths[0]); err == nil && info.Mode().IsRegular() {
			return sys.openFile(c)
		}
	}
	root, err := openRoot(c)
	return source{root: root, folder: c.folder(), isSite: !c.Python}, err
}

// openFile opens the one file that c names: a zip as the site that it holds,
// unless it is to be handed on.
func (sys System) openFile(c Config) (source, error) {
	name := c.Paths[0]
	if !strings.EqualFold(filepath.Ext(name), ".zip") || c.Share != nil {
		return openSelection(c)
	}
	opened, err := zipsite.Open(name, sys.say)
	if err != nil {
		return source{}, explainPath("serve", name, err)
	}
	return source{root: opened, isSite: true}, nil
}

// folder returns the one folder that c names.
func (c *Config) folder() string {
	if len(c.Paths) == 0 {
		return "."
	}
	return c.Paths[0]
}

// openSelection opens files and folders as the entries of one folder. A file
// that is alone is what one gets to see at once.
func openSelection(c Config) (source, error) {
	open := fileserver.Select
	if c.FollowSymlinks || c.Python {
		open = fileserver.SelectUnconfined
	}
	for _, name := range c.Paths {
		if _, err := os.Stat(name); err != nil {
			return source{}, explainPath("serve", name, err)
		}
	}
	selection, err := open(c.Paths...)
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("cannot serve %q: %w", failed.Path, failed.Err)
		}
		return source{}, err
	}
	s := source{root: selection}
	for _, name := range c.Paths {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			s.folders = append(s.folders, name)
		}
	}
	if len(c.Paths) == 1 {
		s.home = filepath.Base(c.Paths[0])
		s.options = append(s.options, fileserver.WithHome(s.home), fileserver.WithoutListing())
	}
	return s, nil
}

// openInput has standard input be a file that grows.
func (sys System) openInput(ctx context.Context) (source, error) {
	if f, ok := sys.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return source{}, advise(errors.New("standard input is a terminal"), `"-" serves what another program writes: make | gserve -`)
	}
	input, err := spool.New(sys.Stdin, spool.Options{Log: sys.say})
	if err != nil {
		return source{}, fmt.Errorf("cannot keep standard input: %w", err)
	}
	// Clients that wait for more are not to hold up the end.
	context.AfterFunc(ctx, func() { input.Close() })
	return source{
		root: struct {
			fs.FS
			io.Closer
		}{fstest.MapFS{}, input},
		options: []fileserver.Option{fileserver.WithMount("/", input.Folder())},
	}, nil
}
