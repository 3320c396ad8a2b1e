//go:build !linux

package service

import "time"

// monotonic returns the time on the clock that the manager goes by. Only that of
// Linux has one.
func monotonic() (time.Duration, bool) { return 0, false }
