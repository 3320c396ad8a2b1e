package compress

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// errNotWorth ends a task that would not save enough.
var errNotWorth = errors.New("not worth it")

// worthAtMost returns the size of the largest sidecar that saves 5 %.
func worthAtMost(size int64) int64 { return size - (size+19)/20 }

// write does one task. It returns the sizes of the file and of its sidecar.
func (r *run) write(ctx context.Context, t *task) (before, after int64, err error) {
	dir, err := r.root.OpenRoot(t.dir)
	if err != nil {
		return 0, 0, fmt.Errorf("read folder %q: %w", t.dir, cause(err))
	}
	defer dir.Close()
	file, err := dir.Open(t.base)
	if err != nil {
		return 0, 0, fmt.Errorf("read %q: %w", t.name, cause(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, 0, fmt.Errorf("read %q: %w", t.name, cause(err))
	}
	sidecar, err := createSidecar(dir, t.base, t.coding)
	if err != nil {
		return 0, 0, fmt.Errorf("write in folder %q: %w", t.dir, cause(err))
	}
	defer sidecar.discard()
	sidecar.left = worthAtMost(info.Size())
	after, err = r.encode(ctx, t, io.LimitReader(file, info.Size()), sidecar)
	if err == nil && !isStill(dir, t.base, info) {
		err = fmt.Errorf("encode %q: %w", t.name, ErrChanged)
	}
	if err == nil {
		err = sidecar.publish(info)
	}
	if e, ok := errors.AsType[*sidecarError](err); ok {
		err = fmt.Errorf("write %q: %w", t.name+t.coding.Suffix(), cause(e.error))
	}
	return info.Size(), after, err
}

// isStill reports whether dir has the file that info was asked of, and not a
// link to it, as it was then.
func isStill(dir *os.Root, base string, info os.FileInfo) bool {
	now, err := dir.Lstat(base)
	return err == nil && now.Mode().IsRegular() && os.SameFile(now, info) &&
		now.Size() == info.Size() && now.ModTime().Equal(info.ModTime())
}

// encode copies the coded content of file to w, and returns its size.
//
// The encoder runs on the other side of a pipe, which can be left at any time:
// Brotli computes on a block of a large file for up to five seconds, and
// cannot be told to stop.
func (r *run) encode(ctx context.Context, t *task, file io.Reader, w io.Writer) (int64, error) {
	coded, in := io.Pipe()
	leave := context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	defer leave()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		in.CloseWithError(encodeTo(in, t.coding, &source{ctx, file, r, t}))
	}()
	n, err := io.Copy(w, coded)
	coded.CloseWithError(err)
	select {
	case <-ended: // so that there is one encoder for each worker
	case <-ctx.Done():
	}
	return n, err
}

func encodeTo(w io.Writer, c Coding, content io.Reader) error {
	buffered := bufio.NewWriterSize(w, 32<<10) // gzip writes some hundred bytes at a time
	encoder := NewWriter(buffered, c, Best)
	defer encoder.Release()
	if _, err := io.Copy(encoder, content); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// source is the content of a file until ctx is done. It tells how much was
// read.
type source struct {
	ctx  context.Context
	file io.Reader
	run  *run
	task *task
}

func (s *source) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.file.Read(b)
	s.run.advance(s.task, int64(n))
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read %q: %w", s.task.name, cause(err))
	}
	return n, err
}
