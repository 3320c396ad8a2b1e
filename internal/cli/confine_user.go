package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gserve/gserve/internal/confine"
)

// giveUpRoot has a process that root has started become the user who is named,
// or else whom all that is served belongs to. What only root may do is done by
// then; handlers are started, and files written, as the user.
func (r *run) giveUpRoot(context.Context) error {
	switch {
	case !r.OwnsProcess && r.config.User == "":
		return nil
	case !r.OwnsProcess:
		return fmt.Errorf("--user %s: %w", r.config.User, errNotOwn)
	case !confine.IsRoot():
		return checkSelf(r.config.User)
	}
	isNamed := r.config.User != ""
	u, err := r.chooseUser()
	if err == nil {
		err = confine.MayBecome(u)
	}
	switch {
	case errors.Is(err, confine.ErrRoot) || err != nil && !isNamed:
		r.staysRoot = err
		return nil
	case err != nil:
		return fmt.Errorf("--user %s: %w", r.config.User, err)
	}
	if err := confine.DropTo(u); err != nil {
		return fmt.Errorf("cannot go on as another user than root: %w", err)
	}
	takeHome(u)
	if !isNamed {
		r.say(fmt.Sprintf("goes on as %s, whom %q belongs to, instead of root", u, r.config.served()[0]))
	} else if r.config.Verbose {
		r.say(fmt.Sprintf("goes on as %s instead of root", u))
	}
	return r.checkReading(u)
}

// checkSelf refuses what only root can do.
func checkSelf(name string) error {
	if name == "" {
		return nil
	}
	if u, err := confine.Find(name); err == nil && u.UID == os.Geteuid() {
		return nil
	}
	return advise(fmt.Errorf("--user %s: only root becomes another user", name), "leave it out, or start gserve as root: it binds its port, and then becomes %s", name)
}

// Causes why root goes on as root, besides that root is asked for.
var (
	errNobodys = errors.New("what is served belongs to nobody")
	errSeveral = errors.New("what is served belongs to several users")
)

// chooseUser returns the user to become.
func (r *run) chooseUser() (confine.User, error) {
	if r.config.User != "" {
		return confine.Find(r.config.User)
	}
	var chosen confine.User
	for i, path := range r.config.served() {
		u, err := confine.Owner(path)
		switch {
		case err != nil:
			return u, err
		case i > 0 && u.UID != chosen.UID:
			return u, errSeveral
		}
		chosen = u
	}
	if chosen.UID == 0 {
		return chosen, errNobodys
	}
	return chosen, nil
}

// takeHome has programs that are started find the home of the user.
func takeHome(u confine.User) {
	if u.Home == "" {
		return
	}
	os.Setenv("HOME", u.Home)
	os.Setenv("USER", u.Name)
	os.Setenv("LOGNAME", u.Name)
}

// checkReading fails if the user cannot read what is served.
func (r *run) checkReading(u confine.User) error {
	for _, path := range r.config.served() {
		f, err := os.Open(path)
		if err == nil {
			f.Close()
			continue
		}
		err = fmt.Errorf("cannot serve %q as %s: %w", path, u, withoutPath(err))
		if errors.Is(err, fs.ErrPermission) {
			err = advise(err, "let %s read it, and enter the folders that it lies in; or name another user with --user, which may be root", u)
		}
		return err
	}
	return nil
}

// tellRoot tells whoever looks on that gserve goes on as root, though it need
// not. In logs, it would be told for years.
func (r *run) tellRoot() {
	if r.staysRoot == nil || r.config.User != "" {
		return
	}
	_, isTerminal := terminalSize(r.Stderr)
	if r.config.Verbose || isTerminal && r.place.isPublic() {
		r.say(fmt.Sprintf("hint: gserve goes on as root: %v; --user NAME has it become somebody else", whyRoot(r.staysRoot)))
	}
}

func whyRoot(err error) error {
	if errors.Is(err, confine.ErrRoot) {
		return errors.New("what is served is root's")
	}
	return err
}
