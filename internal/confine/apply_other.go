//go:build !linux

package confine

import (
	"fmt"
	"runtime"
)

// Available reports why files cannot be confined here.
func Available() error { return fmt.Errorf("%s has no landlock, Linux has", runtime.GOOS) }

// Apply holds the process to nothing: this system has no way for that which
// gserve knows.
func Apply(p Plan) (Held, error) {
	h := Held{plan: p}
	h.lack("nothing is confined: %v", Available())
	return h, nil
}
