package confine

import (
	"errors"
	"fmt"
	"math"
	"os/user"
	"strconv"
	"strings"
)

// User is who a process can become.
type User struct {
	Name   string // or the number, for people
	UID    int
	GID    int
	Groups []int  // all of them, that of GID included
	Home   string // "" if the system does not tell
}

func (u User) String() string { return u.Name }

// ErrRoot is that a user is root, whom becoming gives nothing up.
var ErrRoot = errors.New("root is no user with fewer privileges")

// Find returns the user of a name or number, in the groups that the system has
// the user in. After a colon comes the one group instead: "www-data", "ann:www",
// "1000:1000". Numbers need not be known to the system, then.
func Find(name string) (User, error) {
	who, group, hasGroup := strings.Cut(name, ":")
	u, err := findUser(who, hasGroup)
	if err != nil {
		return User{}, err
	}
	if hasGroup {
		if u.GID, err = findGroup(group); err != nil {
			return User{}, err
		}
		u.Name, u.Groups = name, []int{u.GID}
	}
	if u.UID == 0 {
		return User{}, ErrRoot
	}
	return u, nil
}

func findUser(name string, hasGroup bool) (User, error) {
	known, err := user.Lookup(name)
	if err != nil {
		known, err = user.LookupId(name)
	}
	if err != nil {
		uid, isNumber := parseID(name)
		switch {
		case !isNumber:
			return User{}, fmt.Errorf("there is no user %q", name)
		case !hasGroup:
			return User{}, fmt.Errorf("no user has the number %s, so it has to come with its group: %[1]s:%[1]s", name)
		}
		return User{Name: name, UID: uid}, nil
	}
	u := User{Name: known.Username, Home: known.HomeDir}
	var ok [2]bool
	u.UID, ok[0] = parseID(known.Uid)
	u.GID, ok[1] = parseID(known.Gid)
	if !ok[0] || !ok[1] {
		return User{}, fmt.Errorf("user %q has no number", name)
	}
	if hasGroup {
		return u, nil
	}
	u.Groups, err = groupsOf(known, u.GID)
	return u, err
}

func groupsOf(u *user.User, first int) ([]int, error) {
	groups := []int{first}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("find the groups of %q: %w", u.Username, err)
	}
	for _, id := range ids {
		if gid, ok := parseID(id); ok && gid != first {
			groups = append(groups, gid)
		}
	}
	return groups, nil
}

func findGroup(name string) (int, error) {
	if g, err := user.LookupGroup(name); err == nil {
		name = g.Gid
	}
	if gid, ok := parseID(name); ok {
		return gid, nil
	}
	return 0, fmt.Errorf("there is no group %q", name)
}

// parseID reads the number of a user or group. The last one is none: to system
// calls it means that nothing changes.
func parseID(s string) (int, bool) {
	id, err := strconv.ParseUint(s, 10, 32)
	return int(id), err == nil && id < math.MaxUint32
}
