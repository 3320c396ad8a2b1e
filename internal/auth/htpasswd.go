package auth

import (
	"errors"
	"fmt"
	"strings"
)

// parseFile reads the text of a htpasswd file. An error names the line and
// shows nothing of its secret.
func parseFile(name, text string) (map[string]hash, error) {
	users := make(map[string]hash)
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		user, h, err := parseLine(line)
		if err == nil && users[user] != nil {
			err = fmt.Errorf("a second line for %q", user)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		users[user] = h
	}
	if len(users) == 0 {
		return nil, fmt.Errorf("%s: no users in it", name)
	}
	return users, nil
}

// parseLine reads a name and a hash. What follows another colon is a remark.
func parseLine(line string) (string, hash, error) {
	user, rest, ok := strings.Cut(line, ":")
	switch {
	case !ok:
		return "", nil, errors.New("no colon between a name and a hash") // the line may be a password
	case user == "" || len(user) > maxCredentials:
		return "", nil, errors.New("no name before the colon, or one that is too long")
	case !isPlain(user):
		return "", nil, errors.New("name with control characters, or not in UTF-8")
	}
	secret, _, _ := strings.Cut(rest, ":")
	h, err := parseHash(strings.TrimRight(secret, " \t"))
	if err != nil {
		return "", nil, fmt.Errorf("user %q: %w", user, err)
	}
	return user, h, nil
}
