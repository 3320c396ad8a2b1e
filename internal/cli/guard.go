package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/term"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/auth"
)

// guard returns what keeps strangers out, and the files that tell who is none.
func (sys System) guard(ctx context.Context, c Config, p place) (options []fileserver.Option, files []string, err error) {
	if c.AllowAll && c.Users == nil && p.isPublic() {
		return nil, nil, advise(errors.New("--allow-all wants a password where others can reach gserve"),
			"add --auth USER, or --bind localhost to be alone")
	}
	if p.isLoopback() {
		options = append(options, fileserver.WithGate(auth.HostGate(append(c.Bind, c.AllowHosts...))))
	}
	if c.Users == nil {
		return options, nil, nil
	}
	users := auth.NewUsers(sys.say)
	for _, spec := range c.Users {
		if spec, err = sys.askSecret(ctx, spec); err == nil {
			err = users.Add(spec)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("--auth: %w", err)
		}
	}
	if p.scheme == "http" {
		if warning := auth.InClear(p.listening); warning != "" {
			sys.say(warning)
		}
	}
	guard := auth.New(auth.Config{Users: users, WriteOnly: c.AuthWrites, Log: sys.say})
	return append(options, fileserver.WithGate(guard.Gate)), users.Files(), nil
}

// isLoopback reports whether p is for this machine alone, and a browser on it
// can get there.
func (p *place) isLoopback() bool {
	for _, a := range p.listening {
		if _, ok := a.(*net.TCPAddr); ok {
			return !p.isPublic()
		}
	}
	return false
}

// askSecret asks for the password of a user that came without one.
func (sys System) askSecret(ctx context.Context, spec auth.Spec) (auth.Spec, error) {
	if spec.File != "" || spec.Secret != "" {
		return spec, nil
	}
	f, ok := sys.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return spec, advise(fmt.Errorf("there is no password for %q, and no terminal to ask for it", spec.Name),
			"write it as %s:PASS in GSERVE_AUTH, or name an htpasswd file: @FILE", spec.Name)
	}
	fmt.Fprintf(sys.Stderr, "Password for %s: ", printable(spec.Name))
	secret, err := readPassword(ctx, int(f.Fd()))
	fmt.Fprintln(sys.Stderr)
	if err == nil && len(secret) == 0 {
		err = errors.New("no password was given")
	}
	spec.Secret = string(secret)
	return spec, err
}

// readPassword reads a password from a terminal. If ctx ends first, the terminal
// shows again what is typed; the read goes on as long as the process.
func readPassword(ctx context.Context, terminal int) ([]byte, error) {
	type line struct {
		text []byte
		err  error
	}
	state, err := term.GetState(terminal)
	if err != nil {
		return nil, err
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(terminal, state))
	}
}
