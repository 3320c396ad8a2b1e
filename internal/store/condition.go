package store

import (
	"fmt"

	"github.com/gserve/gserve/fileserver"
)

// evaluate checks the conditions against what is there (RFC 9110, 13.2.2).
func (c Conditions) evaluate(exists bool, tag fileserver.ETag) error {
	if c.IfMatch != "" && (!exists || !tag.Matches(c.IfMatch, true)) {
		return fmt.Errorf("%w: If-Match", ErrCondition)
	}
	if c.IfNoneMatch != "" && exists && tag.Matches(c.IfNoneMatch, false) {
		return fmt.Errorf("%w: If-None-Match", ErrCondition)
	}
	return nil
}
