package webdav

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/gserve/gserve/internal/store"
)

const (
	maxMembers  = 100_000 // of a folder that is copied
	maxLevels   = 64      // that it is deep, as package store has it
	maxCopyWait = 15 * time.Second
	copyBuffer  = 256 << 10
)

// copy makes a second file or folder (RFC 4918, 9.8). It is of content: what a
// link leads to is copied, and what clients cannot have is not.
func (h *Handler) copy(w http.ResponseWriter, r *http.Request, t target) error {
	d, err := parseDepth(r.Header.Get("Depth"))
	if err != nil || d == depthOne {
		return errDepth
	}
	rel, err := h.parseRelocation(r, t)
	if err != nil {
		return err
	}
	end, err := h.guard(r, t, rel.claim())
	if err != nil {
		return err
	}
	defer end()
	leave, err := h.enterCopy(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	c := &copying{handler: h, ctx: r.Context(), client: clientOf(r), rel: rel, shallow: d == depthZero}
	if err := c.check(); err != nil {
		return err
	}
	if err := h.replace(r, rel, c.run); err != nil {
		return c.answer(w, r, err)
	}
	h.dead.copy(t.name, rel.to.name)
	h.relocated(w, rel)
	return nil
}

// enterCopy waits for a turn. The caller calls leave when it is over.
func (h *Handler) enterCopy(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, maxCopyWait)
	defer cancel()
	select {
	case h.copies <- struct{}{}:
		return func() { <-h.copies }, nil
	case <-ctx.Done():
		return nil, refusal{status: http.StatusServiceUnavailable, text: "too much is being copied", cause: ctx.Err()}
	}
}

// copying is a copy that is being made.
type copying struct {
	handler *Handler
	ctx     context.Context
	client  string
	rel     *relocation
	shallow bool // of a folder, only itself

	made    fs.FileInfo // the new folder, which a link in the old one may lead to
	members int
	size    int64
	at      string // the new name that is being made
	folder  bool   // it is that of a folder
}

// check refuses what can be known not to work before anything is made.
func (c *copying) check() error {
	s := c.handler.config.Store
	if _, base := split(c.rel.to.name); s.CleanName(base) != base {
		return refusal{status: http.StatusForbidden, text: "the name cannot be used"}
	}
	if !c.rel.info.IsDir() {
		c.size = c.rel.info.Size()
		return c.checkSize()
	}
	if !c.handler.config.Mkdir {
		return refusal{status: http.StatusForbidden, text: "folders may not be made"}
	}
	err := c.walk(c.rel.from.name, c.rel.to.name, nil, func(_, to string, info fs.FileInfo) error {
		if _, base := split(to); s.CleanName(base) != base {
			return refusal{status: http.StatusForbidden, text: "there is a name in it that cannot be used"}
		}
		if !info.IsDir() {
			c.size += info.Size()
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.members = 0
	return c.checkSize()
}

func (c *copying) checkSize() error {
	folder, _ := split(c.rel.to.name)
	if free, ok := c.handler.config.Store.FreeSpace(folder); ok && c.size > free {
		return fmt.Errorf("%w: %d bytes of %d are free", store.ErrNoSpace, free, c.size)
	}
	return nil
}

// run makes the copy. One that fails is removed if there is something that it
// was to replace.
func (c *copying) run() error {
	if !c.rel.info.IsDir() {
		return c.copyOne(c.rel.from.name, c.rel.to.name, c.rel.info)
	}
	err := c.walk(c.rel.from.name, c.rel.to.name, nil, c.copyOne)
	if err != nil && c.made != nil && c.rel.aside() {
		return errors.Join(err, c.handler.config.Store.RemoveAll(c.rel.to.name))
	}
	return err
}

// walk visits a folder and all in it that is to be copied, with the name that
// it gets. A folder that is one of those above it, by a link, is not gone into.
func (c *copying) walk(from, to string, above []fs.FileInfo, visit func(from, to string, info fs.FileInfo) error) error {
	info, err := c.handler.stat(from)
	if err != nil {
		return err
	}
	if err := visit(from, to, info); err != nil {
		return err
	}
	if c.shallow {
		return nil
	}
	if above = append(above, info); len(above) > maxLevels {
		return refusal{status: http.StatusForbidden, text: "folders lie too deep in each other"}
	}
	m, err := c.handler.openMembers(from)
	if err != nil {
		return absent(err)
	}
	defer m.close()
	return m.each(c.ctx, func(name string, info fs.FileInfo) error {
		if c.members++; c.members > maxMembers {
			return refusal{status: http.StatusForbidden, text: "there is too much in it"}
		}
		_, base := split(name)
		switch {
		case !info.IsDir():
			return visit(name, nameIn(to, base), info)
		case c.isAbove(info, above):
			return nil
		}
		return c.walk(name, nameIn(to, base), above, visit)
	})
}

func (c *copying) isAbove(info fs.FileInfo, above []fs.FileInfo) bool {
	for _, other := range above {
		if os.SameFile(info, other) {
			return true
		}
	}
	return c.made != nil && os.SameFile(info, c.made)
}

// copyOne makes a folder, or copies a file.
func (c *copying) copyOne(from, to string, info fs.FileInfo) error {
	s := c.handler.config.Store
	c.at, c.folder = to, info.IsDir()
	if !info.IsDir() {
		return c.copyFile(from, to)
	}
	if err := s.Mkdir(to); err != nil {
		return err
	}
	if to != c.rel.to.name {
		return nil
	}
	made, err := s.Stat(to)
	c.made = made
	return err
}

// copyFile copies a file as it is when it is opened.
func (c *copying) copyFile(from, to string) error {
	file, err := c.handler.config.Root.Open(from)
	if err != nil {
		return absent(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !c.handler.shows(from, info) {
		return absent(err)
	}
	folder, base := split(to)
	d, err := c.handler.config.Store.Create(folder, store.Meta{Name: base, Length: info.Size(), Client: c.client})
	if err != nil {
		return err
	}
	defer d.Close()
	content := &cancelled{c.ctx, io.LimitReader(file, info.Size())}
	if _, err := io.CopyBuffer(onlyWriter{d}, content, make([]byte, copyBuffer)); err != nil {
		return err
	}
	conditions := store.Conditions{IfNoneMatch: "*"}
	if to == c.rel.to.name && c.rel.old != nil && !c.rel.aside() {
		conditions.IfNoneMatch = ""
	}
	_, err = d.Commit(base, conditions)
	return err
}

// answer tells why a copy failed, and of a folder, at what. What has been
// copied by then stays, unless something that was replaced is there again.
func (c *copying) answer(w http.ResponseWriter, r *http.Request, err error) error {
	err = as(as(err, store.ErrNotFound, http.StatusConflict), store.ErrExists, http.StatusPreconditionFailed)
	if c.at == c.rel.to.name || c.at == "" || c.rel.aside() {
		return err
	}
	c.handler.log(r, err)
	m := begin(w)
	m.failed(c.handler.href(c.at, c.folder), meaningOf(err).status)
	return m.end()
}

// cancelled reads until its context ends.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// onlyWriter hides all but Write, so that the buffer is used.
type onlyWriter struct{ io.Writer }
