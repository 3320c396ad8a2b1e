// Gserve serves a folder over HTTP, as python -m http.server does.
package main

import (
	"context"
	"os"

	"github.com/gserve/gserve/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), cli.System{
		Args:   os.Args[1:],
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Getenv: os.Getenv,

		OwnsProcess: true,
	}))
}
