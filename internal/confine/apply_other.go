//go:build !linux

package confine

import "runtime"

// Apply holds the process to nothing: this system has no way for that which
// gserve knows.
func Apply(p Plan) (Held, error) {
	h := Held{plan: p}
	h.lack("nothing is confined: %s has no landlock, Linux has", runtime.GOOS)
	return h, nil
}
