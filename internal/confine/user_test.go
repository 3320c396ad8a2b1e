package confine

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("users have no numbers on Windows")
	}
	u, err := Find("nobody")
	if err != nil || u.Name != "nobody" || u.UID <= 0 || !slices.Contains(u.Groups, u.GID) {
		t.Errorf("nobody is %+v, %v", u, err)
	}
	u, err = Find("54321:54322")
	if err != nil || u.UID != 54321 || u.GID != 54322 || !slices.Equal(u.Groups, []int{54322}) {
		t.Errorf("54321:54322 is %+v, %v", u, err)
	}
	for name, want := range map[string]string{
		"nobody-at-all":        `there is no user "nobody-at-all"`,
		"":                     `there is no user ""`,
		"54321":                "no user has the number 54321, so it has to come with its group: 54321:54321",
		"nobody:no-such-group": `there is no group "no-such-group"`,
		"nobody:":              `there is no group ""`,
		"4294967295:1":         `there is no user "4294967295"`,
		"-1:1":                 `there is no user "-1"`,
		"1:4294967295":         `there is no group "4294967295"`,
		"root":                 ErrRoot.Error(),
		"0:5":                  ErrRoot.Error(),
	} {
		if _, err := Find(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

func TestResolver(t *testing.T) {
	t.Parallel()
	for _, name := range resolver("localhost", "example.com", "192.0.2.1") {
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is not there", name)
		}
	}
}
