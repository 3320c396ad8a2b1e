package hook

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// They are compiled when an app is named, and not with each start.
var (
	dottedName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\pL_][\pL\pN_]*(\.[\pL_][\pL\pN_]*)*$`)
	})
	dottedCall = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?s)^[\pL_][\pL\pN_]*(\.[\pL_][\pL\pN_]*)* *\(.*\)$`)
	})
)

// parseApp splits "module:attribute" or "path/file.py:attribute". What it
// returns was not imported: whether it is there is for Python to say, except
// for a file.
func parseApp(app, dir string) (target, attribute string, err error) {
	target, attribute = app, ""
	if path, rest, ok := strings.Cut(app, ".py:"); ok {
		target, attribute = path+".py", rest
	} else if module, rest, ok := strings.Cut(app, ":"); ok {
		target, attribute = module, rest
	} else {
		attribute = ""
	}
	if attribute == "" && strings.HasSuffix(app, ":") {
		return "", "", fmt.Errorf("application %q: nothing after the colon; leave it out to have app or application found", app)
	}
	if attribute != "" && !dottedName().MatchString(attribute) && !dottedCall().MatchString(attribute) {
		return "", "", fmt.Errorf("application %q: %q is neither a name nor a call like create_app(\"dev\")", app, attribute)
	}
	if strings.HasSuffix(target, ".py") {
		path := target
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if f, err := os.Stat(path); err != nil {
			return "", "", fmt.Errorf("application %q: %w", app, err)
		} else if !f.Mode().IsRegular() {
			return "", "", fmt.Errorf("application %q: %s is not a file", app, target)
		}
		return target, attribute, nil
	}
	if !dottedName().MatchString(target) {
		return "", "", fmt.Errorf("application %q: %q is neither a module like shop.wsgi nor a file like app.py", app, target)
	}
	return target, attribute, nil
}

// findPython returns the path of the interpreter for an application in dir.
func findPython(asked, dir string) (string, error) {
	if asked != "" {
		path, err := exec.LookPath(asked)
		if err != nil {
			if missing, ok := errors.AsType[*exec.Error](err); ok {
				err = missing.Err // which says once what is missing
			}
			return "", fmt.Errorf("no Python at %q: %w", asked, err)
		}
		return filepath.Abs(path)
	}
	environments := []string{filepath.Join(dir, ".venv"), filepath.Join(dir, "venv")}
	if active := os.Getenv("VIRTUAL_ENV"); active != "" {
		environments = append([]string{active}, environments...)
	}
	for _, folder := range environments {
		// Not resolved: by its own path, Python knows which environment it is in.
		if path, err := exec.LookPath(filepath.Join(folder, "bin", "python")); err == nil {
			return filepath.Abs(path)
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errors.New("no Python found: install python3, or name one with --python-bin")
}
