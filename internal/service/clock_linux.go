package service

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonic returns the time on the clock that the manager goes by.
func monotonic() (time.Duration, bool) {
	var now unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return time.Duration(now.Nano()), err == nil
}
