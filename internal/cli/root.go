package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gserve/gserve/fileserver"
)

// root is the folder that is served.
type root interface {
	fs.FS
	io.Closer
}

// openRoot opens the folder of c.
func openRoot(c Config) (root, error) {
	name := c.Directory
	if name == "" {
		name = "."
	}
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("cannot serve %q: not a folder", name)
		return nil, advise(err, "to serve the folder that it lies in: gserve %q", filepath.Dir(name))
	}
	if err == nil {
		if c.FollowSymlinks || c.Python {
			return unconfined{fileserver.Unconfined(name)}, nil
		}
		var dir *fileserver.Root
		if dir, err = fileserver.Dir(name); err == nil {
			return dir, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(name) {
		if current, unknown := os.Getwd(); unknown == nil {
			return nil, advise(fmt.Errorf("cannot serve %q: %w", name, withoutPath(err)), "it is looked for in %s", current)
		}
	}
	return nil, fmt.Errorf("cannot serve %q: %w", name, withoutPath(err))
}

// unconfined has nothing to close.
type unconfined struct{ fileserver.Unconfined }

func (unconfined) Close() error { return nil }

// withoutPath returns the cause of an error of the file system, whose path the
// message says already, in the user's words.
func withoutPath(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
