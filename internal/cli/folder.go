package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

// openRoot opens the folder of c, to serve it.
func openRoot(c Config) (root, error) {
	return openFolder(c, "serve", "gserve", func(name string) (root, error) {
		if c.FollowSymlinks || c.Python {
			return unconfined{fileserver.Unconfined(name)}, nil
		}
		return fileserver.Dir(name)
	})
}

// openFolder opens the folder of c. An error says what it was to be opened for,
// and a hint with which command.
func openFolder[T any](c Config, purpose, command string, open func(string) (T, error)) (T, error) {
	var none T
	name := c.folder()
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("cannot %s %q: not a folder", purpose, name)
		if info.Mode().IsRegular() {
			err = advise(err, "to %s the folder that it lies in: %s %q", purpose, command, filepath.Dir(name))
		}
		return none, err
	}
	if err == nil {
		var opened T
		if opened, err = open(name); err == nil {
			return opened, nil
		}
	}
	return none, explainPath(purpose, name, err)
}

// explainPath says in the user's words why what is called name cannot be used
// for a purpose.
func explainPath(purpose, name string, err error) error {
	isMissing := errors.Is(err, fs.ErrNotExist)
	err = fmt.Errorf("cannot %s %q: %w", purpose, name, withoutPath(err))
	if host, port, ok := cutAddress(name); ok && isMissing {
		return advise(err, "it looks like an address, which is written as %s", bindFlags(host, port))
	}
	if isMissing && !filepath.IsAbs(name) {
		if current, unknown := os.Getwd(); unknown == nil {
			return advise(err, "it is looked for in %s", current)
		}
	}
	return err
}

// cutAddress splits what users of other servers write where gserve has PATH:
// :8000, localhost:8000, http://127.0.0.1:8000/.
func cutAddress(word string) (host, port string, ok bool) {
	if _, rest, isURL := strings.Cut(word, "://"); isURL {
		word = strings.TrimRight(rest, "/")
	}
	host, port, err := net.SplitHostPort(word)
	return host, port, err == nil && isDigits(port)
}

// bindFlags returns the flags that stand for an address.
func bindFlags(host, port string) string {
	if host == "" {
		return "--port " + port
	}
	return "--bind " + host + " --port " + port
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
