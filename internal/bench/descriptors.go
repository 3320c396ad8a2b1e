//go:build unix

package main

import "syscall"

// plenty are enough file descriptors for all connections, also for a server
// that counts two for each.
const plenty = 32768

// descriptors is how many files a process may have open.
func descriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return min(uint64(limit.Cur), plenty)
}

// raiseDescriptors lets this process, and the servers that it starts from now
// on, have plenty of files open, or as many as may be.
func raiseDescriptors() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	more := limit
	more.Cur, more.Max = plenty, max(limit.Max, plenty)
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil {
		return // more than there was is for root alone
	}
	limit.Cur = min(limit.Max, plenty)
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
