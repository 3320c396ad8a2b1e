package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// heedHangup has SIGHUP reopen the log, as those expect who move it away, and a
// manager that reloads its services. If there is neither, the signal ends the
// process as ever.
func (r *run) heedHangup(context.Context) error {
	if r.logFile == nil && r.manager == nil {
		return nil
	}
	if signal.Ignored(syscall.SIGHUP) {
		r.terminals = nil // nohup has it outlive them
	}
	hangups, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	r.closers = append(r.closers, func() error {
		signal.Stop(hangups)
		close(ended)
		return nil
	})
	go func() {
		for {
			select {
			case <-hangups:
				r.hangUp()
			case <-ended:
				return
			}
		}
	}()
	return nil
}

// hangUp does what SIGHUP is for: to end with the terminal, or to begin a new
// log.
func (r *run) hangUp() {
	for _, f := range r.terminals {
		if !term.IsTerminal(int(f.Fd())) {
			r.stop.end()
			return
		}
	}
	isReady := r.isReady.Load() // or else the manager would take this for it
	if isReady {
		r.toManager(r.manager.Reloading)
	}
	if r.logFile != nil {
		r.logFile.reopen()
	}
	if isReady {
		r.toManager(r.manager.Ready)
	}
}

// terminals returns what is a terminal of the standard files. One that is closed
// is none any more.
func (sys System) terminals() []*os.File {
	var terminals []*os.File
	for _, standard := range []any{sys.Stdin, sys.Stdout, sys.Stderr} {
		if f, ok := standard.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			terminals = append(terminals, f)
		}
	}
	return terminals
}
