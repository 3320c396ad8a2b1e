package hook

import (
	"fmt"
	"time"
)

// WSGIConfig says which application to run, and how.
type WSGIConfig struct {
	// App names the application: "module[.sub]" or "path/file.py", then
	// nothing, ":attribute[.attribute]" or ":factory(literals)".
	App string
	// Class has App be a subclass of Python's BaseHTTPRequestHandler, which
	// gets the requests as they came.
	Class bool
	// Prefix is where the application is mounted, "" or "/api": its SCRIPT_NAME.
	Prefix string
	// Python is the interpreter. If it is "", that is the one of $VIRTUAL_ENV,
	// of .venv or venv in Dir, or python3 or python on PATH.
	Python string
	// Dir is the current folder of the workers, and the first that they import
	// from. "" is the current one.
	Dir string
	// Workers and Threads bound the requests that run at once to their product.
	// 0 is 1 worker, and 16 threads in each.
	Workers, Threads int
	// Queue bounds the requests that wait for a thread; 0 is 1024.
	Queue int
	// Timeout bounds the time to the first byte of an answer, without the time
	// that the client takes to send its content. 0 is none.
	Timeout time.Duration
	// Watch is for someone who changes the application while it runs: clients
	// on this machine see tracebacks, an import error is a page and not the
	// end, Flask shows its exceptions, and Django serves its static files.
	Watch bool
	// Log gets what is to be said, a line or a traceback at a time. It must be
	// safe for concurrent use. nil is to say nothing.
	Log func(text string)
	// FoldersChanged is called after what [WSGI.Folders] returns has changed,
	// not concurrently with itself.
	FoldersChanged func()
}

// ImportError is why an application could not be loaded.
type ImportError struct {
	App       string // as it was asked for
	Reason    string // one line: "No module named 'shop'"
	Place     string // "file:line" or "file:line in function" of the project, or ""
	Traceback string // as Python prints it, or "" if it would not tell more
}

// Error is the reason in one line, and the traceback under it if there is one.
func (e *ImportError) Error() string {
	s := fmt.Sprintf("cannot import %q: %s", e.App, e.Reason)
	if e.Traceback != "" {
		s += "\n" + e.Traceback
	}
	return s
}

func (c WSGIConfig) withDefaults() WSGIConfig {
	if c.Workers <= 0 {
		c.Workers = 1
	}
	if c.Threads <= 0 {
		c.Threads = 16 // as many event streams as a few open tabs hold, and a request besides
	}
	if c.Queue <= 0 {
		c.Queue = 1024
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	if c.FoldersChanged == nil {
		c.FoldersChanged = func() {}
	}
	return c
}

// scheme is how the command line names the application.
func (c *WSGIConfig) scheme() string {
	if c.Class {
		return "handler:" + c.App
	}
	return "wsgi:" + c.App
}
