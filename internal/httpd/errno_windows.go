package httpd

import "syscall"

// portable returns the name that other systems have for an error of sockets.
func portable(err syscall.Errno) error {
	switch err {
	case 10013: // WSAEACCES
		return syscall.EACCES
	case 10047: // WSAEAFNOSUPPORT
		return syscall.EAFNOSUPPORT
	case 10048: // WSAEADDRINUSE
		return syscall.EADDRINUSE
	case 10049: // WSAEADDRNOTAVAIL
		return syscall.EADDRNOTAVAIL
	case 10061: // WSAECONNREFUSED
		return syscall.ECONNREFUSED
	}
	return err
}
