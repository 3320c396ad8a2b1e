package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopping is how a run is told to end: ctx is done when it should, force is
// closed when it must.
type stopping struct {
	ctx     context.Context
	force   chan struct{}
	end     func() // does what the first signal does
	release func() // forgets about signals; to be called once
}

// stopOnSignal has the first SIGINT or SIGTERM end ctx, and the second one
// close force. On SIGINT it writes python's line to stdout.
func stopOnSignal(parent context.Context, stdout io.Writer) *stopping {
	ctx, cancel := context.WithCancel(parent)
	s := &stopping{ctx: ctx, force: make(chan struct{}), end: cancel}
	signals := make(chan os.Signal, 2)
	released := make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	if !signal.Ignored(os.Interrupt) { // by a shell that runs it in the background
		signal.Notify(signals, os.Interrupt)
	}
	// A log whose reader has gone fails, as long as somebody is told of it;
	// else the signal would end the process.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	s.release = func() {
		signal.Stop(signals)
		signal.Stop(broken)
		close(released)
		cancel()
	}
	go func() {
		select {
		case first := <-signals:
			if first == os.Interrupt {
				sayInterrupted(stdout)
			}
			cancel()
		case <-released:
			return
		}
		select {
		case <-signals:
			close(s.force)
		case <-released:
		}
	}()
	return s
}

// sayInterrupted writes python's line, but waits no longer than a second for
// somebody to read it.
func sayInterrupted(stdout io.Writer) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		fmt.Fprintln(stdout, "\nKeyboard interrupt received, exiting.")
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
}

// isForced reports whether the second signal came.
func (s *stopping) isForced() bool {
	select {
	case <-s.force:
		return true
	default:
		return false
	}
}

// lastWill is how long a run may take to end its connections, or to remove its
// temporary files, when it was interrupted twice. Programs that start others
// often pass on an interrupt that these have from the terminal already, so the
// second follows at once.
const lastWill = 2 * time.Second

// await waits for done, but not for much longer than the second signal: what is
// to end may hang, in a key that is a pipe, on a disk that is not there, in a log
// that nobody reads. It reports whether done has come.
func (s *stopping) await(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-s.force:
	}
	select {
	case <-done:
		return true
	case <-time.After(lastWill):
		return false
	}
}
