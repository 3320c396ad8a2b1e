//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// restarts measures how long it takes from the moment that code is saved until
// the new code answers.
type restarts struct{}

func (restarts) name() string { return "restart" }

// editor is a server whose code gets changed.
type editor struct {
	server
	source  string // file that is saved
	process *process
	took    []time.Duration
	failed  int // requests that were refused or answered by anything but 200
	lost    int // saves that changed nothing
}

const (
	tooLong = 10 * time.Second       // after which a save is lost
	between = 2 * time.Millisecond   // requests
	pause   = 700 * time.Millisecond // before a save, at most: servers that poll are met at any moment
)

// editors are the servers. Each has a folder of its own.
func editors() []*editor {
	flask, django := "hello from flask\n", "hello from django\n"
	all := []*editor{
		{server: server{name: "gserve -w, Flask", command: "{gserve} -w" + appFlags + " --handler wsgi:hello_flask:app", want: flask}},
		{server: server{name: "flask run --debug", needs: "flask", want: flask,
			command: "{python} -m flask --app hello_flask --debug run --host 127.0.0.1 --port {port}"}},
		{server: server{name: "gserve -w, Django", command: "{gserve} -w" + appFlags + " --handler wsgi:hello_django:application", want: django}},
		{server: server{name: "manage.py runserver", needs: "django", want: django,
			command: "{python} manage.py runserver 127.0.0.1:{port}"}},
	}
	for i, e := range all {
		e.path, e.env = "/", []string{"HELLO_DEBUG=1"}
		e.folder = fmt.Sprintf("restart-%d", i)
		e.source = "hello_flask.py"
		if e.want == django {
			e.source = "hello_django.py"
		}
	}
	return all
}

// run saves by turns.
func (restarts) run(ctx context.Context, b *bench) error {
	var failed []error
	var running []*editor
	defer func() {
		for _, e := range running {
			e.process.stop()
		}
	}()
	for _, e := range editors() {
		if e.needs != "" && b.versions[e.needs] == "" {
			continue
		}
		err := b.copyApps(e.folder)
		if err == nil {
			e.process, err = b.start(ctx, e.server)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		running = append(running, e)
	}
	for n := range b.saves {
		for _, e := range running {
			select {
			case <-ctx.Done():
				printRestarts(b, running)
				return errors.Join(append(failed, ctx.Err())...)
			case <-time.After(rand.N(pause)):
			}
			if err := e.save(ctx, b, n); err != nil {
				failed = append(failed, err)
			}
		}
		fmt.Fprintf(b.progress, "restart, save %d of %d\n", n+1, b.saves)
	}
	printRestarts(b, running)
	return errors.Join(failed...)
}

// save changes the code, and asks until the new one answers.
func (e *editor) save(ctx context.Context, b *bench, n int) error {
	text := fmt.Sprintf("hello after save %d\n", n)
	source := strings.Replace(file(e.source), fmt.Sprintf("%q", e.want), fmt.Sprintf("%q", text), 1)
	// Python takes a file of the same second and size for what it has compiled.
	source += strings.Repeat("#", n+1) + "\n"
	if err := replaceFile(filepath.Join(b.folder, e.folder, e.source), source); err != nil {
		return err
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, tooLong)
	defer cancel()
	for {
		got, err := get(waiting, e.process.url)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case waiting.Err() != nil:
			e.lost++
			return nil
		case err != nil:
			e.failed++
		case got == text:
			e.took = append(e.took, time.Since(began))
			return nil
		}
		time.Sleep(between)
	}
}

// replaceFile writes a file as careful editors do, so that nobody sees half.
func replaceFile(name, content string) error {
	if err := os.WriteFile(name+".new", []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// printRestarts prints the table, and judges gserve by the peer behind it.
func printRestarts(b *bench, editors []*editor) {
	cells := [][]string{{"server", "median", "least", "most", "failed requests", "lost saves"}}
	for _, e := range editors {
		if len(e.took) == 0 {
			cells = append(cells, []string{e.name, "-", "-", "-", fmt.Sprint(e.failed), fmt.Sprint(e.lost)})
			continue
		}
		cells = append(cells, []string{
			e.name, whole(median(e.took)), whole(slices.Min(e.took)), whole(slices.Max(e.took)), fmt.Sprint(e.failed), fmt.Sprint(e.lost),
		})
	}
	if len(cells) > 1 {
		fmt.Fprintf(b.out, "### From a save to the new code's answer, %d saves\n\n%s\n", b.saves, markdown(cells))
	}
	for i := 1; i < len(editors); i++ {
		if ours, theirs := editors[i-1], editors[i]; ours.needs == "" && theirs.needs != "" {
			b.judgeRestart(ours, theirs)
		}
	}
}
