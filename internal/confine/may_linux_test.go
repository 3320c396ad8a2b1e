package confine

import "testing"

func TestMayBecome(t *testing.T) {
	t.Parallel()
	const (
		all     = "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0000000000000000\n"
		outside = "         0          0 4294967295\n"
		inside  = "         0     100000      65536\n         70000 1 1\n"
	)
	u := User{UID: 1000, GID: 1001, Groups: []int{1001, 1002}}
	for _, test := range []struct {
		name  string
		files map[string]string
		u     User
		want  string // "" for yes
	}{
		{"as ever", map[string]string{"status": all, "setgroups": "allow\n", "uid_map": outside, "gid_map": outside}, u, ""},
		{"no proc", nil, u, ""},
		{"container", map[string]string{"status": all, "setgroups": "allow\n", "uid_map": inside, "gid_map": inside}, u, ""},
		{"the last one", map[string]string{"uid_map": inside, "gid_map": inside}, User{UID: 65535, GID: 70000}, ""},
		{"no such user", map[string]string{"uid_map": inside, "gid_map": inside}, User{UID: 65536}, "there is no user 65536 in this container"},
		{"no such group", map[string]string{"uid_map": inside, "gid_map": inside}, User{UID: 1, GID: 65536}, "there is no group 65536 in this container"},
		{"no such other group", map[string]string{"gid_map": inside}, User{UID: 1, Groups: []int{70001}}, "there is no group 70001 in this container"},
		{"one user", map[string]string{"uid_map": "0 1000 1\n", "setgroups": "allow"}, u, "there is no user 1000 in this container"},
		{"groups", map[string]string{"setgroups": "deny\n"}, u, "root is not allowed to leave groups here"},
		{"no CAP_SETUID", map[string]string{"status": "x\nCapEff:\t0000000000000040\n"}, u, "root is not allowed to become another user here (there is no CAP_SETUID)"},
		{"no CAP_SETGID", map[string]string{"status": "x\nCapEff:\t0000000000000080\n"}, u, "root is not allowed to join a group here (there is no CAP_SETGID)"},
		{"both", map[string]string{"status": "x\nCapEff:\t00000000000000c0\n"}, u, ""},
	} {
		err := mayBecome(test.u, func(name string) string { return test.files[name] })
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestMayBecomeHere(t *testing.T) {
	t.Parallel()
	if err := MayBecome(User{UID: 65534, GID: 65534}); !IsRoot() && err == nil {
		t.Error("only root may")
	}
}
