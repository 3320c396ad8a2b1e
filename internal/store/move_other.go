//go:build !linux && !darwin

package store

import (
	"errors"
	"os"
)

// renameNew renames unless there is something of the new name, which this
// system does not do in one call.
func renameNew(_ *os.File, _ string, _ *os.File, _ string) error { return errors.ErrUnsupported }
