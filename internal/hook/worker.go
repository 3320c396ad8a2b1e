//go:build unix

package hook

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed worker.py
var workerSource string

// workerStart reads the program from a pipe, so that there is no file of it,
// and that the list of processes names the application in a short line.
const workerStart = `import sys
if sys.version_info < (3, 8): sys.exit("gserve needs Python 3.8 or later, this is " + sys.version.split()[0])
import os
with os.fdopen(4, "rb") as source: exec(compile(source.read(), "<gserve>", "exec"))`

const (
	// lastWords is how long a worker may take to end by itself, atexit included.
	lastWords = 4 * time.Second
	// maxMessage bounds what a worker says at once: the folders of its modules.
	maxMessage = 16 << 20
)

var errNoWorker = errors.New("the worker has ended")

// worker is a process that runs the application.
type worker struct {
	server  *WSGI
	cmd     *exec.Cmd
	control *net.UnixConn
	report  chan report   // gets one, unless the process ends without a word
	silent  chan struct{} // closed after the last message
	gone    chan struct{} // closed when the process has ended
	leaving sync.Once
	started time.Time

	// The rest is guarded by the pool.
	serving bool
	stuck   bool    // a thread of it is busy for ever
	idle    []*lane // the one used last at the end
	all     map[uint32]*lane
	lanes   int // also those being made
	busy    int // requests that have a lane
	adrift  map[uint32]*time.Timer
	numbers uint32
}

// report is what a worker has to say about the import.
type report struct {
	failure *ImportError
	python  string // version
	folders []string
}

// startWorker starts a process. That it runs does not say that it serves.
func (s *WSGI) startWorker() (*worker, error) {
	control, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	source, feed, err := os.Pipe()
	if err != nil {
		control.Close()
		return nil, err
	}
	defer source.Close()
	w := &worker{
		server: s, control: control, started: time.Now(), cmd: s.command(theirs, source),
		report: make(chan report, 1), silent: make(chan struct{}), gone: make(chan struct{}),
		all: make(map[uint32]*lane), adrift: make(map[uint32]*time.Timer),
	}
	if err := w.cmd.Start(); err != nil {
		control.Close()
		feed.Close()
		return nil, fmt.Errorf("start %s: %w", s.python, err)
	}
	s.running.Go(func() { // a pipe may hold less than the program
		io.WriteString(feed, workerSource)
		feed.Close()
	})
	s.running.Go(w.listen)
	s.pool.mu.Lock()
	s.processes[w] = struct{}{}
	s.pool.mu.Unlock()
	s.running.Go(func() {
		w.cmd.Wait()
		close(w.gone)
		s.pool.mu.Lock()
		delete(s.processes, w)
		s.pool.mu.Unlock()
	})
	return w, nil
}

// command is the process to start. It stays in the group of gserve, and has its
// terminal: breakpoint() works.
func (s *WSGI) command(control, source *os.File) *exec.Cmd {
	c := &s.config
	kind, watch := "wsgi", "0"
	if c.Class {
		kind = "handler"
	}
	cmd := exec.Command(s.python, "-u", "-c", workerStart,
		kind, s.target, s.attribute, c.Prefix, strconv.Itoa(c.Workers), strconv.Itoa(c.Threads), watch)
	cmd.Dir = c.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if s.output != nil {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, s.output, s.output
	}
	cmd.ExtraFiles = []*os.File{control, source} // 3 and 4
	if c.Watch {
		cmd.Args[len(cmd.Args)-1] = "1"
		if _, set := os.LookupEnv("FLASK_DEBUG"); !set {
			// Else Flask keeps its exceptions to itself.
			cmd.Env = append(os.Environ(), "FLASK_DEBUG=1")
		}
	}
	return cmd
}

// listen takes the messages of the worker: u8 kind, u32 length, text.
func (w *worker) listen() {
	defer close(w.silent)
	for in := bufio.NewReader(w.control); ; {
		var head [5]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		length := binary.LittleEndian.Uint32(head[1:])
		if length > maxMessage {
			return
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		w.hear(head[0], strings.Split(string(text), "\x00"))
	}
}

// hear takes one message.
func (w *worker) hear(kind byte, fields []string) {
	switch kind {
	case 'W': // it is ready: version of Python, folders
		w.report <- report{python: fields[0], folders: fields[1:]}
	case 'E': // it could not import: reason, place, traceback, folders
		if len(fields) >= 3 {
			failure := &ImportError{App: w.server.config.App, Reason: fields[0], Place: fields[1], Traceback: fields[2]}
			w.report <- report{failure: failure, folders: fields[3:]}
		}
	case 'M': // it has imported more: folders
		w.server.addFolders(fields)
	case 'D': // the thread of a lane has ended: its number
		if n, err := strconv.ParseUint(fields[0], 10, 32); err == nil {
			w.server.pool.landed(w, uint32(n))
		}
	}
}

// await waits for the import.
func (w *worker) await(ctx context.Context) (report, error) {
	select {
	case r := <-w.report:
		return r, nil
	case <-ctx.Done():
		return report{}, ctx.Err()
	case <-w.gone:
	}
	// What it said last may still be on the way. A process that it started may
	// hold the socket open, which therefore need not end.
	w.control.SetReadDeadline(time.Now().Add(time.Second))
	<-w.silent
	select {
	case r := <-w.report:
		return r, nil
	default:
	}
	reason := fmt.Sprintf("%s ended during the import: %s", w.server.python, w.cmd.ProcessState)
	return report{failure: &ImportError{App: w.server.config.App, Reason: reason}}, nil
}

// newLane makes a lane, which the caller has reserved. client is the address
// that a class gets to see.
func (w *worker) newLane(client string) (*lane, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p := &w.server.pool
	p.mu.Lock()
	w.numbers++
	l := &lane{worker: w, number: w.numbers, conn: ours}
	l.in = frameReader{src: ours, buf: make([]byte, frameBuffer)}
	w.all[l.number] = l
	p.mu.Unlock()
	var record [64]byte
	binary.LittleEndian.PutUint32(record[:], l.number)
	copy(record[4:], client)
	if _, _, err = w.control.WriteMsgUnix(record[:], syscall.UnixRights(int(theirs.Fd())), nil); err != nil {
		ours.Close()
		p.mu.Lock()
		delete(w.all, l.number)
		p.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", errNoWorker, err)
	}
	return l, nil
}

// hasEnded reports whether the process is no more.
func (w *worker) hasEnded() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// endIfIdle ends a worker that is out of service when its last request is done.
// The pool is held.
func (w *worker) endIfIdle() {
	if !w.serving && w.busy == 0 {
		patience := lastWords
		if w.stuck {
			patience = time.Second // it will hardly come to its last words
		}
		w.leave(patience)
	}
}

// leave has the process end by itself, and kills it if it has not done so in
// time. It returns at once; gone tells the end.
func (w *worker) leave(patience time.Duration) {
	w.leaving.Do(func() {
		w.server.running.Go(func() {
			w.control.CloseWrite()
			select {
			case <-w.gone:
			case <-time.After(patience):
				w.kill()
				<-w.gone
			}
			w.control.Close()
		})
	})
}

// kill ends the process without a word.
func (w *worker) kill() { w.cmd.Process.Kill() }

// cut ends what the worker is busy with, because it has to make room. The pool
// is held.
func (w *worker) cut() {
	for _, l := range w.all {
		l.cut.Store(true)
		l.closeQuietly()
	}
}

// closeLanes ends what the worker was busy with when it died. Nothing of it is
// repeated: it may be why.
func (w *worker) closeLanes() {
	w.server.pool.mu.Lock()
	defer w.server.pool.mu.Unlock()
	for _, l := range w.all {
		l.closeQuietly()
	}
}
