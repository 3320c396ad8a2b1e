package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain has the test binary be gserve, too, when a script calls it so.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gserve": func() {
		os.Exit(Main(context.Background(), System{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, OwnsProcess: true,
		}))
	}})
}

// TestScripts tells the command line as stories. Besides the commands of
// testscript they use:
//
//	exits CODE PROGRAM ARG...       run a program to its end
//	serve ARG...                    run gserve in the background until it says that it serves; sets $url and $port
//	start ARG...                    run gserve in the background, without waiting for anything
//	exits CODE                      wait for the server to end
//	signal INT|TERM|HUP|KILL        send the server a signal
//	logged PATTERN                  wait for standard error of the server to match
//	printed PATTERN                 wait for standard output of the server to match
//	ends                            tell the server to end, and wait for that
//	feed FILE                       have the next server read it from standard input
//	get-until TARGET PATTERN        as get, again and again until the answer matches
//	zip FILE FOLDER                 make a zip of what is in a folder, and of 88 KiB of text in deep/words.txt
//	follow PATTERN                  as get, with the target that the group of the pattern finds in standard output
//	get [-X METHOD] TARGET [FIELD]  send the server a request; prints status, fields and content
//	trickle TARGET                  send the server a request, and read the answer slowly
//	certificate CERT KEY [PASSWORD] make a pair of files for TLS
//	large FILE                      make a file that no buffer of a socket holds
//	fill text|noise FILE            make a file of 88 KiB that can be encoded in little space, or in half
//	appears PATTERN                 wait for a file of such a name; "! appears" holds that there is none
//	occupy PORT                     see to it that the port is in use
//	inherit                         pass a listening socket to the next server, as descriptor 3
//	require PROGRAM                 fail if there is no such program although CI is set
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "../../testdata/script",
		RequireUniqueNames: true,
		// A program that should have ended is not waited for much longer.
		Deadline: time.Now().Add(20 * patience),
		Setup: func(env *testscript.Env) error {
			// With the race detector, every process ends by a sleep.
			env.Setenv("GORACE", cmp.Or(os.Getenv("GORACE"), "atexit_sleep_ms=0"))
			env.Setenv("newline", "\n") // which a script has no other way to write
			env.Values[worldKey{}] = new(world)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": expectExit, "serve": serve, "start": start, "appears": appears, "signal": signalServer, "logged": logged, "printed": printed,
			"get": get, "follow": follow, "ends": ends, "feed": feed, "get-until": getUntil, "zip": makeZip, "trickle": trickle, "certificate": certificate, "large": large, "fill": fill,
			"occupy": occupy, "inherit": inherit, "require": require,
		},
	})
}

// patience is how long a script waits for what should happen at once.
const patience = 20 * time.Second

// world is what a script has set up besides its files.
type world struct {
	server    *server
	inherited *os.File
	input     string // file that the next server has for standard input
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// arity ends the script if a command is not called as its usage says.
func arity(ts *testscript.TestScript, ok, neg bool, usage string) {
	if !ok || neg {
		ts.Fatalf("usage: %s", usage)
	}
}

func expectExit(ts *testscript.TestScript, neg bool, args []string) {
	arity(ts, len(args) > 0, neg, "exits CODE [PROGRAM ARG...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if len(args) == 1 {
		code = serverOf(ts).wait(ts)
	} else if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d instead of %d", code, want)
	}
}
