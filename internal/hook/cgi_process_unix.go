//go:build unix

package hook

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Delays around the end of a program.
const (
	killDelay   = 300 * time.Millisecond // from SIGTERM to SIGKILL: the client has gone, nobody waits for more
	endDelay    = time.Second            // from the end of output to that of the program
	detachDelay = 50 * time.Millisecond  // for more output of who has left the group, once the program has ended
)

// cgiProcess is a program that runs.
type cgiProcess struct {
	cmd    *exec.Cmd
	output *os.File
	ended  chan struct{} // closed when neither the program nor its group is there any more
	err    error         // how it ended; to be read after ended

	mu   sync.Mutex
	gone bool // the process number may be another one's by now
	stop sync.Once
}

func cgiSupported() error { return nil }

// startCGI starts the program with the content as standard input. The caller
// calls finish.
func startCGI(p *program, env []string, content io.Reader, log func(string)) (*cgiProcess, error) {
	output, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	errs, errOut, err := os.Pipe()
	if err != nil {
		output.Close()
		return nil, err
	}
	defer errOut.Close()
	c := &cgiProcess{output: output, ended: make(chan struct{})}
	if err := c.start(p, env, content, out, errOut); err != nil {
		output.Close()
		errs.Close()
		return nil, err
	}
	lines := make(chan struct{})
	go func() {
		defer close(lines)
		defer errs.Close()
		logLines(&tail{errs}, log)
	}()
	go func() {
		c.await(errs)
		<-lines
		close(c.ended)
	}()
	return c, nil
}

// start starts the process. A file that someone has just written may still be
// open for writing in a process that is being started elsewhere: that passes.
func (c *cgiProcess) start(p *program, env []string, content io.Reader, out, errOut *os.File) error {
	argv := p.argv()
	for attempt := 0; ; attempt++ {
		c.cmd = exec.Command(argv[0], argv[1:]...)
		c.cmd.Dir, c.cmd.Env = p.pinned(), env
		c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = content, out, errOut
		c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		c.cmd.WaitDelay = endDelay
		err := c.cmd.Start()
		if !errors.Is(err, syscall.ETXTBSY) || attempt == 10 {
			return startError(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// startError adds what is to be done about it.
func startError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w; a script needs a first line such as #!/bin/sh", err)
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("%w; is the interpreter of its first line installed?", errNoInterpreter)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w (%w)", errNotExecutable, err)
	}
	return err
}

// await waits for the program to end, kills what is left of its group, and
// bounds how long others are listened to who hold on to its output.
func (c *cgiProcess) await(errs *os.File) {
	held := awaitExit(c.cmd.Process.Pid)
	if !held {
		c.err = c.cmd.Wait()
	}
	c.mu.Lock()
	syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	c.gone = true
	c.mu.Unlock()
	if held {
		c.err = c.cmd.Wait()
	}
	if errors.Is(c.err, exec.ErrWaitDelay) {
		c.err = nil // content that nobody has read
	}
	now := time.Now()
	c.output.SetReadDeadline(now)
	errs.SetReadDeadline(now)
}

// Read reads standard output.
func (c *cgiProcess) Read(b []byte) (int, error) { return (&tail{c.output}).Read(b) }

// interrupt ends the group of the program: it is asked to, and soon after made
// to. It does not wait for that.
func (c *cgiProcess) interrupt() {
	c.stop.Do(func() {
		c.signal(syscall.SIGTERM)
		time.AfterFunc(killDelay, func() { c.signal(syscall.SIGKILL) })
	})
}

func (c *cgiProcess) signal(s syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone {
		syscall.Kill(-c.cmd.Process.Pid, s)
		c.cmd.Process.Signal(s) // in case that it has moved to another group
	}
}

// finish returns when the program has ended, and how, if it did by itself. One
// that has closed its output has a moment for that.
func (c *cgiProcess) finish() error {
	c.output.Close()
	select {
	case <-c.ended:
		return c.err
	case <-time.After(endDelay):
	}
	c.interrupt()
	<-c.ended
	return nil
}

// wasKilled reports whether a signal ended the program.
func wasKilled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}

// tail reads a pipe whose deadline passes when the program ends. What is in it
// by then is read nevertheless, and so is what comes without a pause.
type tail struct{ pipe *os.File }

func (t *tail) Read(b []byte) (int, error) {
	n, err := t.pipe.Read(b)
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	t.pipe.SetReadDeadline(time.Now().Add(detachDelay))
	if n, err = t.pipe.Read(b); errors.Is(err, os.ErrDeadlineExceeded) {
		return n, io.EOF
	}
	return n, err
}
