package confine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// needRoot skips for users who cannot become others.
func needRoot(t *testing.T) {
	t.Helper()
	if !IsRoot() {
		t.Skip("only root becomes somebody else")
	}
}

func drop(plan Plan, home string) results {
	u, err := Find(plan.Read[0])
	r := results{}
	r.note("find", err)
	r.become(u, home)
	return r
}

func dropOwner(_ Plan, home string) results {
	u, err := Owner(home)
	r := results{}
	r.note("find", err)
	r.become(u, home)
	return r
}

// become drops to u, and notes what threads that were there before are then.
func (r results) become(u User, home string) {
	r.note("be in groups", syscall.Setgroups([]int{0, 77}))
	drop := func() { r.note("drop", DropTo(u)) }
	r["threads that are still root"] = strconv.Itoa(onThreads(drop, func() error {
		if uid, _, _ := syscall.RawSyscall(syscall.SYS_GETUID, 0, 0, 0); int(uid) != u.UID {
			return errStillRoot
		}
		return nil
	}))
	r["ids"] = fmt.Sprint(os.Getuid(), " ", os.Getgid())
	groups, err := os.Getgroups()
	r.note("groups", err)
	r["in group 0"] = strconv.FormatBool(slices.Contains(groups, 0))
	_, err = os.ReadFile(home + "/secret/key")
	r.note("read secret", err)
	_, err = os.ReadFile("/etc/shadow")
	r.note("read shadow", err)
	r.note("return", syscall.Setuid(0))
	_, err = Apply(Plan{Read: []string{home + "/site"}})
	r.note("apply", err)
	_, err = os.ReadFile(home + "/site/index.html")
	r.note("read inside", err)
	_, err = os.ReadFile("/etc/passwd")
	r.note("read passwd", err)
}

// open makes a folder for others to see, which t.TempDir is not.
func open(t *testing.T) string {
	t.Helper()
	home := tree(t)
	for dir := home; dir != os.TempDir() && dir != "/"; dir = dir[:max(strings.LastIndexByte(dir, '/'), 1)] {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o005 != 0o005 {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(home+"/secret/key", 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func TestDropTo(t *testing.T) {
	t.Parallel()
	needRoot(t)
	needLandlock(t, 1)
	for _, test := range []struct{ name, ids string }{{"nobody", "65534"}, {"4321:4322", "4321 4322"}, {"nobody:4322", "65534 4322"}} {
		home := open(t)
		r := perform(t, "drop", Plan{Read: []string{test.name}}, home)
		r.expect(t, "find: ok", "drop: ok", "threads that are still root: 0", "be in groups: ok", "in group 0: false", "read secret: permission denied",
			"return: operation not permitted", "apply: ok", "read inside: ok", "read passwd: permission denied")
		if !strings.HasPrefix(r["ids"], test.ids) {
			t.Errorf("%s: the process is %s, want %s", test.name, r["ids"], test.ids)
		}
	}
}

func TestDropToOwner(t *testing.T) {
	t.Parallel()
	needRoot(t)
	needLandlock(t, 1)
	home := open(t)
	if err := os.Chown(home, 4321, 4322); err != nil {
		t.Fatal(err)
	}
	perform(t, "dropOwner", Plan{}, home).expect(t, "find: ok", "drop: ok", "ids: 4321 4322", "threads that are still root: 0", "return: operation not permitted", "read inside: ok")
}

// TestDropToForbidden is what somebody sees who is not root.
func TestDropToForbidden(t *testing.T) {
	t.Parallel()
	u := User{Name: "nobody", UID: 65534, GID: 65534, Groups: []int{65534}}
	if !IsRoot() {
		if err := DropTo(u); !errors.Is(err, os.ErrPermission) {
			t.Errorf("got %v", err)
		}
	}
	for _, uid := range []int{0, -1} {
		if err := DropTo(User{UID: uid}); !errors.Is(err, ErrRoot) {
			t.Errorf("become %d: got %v", uid, err)
		}
	}
}

// TestCheck is what DropTo finds if the system has not done what it said.
func TestCheck(t *testing.T) {
	t.Parallel()
	self := User{UID: os.Getuid(), GID: os.Getgid()}
	self.Groups, _ = os.Getgroups()
	other := self
	other.UID++
	if err := other.check(); !errors.Is(err, errStillRoot) {
		t.Errorf("another user: got %v", err)
	}
	if err := self.check(); IsRoot() != errors.Is(err, errStillRoot) {
		t.Errorf("this user: got %v", err)
	}
}

func TestOwnerRoot(t *testing.T) {
	t.Parallel()
	var info syscall.Stat_t
	if err := syscall.Stat("/", &info); err != nil || info.Uid != 0 {
		t.Skipf("/ belongs to %d here: %v", info.Uid, err)
	}
	if _, err := Owner("/"); !errors.Is(err, ErrRoot) {
		t.Errorf("got %v", err)
	}
	if _, err := Owner(t.TempDir() + "/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestIsThread(t *testing.T) {
	t.Parallel()
	const status = "Name:\tx\nUid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n"
	u := User{UID: 7, GID: 8}
	for _, test := range []struct {
		name, old, new string
		want           bool
	}{
		{"as wanted", "", "", true},
		{"old kernel", "CapAmb:\t0000000000000000\n", "", true},
		{"saved user", "7\t7\t7\t7", "7\t7\t0\t7", false},
		{"file system group", "8\t8\t8\t8", "8\t8\t8\t0", false},
		{"permitted", "CapPrm:\t0000000000000000", "CapPrm:\t0000000000000400", false},
		{"effective", "CapEff:\t0000000000000000", "CapEff:\t000001ffffffffff", false},
		{"nothing", status, "", false},
	} {
		if got := u.isThread(strings.Replace(status, test.old, test.new, 1)); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}

func TestPermanent(t *testing.T) {
	t.Parallel()
	if !Permanent("/proc") {
		t.Skip("/proc is no mount point here, or the kernel does not say")
	}
	dir := t.TempDir()
	link := dir + "/link"
	if err := os.Symlink("/proc", link); err != nil {
		t.Fatal(err)
	}
	up := dir + "/up"
	if err := os.Symlink("/", up); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"/": true, dir: false, link: false, up + "/proc": false, "/proc/self": false, dir + "/none": false} {
		if got := Permanent(path); got != want {
			t.Errorf("%s: got %t", path, got)
		}
	}
}
