package service

import (
	"fmt"
	"strconv"
)

const (
	firstSocket = 3 // the descriptors before are standard input, output and error
	maxSockets  = 1024
)

// Sockets returns the listening sockets that the manager has handed over, as
// "fd:3", "fd:4" and so on, none if there are none for the process pid: the
// variables may be left over from a parent. Programs that the process starts do
// not get the sockets.
func Sockets(getenv func(string) string, pid int) ([]string, error) {
	if getenv("LISTEN_PID") != strconv.Itoa(pid) {
		return nil, nil
	}
	number := getenv("LISTEN_FDS")
	if number == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || n > maxSockets {
		return nil, fmt.Errorf("LISTEN_FDS=%q is not a number of sockets", number)
	}
	var addresses []string
	for fd := firstSocket; fd < firstSocket+int(n); fd++ {
		closeOnExec(fd)
		addresses = append(addresses, "fd:"+strconv.Itoa(fd))
	}
	return addresses, nil
}

// Variables are those of the environment that are for this process only. Who
// has looked at them unsets them before it starts other programs, which would
// speak to the manager in its name.
var Variables = []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}
