package confine

import "testing"

func TestHeldString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		held Held
		want string
	}{
		{Held{Landlock: 7, NoNewPrivs: true, Seccomp: true, plan: Plan{Read: []string{"dist"}}},
			"landlock ABI 7: reads dist, writes nothing, runs no program, binds no TCP port, connects to none; seccomp: listens on nothing more; no_new_privs"},
		{Held{Landlock: 4, plan: Plan{Read: []string{"my site", "in"}, Write: []string{"in"}, Connect: true}},
			`landlock ABI 4: reads "my site" and in, writes in, runs no program, binds no TCP port`},
		{Held{Landlock: 3, plan: Plan{Read: []string{"/"}}}, "landlock ABI 3: reads everything, writes nothing, runs no program"},
		{Held{Landlock: 2, plan: Plan{}}, "landlock ABI 2: reads nothing, writes nothing (but may empty files), runs no program"},
		{Held{Landlock: 2, plan: Plan{Write: []string{"/"}}}, "landlock ABI 2: reads everything, writes everything, runs no program"},
		{Held{Landlock: 4, plan: Plan{Read: []string{"a\x1b[2J"}}}, `landlock ABI 4: reads "a\x1b[2J", writes nothing, runs no program, binds no TCP port, connects to none`},
		{Held{NoNewPrivs: true, lacks: []string{"files are not confined"}}, "no_new_privs; files are not confined"},
	} {
		if got := test.held.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
