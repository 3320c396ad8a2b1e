//go:build !windows

package httpd

import "syscall"

func portable(err syscall.Errno) error { return err }
