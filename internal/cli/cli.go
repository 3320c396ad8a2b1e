// Package cli is the command line of gserve: it turns arguments and the
// environment into a [Config], and a Config into a server that runs until it
// is told to stop.
//
// It decides which flags there are, what they mean together, what is printed
// and how the process exits. How requests are answered it leaves to package
// fileserver, and how connections are served to package httpd.
package cli

import (
	"context"
	"errors"
	"io"
	"net"
)

// System is what the command line sees of the process around it.
type System struct {
	Args           []string // without the name of the program
	Stdin          io.Reader
	Stdout, Stderr io.Writer // written to from several goroutines
	Getenv         func(string) string

	// OwnsProcess tells that nothing else runs in the process: it may be
	// confined, and become another user.
	OwnsProcess bool

	// Listen opens what is to be served on, as httpd.Listen does, which it is
	// if nil.
	Listen func(ctx context.Context, addresses []string, port int) ([]net.Listener, error)
}

// Main runs the program and returns its exit code. It serves until ctx is done
// or a signal comes.
func Main(ctx context.Context, sys System) int {
	if asksCompletion(sys.Args) {
		return sys.exit(sys.complete(), exitFailed)
	}
	config, err := parse(sys.Args, sys.Getenv)
	if err == nil && config.Show == ShowNothing {
		err = config.Check()
	}
	switch {
	case err != nil:
		return sys.exit(err, exitUsage)
	case config.Show != ShowNothing:
		return sys.exit(sys.show(config), exitFailed)
	case config.Precompress != nil:
		return sys.precompress(ctx, config)
	}
	stop := stopOnSignal(ctx, sys.Stdout)
	defer stop.release()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = sys.serve(stop, config)
	}()
	switch {
	case !stop.await(done), stop.isForced():
		return exitInterrupted
	case errors.Is(err, context.Canceled):
		return exitStopped // told to stop before it had begun
	}
	return sys.exit(err, exitFailed)
}
