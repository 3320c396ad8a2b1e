package confine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MayBecome reports why root cannot become u here, before anything is tried:
// root of a container is often not allowed to, or knows few users.
func MayBecome(u User) error {
	return mayBecome(u, func(name string) string {
		content, _ := os.ReadFile("/proc/self/" + name)
		return string(content)
	})
}

// mayBecome looks at files of proc(5). One that is not there forbids nothing.
func mayBecome(u User, read func(name string) string) error {
	capabilities, ok := effective(read("status"))
	switch {
	case ok && capabilities>>unix.CAP_SETUID&1 == 0:
		return fmt.Errorf("root is not allowed to become another user here (there is no CAP_SETUID)")
	case ok && capabilities>>unix.CAP_SETGID&1 == 0:
		return fmt.Errorf("root is not allowed to join a group here (there is no CAP_SETGID)")
	case strings.TrimSpace(read("setgroups")) == "deny":
		return fmt.Errorf("root is not allowed to leave groups here")
	case !isMapped(u.UID, read("uid_map")):
		return fmt.Errorf("there is no user %d in this container", u.UID)
	}
	for _, group := range append([]int{u.GID}, u.Groups...) {
		if !isMapped(group, read("gid_map")) {
			return fmt.Errorf("there is no group %d in this container", group)
		}
	}
	return nil
}

// effective returns the capabilities that a status tells: capabilities(7).
func effective(status string) (uint64, bool) {
	_, rest, _ := strings.Cut(status, "\nCapEff:")
	line, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return set, err == nil
}

// isMapped reports whether a user namespace knows an ID: user_namespaces(7).
func isMapped(id int, table string) bool {
	for line := range strings.Lines(table) {
		var first, outside, count int64
		if _, err := fmt.Sscan(line, &first, &outside, &count); err == nil && first <= int64(id) && int64(id)-first < count {
			return true
		}
	}
	return table == ""
}
