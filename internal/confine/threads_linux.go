package confine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// checkThreads reports a thread that is not u, or has capabilities.
func (u User) checkThreads() error {
	tasks, err := os.ReadDir("/proc/self/task")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no /proc, as in a bare chroot: the calls themselves said so
	}
	if err != nil {
		return err
	}
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH): // it has ended
		case err != nil:
			return err
		case !u.isThread(string(status)):
			return fmt.Errorf("thread %s: %w", task.Name(), errStillRoot)
		}
	}
	return nil
}

// isThread reports whether the status of a thread is one of u: proc_pid_status(5).
func (u User) isThread(status string) bool {
	wanted := map[string]string{
		"Uid":    strconv.Itoa(u.UID),
		"Gid":    strconv.Itoa(u.GID),
		"CapPrm": "0000000000000000",
		"CapEff": "0000000000000000",
		"CapAmb": "0000000000000000",
	}
	for line := range strings.Lines(status) {
		name, values, _ := strings.Cut(line, ":")
		value, ok := wanted[name]
		if !ok {
			continue
		}
		for _, v := range strings.Fields(values) {
			if v != value {
				return false
			}
		}
		delete(wanted, name)
	}
	delete(wanted, "CapAmb") // since Linux 4.3
	return len(wanted) == 0
}
