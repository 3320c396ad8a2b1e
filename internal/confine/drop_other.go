//go:build !unix

package confine

import "errors"

// IsRoot reports whether the process may become somebody else.
func IsRoot() bool { return false }

var errNoUsers = errors.New("becoming another user needs Unix")

// Owner needs Unix.
func Owner(string) (User, error) { return User{}, errNoUsers }

// DropTo needs Unix.
func DropTo(User) error { return errNoUsers }
