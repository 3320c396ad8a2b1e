package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Manager is the program that has started this one as a service, and wants to
// hear from it. Nil is none: its methods do nothing.
type Manager struct {
	socket   string        // of datagrams: a path, or an abstract name with "@" in front
	watchdog time.Duration // after which a silent service is taken for dead; 0: never
}

// FindManager returns the manager that the environment tells the process pid
// of, nil if there is none.
func FindManager(getenv func(string) string, pid int) (*Manager, error) {
	socket := getenv("NOTIFY_SOCKET")
	switch {
	case socket == "":
		return nil, nil
	case len(socket) < 2 || !strings.HasPrefix(socket, "/") && !strings.HasPrefix(socket, "@"):
		return nil, fmt.Errorf("NOTIFY_SOCKET=%q is neither a path nor an abstract name", socket)
	}
	watchdog, err := findWatchdog(getenv, pid)
	return &Manager{socket, watchdog}, err
}

func findWatchdog(getenv func(string) string, pid int) (time.Duration, error) {
	value, of := getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")
	if value == "" || of != "" && of != strconv.Itoa(pid) {
		return 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || n == 0 || n > maxWatchdog {
		return 0, fmt.Errorf("WATCHDOG_USEC=%q is not a number of microseconds", value)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// maxWatchdog is what a [time.Duration] holds, in microseconds.
const maxWatchdog = uint64(1<<63-1) / uint64(time.Microsecond)

// Ready tells that requests are answered, or are again after [Manager.Reloading].
func (m *Manager) Ready() error { return m.tell("READY=1") }

// Stopping tells that the service ends.
func (m *Manager) Stopping() error { return m.tell("STOPPING=1") }

// Reloading tells that the service has been asked to look at its files anew,
// which ends with Ready.
func (m *Manager) Reloading() error {
	state := "RELOADING=1"
	if now, ok := monotonic(); ok { // without it, the manager would not know which request to reload that is about
		state += "\nMONOTONIC_USEC=" + strconv.FormatInt(now.Microseconds(), 10)
	}
	return m.tell(state)
}

// Watch tells that the service lives, until ctx is done, twice as often as the
// manager wants to hear it. It returns at once if the manager does not.
func (m *Manager) Watch(ctx context.Context) {
	if m == nil || m.watchdog == 0 {
		return
	}
	ticks := time.NewTicker(max(m.watchdog/2, time.Millisecond))
	defer ticks.Stop()
	for {
		m.tell("WATCHDOG=1") // one that is lost is followed by another
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// patience is how long the manager may take to take a word.
const patience = 2 * time.Second

// tell sends one state to the manager.
func (m *Manager) tell(state string) error {
	if m == nil {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return m.fault(err)
	}
	defer c.Close()
	c.SetWriteDeadline(time.Now().Add(patience))
	if _, err = c.Write([]byte(state)); err != nil {
		return m.fault(err)
	}
	return nil
}

func (m *Manager) fault(err error) error {
	if connection, ok := errors.AsType[*net.OpError](err); ok {
		err = connection.Err
	}
	return fmt.Errorf("tell the service manager at %s: %w", m.socket, err)
}
