package hook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

var (
	errCGITimeout = errors.New("no answer in time; a longer time is given by --handler-timeout")
	errShort      = errors.New("content is shorter than its Content-Length")
	errStopping   = errors.New("server is stopping")
)

// headOnly is how long a program may go on writing what nobody wants.
const headOnly = time.Second

// run runs the program, and passes its answer on.
func (c *CGI) run(ctx context.Context, cancel context.CancelCauseFunc, w http.ResponseWriter, r *http.Request, p *program, content *content) {
	process, err := startCGI(p, environment(r, p, content), content.reader(), c.config.Log)
	if err != nil {
		c.refuse(w, r, fmt.Errorf("start %s: %w", p.path(), err))
		return
	}
	defer context.AfterFunc(ctx, process.interrupt)()
	timer := time.AfterFunc(c.config.Timeout, func() { cancel(errCGITimeout) })
	defer timer.Stop()
	output := bufio.NewReader(process)
	head, err := readHead(output)
	if err == nil {
		head.resolve()
		err = requireType(head, output)
	}
	if err != nil {
		process.interrupt()
		ended := process.finish()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else if err == errNoHead && ended != nil {
			err = fmt.Errorf("%w: %w", err, ended)
		}
		c.refuse(w, r, fmt.Errorf("%s: %w", p.path(), err))
		return
	}
	timer.Stop()
	err = answer(w, r, head, output)
	if err != nil {
		process.interrupt()
	}
	ended := process.finish()
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil && ended != nil:
		c.logf(r, "%s: %v", p.path(), ended)
		if wasKilled(ended) {
			err = ended // its answer may lack its end, and the client should know
		}
	}
	if err != nil && err != errEnough {
		panic(http.ErrAbortHandler)
	}
}

// requireType reads until there is content, and fails if that has no type
// (RFC 3875, 6.3.1). The empty lines that many programs write behind a block
// that is all of their answer are no content.
func requireType(h *head, output *bufio.Reader) error {
	if h.header.Get("Content-Type") != "" || !h.hasContent() || h.location != "" {
		return nil
	}
	for {
		switch c, err := output.ReadByte(); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c != '\n' && c != '\r':
			return brokenHead("its header block has no Content-Type")
		}
	}
}

// errEnough is why the rest of an output is not read: there is nobody for it.
var errEnough = errors.New("answer has no content")

// answer writes the answer, and flushes whatever comes of its content.
func answer(w http.ResponseWriter, r *http.Request, head *head, output io.Reader) error {
	header := w.Header()
	for name, lines := range head.header {
		header[name] = lines
	}
	typed := header.Get("Content-Type") != ""
	if !typed {
		header["Content-Type"] = nil // net/http would guess one
	}
	controller := http.NewResponseController(w)
	if r.Method == http.MethodHead || !head.hasContent() || !typed {
		if !typed && head.hasContent() && r.Method != http.MethodHead {
			header.Set("Content-Length", "0") // a redirect's empty lines
		}
		w.WriteHeader(head.status)
		controller.Flush()
		return discard(output)
	}
	w.WriteHeader(head.status)
	controller.Flush()
	if length := header.Get("Content-Length"); length != "" {
		n, _ := strconv.ParseInt(length, 10, 64)
		limited := &io.LimitedReader{R: output, N: n}
		if err := pass(w, limited); err != nil {
			return err
		}
		if limited.N > 0 {
			return errShort
		}
		return discard(output) // a line end behind it, most likely
	}
	return pass(w, output)
}

// pass writes content as it comes.
func pass(w http.ResponseWriter, output io.Reader) error {
	controller := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := output.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			controller.Flush()
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// discard reads the rest of an output that nobody is going to see, unless it
// takes long.
func discard(output io.Reader) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(io.Discard, output)
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(headOnly):
		return errEnough // the reader ends when the caller ends the program
	}
}

// refuse answers that there is no answer. The cause goes to the log alone.
func (c *CGI) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil || errors.Is(err, errClientGone) {
		panic(http.ErrAbortHandler) // nobody is there
	}
	status := cgiStatus(err)
	if status != http.StatusNotFound {
		c.logf(r, "%v", err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, fmt.Sprintf("%d %s", status, http.StatusText(status)), status)
}

// cgiStatus tells what a client is answered when a program has no answer.
func cgiStatus(err error) int {
	var broken brokenHead
	switch {
	case errors.Is(err, errPathEncoding), errors.Is(err, errContentBroken):
		return http.StatusBadRequest
	case errors.Is(err, errFolder), errors.Is(err, errNotProgram), errors.Is(err, errNotExecutable), errors.Is(err, fs.ErrPermission):
		return http.StatusForbidden
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errCGITimeout):
		return http.StatusGatewayTimeout
	case errors.Is(err, errStopping), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EAGAIN):
		return http.StatusServiceUnavailable
	case errors.Is(err, errSpool):
		return http.StatusInsufficientStorage
	case errors.As(err, &broken), errors.Is(err, errNoHead), errors.Is(err, errNoInterpreter), errors.Is(err, syscall.ENOEXEC):
		return http.StatusBadGateway
	case errors.Is(err, errElsewhere), errors.Is(err, errPathName), errors.Is(err, errDotName), errors.Is(err, errReplaced):
		return http.StatusNotFound
	}
	var start *fs.PathError
	if errors.As(err, &start) && start.Op != "fork/exec" {
		return http.StatusNotFound // as for files: missing, outside, too long, no folder
	}
	return http.StatusBadGateway
}
