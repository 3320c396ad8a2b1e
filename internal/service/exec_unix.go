//go:build unix

package service

import "syscall"

// closeOnExec has programs that are started not inherit a descriptor.
func closeOnExec(fd int) { syscall.CloseOnExec(fd) }
