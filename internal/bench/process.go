//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server says how to start a server, and what it answers.
type server struct {
	name    string
	needs   string // what has to be installed, by its name among the versions
	command string // {gserve}, {python} and {port} stand for what is known later
	folder  string // where it runs, below the temporary one
	env     []string
	path    string
	want    string // the content of its answer

	asks    *question     // instead of path and want
	config  string        // template of its configuration, {config} in the command
	setup   setup         // what that depends on
	crowd   int           // most connections that it is given to hold; 0 is no bound
	backlog int           // connections that it need not have accepted yet; 0 is a hundred
	pause   time.Duration // before it is asked again whether it answers yet; 0 is 20 ms
}

// process is a server that runs.
type process struct {
	server
	url       string
	address   string
	validator string // field that asks whether what the first answer had still holds
	group     int    // of processes, which is its own
	ended     chan struct{}
	log       string        // file
	took      time.Duration // from its start to its first right answer
}

const (
	patience = 15 * time.Second // until a server answers
	grace    = 3 * time.Second  // for a server to end
)

// words returns the command of a server, and what is added to its environment.
func (b *bench) words(s server, c configuration) (command, env []string) {
	known := strings.NewReplacer("{gserve}", b.gserve, "{python}", b.python, "{port}", strconv.Itoa(c.Port),
		"{config}", c.file(), "{folder}", c.Folder, "{site}", c.Site, "{log}", c.AccessLog,
		"{certificate}", c.Certificate, "{key}", c.Key, "{bench}", b.folder)
	for _, word := range strings.Fields(s.command) {
		command = append(command, known.Replace(word))
	}
	for _, variable := range s.env {
		env = append(env, known.Replace(variable))
	}
	return command, env
}

// start starts a server in a process group of its own, and waits until it
// answers as it should. Whoever gets the process stops it.
func (b *bench) start(ctx context.Context, s server) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	c, err := b.configure(s, port)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(c.Folder + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	words, env := b.words(s, c)
	words = b.pinned(words, true)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = filepath.Join(b.folder, s.folder)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := newProcess(s, port, cmd.Process.Pid, log.Name())
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	if err := p.await(ctx); err != nil {
		p.stop()
		return nil, err
	}
	p.took = time.Since(began)
	return p, nil
}

func newProcess(s server, port, group int, log string) *process {
	scheme := "http"
	if s.setup.Secure {
		scheme = "https"
	}
	if s.asks != nil {
		s.path = s.asks.path
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	return &process{
		server: s, url: scheme + "://" + address + s.path, address: address,
		group: group, ended: make(chan struct{}), log: log,
	}
}

// await waits until the server answers.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := p.check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w%s", p.name, err, p.lastWords())
		case <-p.ended:
			return fmt.Errorf("%s ended%s", p.name, p.lastWords())
		case <-time.After(cmp.Or(p.pause, 20*time.Millisecond)):
		}
	}
}

// check asks once, and compares the answer.
func (p *process) check(ctx context.Context) error {
	if p.asks != nil {
		_, err := p.ask(ctx)
		return err
	}
	got, err := get(ctx, p.url)
	if err == nil && got != p.want {
		err = fmt.Errorf("%s answers %q instead of %q", p.url, got, p.want)
	}
	return err
}

// client has a connection for each request.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// get returns the content of an answer that is 200.
func get(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return string(content), err
}

// stop ends the server with all of its processes.
func (p *process) stop() {
	syscall.Kill(-p.group, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(grace):
	}
	syscall.Kill(-p.group, syscall.SIGKILL) // also what has outlived the first one
	<-p.ended
}

// lastWords are the last lines that the server wrote.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if text = bytes.TrimSpace(text); err != nil || len(text) == 0 {
		return ""
	}
	return "; it wrote:\n" + string(text[max(0, len(text)-1000):])
}

// freePort returns a port of the loopback that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
