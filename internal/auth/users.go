package auth

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"
)

// Users are those who have a password. They are safe for concurrent use, but
// all of them are added before the first is verified.
type Users struct {
	log func(string)

	mu     sync.Mutex
	given  map[string]hash
	files  []*file
	looked time.Time // when it was last seen whether files have changed
	known  *table
}

// lookInterval bounds how long a password lives on that was changed in a file.
const lookInterval = time.Second

// NewUsers returns users of whom there are none. log is told, a line at a time,
// what becomes of files that change; it may be nil.
func NewUsers(log func(line string)) *Users {
	if log == nil {
		log = func(string) {}
	}
	return &Users{log: log, given: map[string]hash{}, known: newTable(nil)}
}

// Add adds a user, or those of a file. A name that is given directly stands for
// that user whatever files say, and among files the first that has it counts.
// Errors show no secret. A spec without a secret is a mistake of the caller's:
// it has to ask for it.
//
// A file is read again when it has changed. While it cannot be read, or a line
// of it is at fault, what was in it before goes on to count.
func (u *Users) Add(s Spec) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case s.File != "":
		f, err := openFile(s.File)
		if err != nil {
			return err
		}
		u.files = append(u.files, f)
	case u.given[s.Name] != nil:
		return fmt.Errorf("user %q is given twice", s.Name)
	case s.Secret == "":
		return fmt.Errorf("user %q has no password", s.Name)
	default:
		h, err := parseSecret(s.Secret)
		if err != nil {
			return fmt.Errorf("user %q: %w", s.Name, err)
		}
		u.given[s.Name] = h
	}
	u.merge()
	return nil
}

// Files returns the names of the files that users come from. None of them is to
// be served.
func (u *Users) Files() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var names []string
	for _, f := range u.files {
		names = append(names, f.path)
	}
	return names
}

// merge makes one table of all sources.
func (u *Users) merge() {
	all := map[string]hash{}
	for _, f := range slices.Backward(u.files) {
		maps.Copy(all, f.users)
	}
	maps.Copy(all, u.given)
	u.known = newTable(all)
}

// table returns who is known now. It is another one if a file has changed.
func (u *Users) table() *table {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := time.Now(); now.Sub(u.looked) >= lookInterval {
		u.looked = now
		changed := false
		for _, f := range u.files {
			changed = u.refresh(f) || changed
		}
		if changed {
			u.merge()
		}
	}
	return u.known
}

// refresh reads a file again if it is another one by now, and tells of it.
func (u *Users) refresh(f *file) (changed bool) {
	if f.isFresh() {
		return false
	}
	changed, err := f.load()
	switch {
	case err != nil && err.Error() != f.fault:
		f.fault = err.Error()
		u.log(f.fault + " (the users that were in it before still count)")
	case err == nil && (changed || f.fault != ""):
		f.fault = ""
		u.log(fmt.Sprintf("%s: read again, users in it: %d", f.name, len(f.users)))
	}
	return changed
}

// table is who is known at one time. It does not change.
type table struct {
	users map[string]hash
	names []string // in order
	seed  maphash.Seed
}

func newTable(users map[string]hash) *table {
	return &table{users: users, names: slices.Sorted(maps.Keys(users)), seed: maphash.MakeSeed()}
}

// verify reports whether the password is that of the user. For a name that
// nobody has, it computes and drops the hash of another user, always the same
// one for a name: the time tells which kinds of hashes there are, not who has
// one.
func (t *table) verify(c credentials) bool {
	if len(t.names) == 0 {
		return false
	}
	standIn := t.names[maphash.String(t.seed, c.name)%uint64(len(t.names))]
	h, known := t.users[c.name]
	if !known {
		h = t.users[standIn]
	}
	return h.matches(c.password) && known
}
