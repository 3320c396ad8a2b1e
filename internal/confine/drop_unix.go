//go:build unix

package confine

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// IsRoot reports whether the process may become somebody else.
func IsRoot() bool { return os.Geteuid() == 0 }

// Owner returns the user that a file or folder belongs to, in its group and no
// other. It is [ErrRoot] for what belongs to root.
func Owner(path string) (User, error) {
	info, err := os.Stat(path)
	if err != nil {
		return User{}, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return User{}, fmt.Errorf("the system does not say whom %q belongs to", path)
	case stat.Uid == 0:
		return User{}, ErrRoot
	}
	u := User{Name: strconv.FormatUint(uint64(stat.Uid), 10), UID: int(stat.Uid), GID: int(stat.Gid), Groups: []int{int(stat.Gid)}}
	if known, err := user.LookupId(u.Name); err == nil {
		u.Name, u.Home = known.Username, known.HomeDir
	}
	return u, nil
}

// DropTo has the process, which root started, become u for good, with all its
// threads. It looks whether that has worked. After an error, the process may be
// half of each, and must end.
func DropTo(u User) error {
	if u.UID <= 0 {
		return ErrRoot
	}
	for _, step := range []struct {
		what string
		err  func() error
	}{
		{"take the groups", func() error { return syscall.Setgroups(u.Groups) }}, // while root still may
		{"take the group", func() error { return syscall.Setgid(u.GID) }},
		{"become the user", func() error { return syscall.Setuid(u.UID) }},
	} {
		if err := step.err(); err != nil {
			return fmt.Errorf("%s of %s: %w", step.what, u, err)
		}
	}
	if err := u.check(); err != nil {
		return fmt.Errorf("become %s: %w", u, err)
	}
	return nil
}

var errStillRoot = errors.New("the process has kept privileges of root")

// check reports that the process is not u, or can still be root.
func (u User) check() error {
	if os.Getuid() != u.UID || os.Geteuid() != u.UID || os.Getgid() != u.GID || os.Getegid() != u.GID {
		return errStillRoot
	}
	groups, err := os.Getgroups()
	if err != nil {
		return err
	}
	for _, group := range groups {
		if group != u.GID && !slices.Contains(u.Groups, group) {
			return errStillRoot
		}
	}
	if syscall.Setuid(0) == nil {
		return errStillRoot
	}
	return u.checkThreads()
}
