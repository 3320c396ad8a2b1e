//go:build !unix

package service

// closeOnExec does nothing: no manager hands over sockets here.
func closeOnExec(int) {}
