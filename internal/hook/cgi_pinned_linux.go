package hook

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// pinned returns a path that leads to the open folder itself, whatever becomes
// of its name.
func (p *program) pinned() string {
	path := "/proc/self/fd/" + strconv.Itoa(int(p.folder.Fd()))
	if _, err := os.Stat(path); err != nil {
		return p.dir // no /proc here
	}
	return path
}

// awaitExit returns true when the process has ended, with its number still
// taken.
func awaitExit(pid int) (held bool) {
	for {
		switch unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) {
		case nil:
			return true
		case unix.EINTR:
		default:
			return false
		}
	}
}
