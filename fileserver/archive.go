package fileserver

import (
	"context"
	"encoding/hex"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/listing"
)

// maxChecksums is how many files of zips are remembered. A checksum takes about
// 100 bytes.
const maxChecksums = 64 << 10

// archiveForm is one kind of archive. It is measured in advance, or else made
// and encoded while it is sent.
type archiveForm struct {
	name      string // in the query, and after the dot of the file name
	mediaType string
	measured  bool
	format    listing.Format
	coding    compress.Coding
}

var archiveForms = [...]archiveForm{
	{name: "zip", mediaType: "application/zip", measured: true, format: listing.Zip},
	{name: "tar", mediaType: "application/x-tar", measured: true, format: listing.Tar},
	{name: "tar.gz", mediaType: "application/gzip", coding: compress.Gzip},
	{name: "tar.zst", mediaType: "application/zstd", coding: compress.Zstd}, // RFC 8878, 7.1
}

// archive has p be an archive of the directory, or of the entries of it that
// the query names.
func (s *Server) archive(ctx context.Context, q *Request, p *Response, res *resource, query url.Values) error {
	var form *archiveForm
	for i := range archiveForms {
		if archiveForms[i].name == query.Get("archive") {
			form = &archiveForms[i]
		}
	}
	if form == nil {
		return listing.ErrQuery
	}
	t := &tree{server: s, ctx: ctx, dir: res.dir, name: res.name, only: query["name"]}
	if err := t.check(); err != nil {
		return err
	}
	t.top = s.archiveName(res)
	p.Meta = Representation{Type: form.mediaType, Length: -1}
	p.Extra = append(p.Extra, Field{"Content-Disposition", attachment(t.top + "." + form.name)})
	if !form.measured {
		if !s.passes(q, p) {
			return nil
		}
		p.Content.Stream = encodeStream(form.coding, func(w io.Writer) error {
			return listing.WriteTar(w, t.tree())
		})
		return nil
	}
	archive, err := s.measure(ctx, form.format, t)
	if err != nil {
		return err
	}
	sum := archive.Sum()
	p.Meta.Length = archive.Length()
	p.Meta.ETag = ETag(`"` + hex.EncodeToString(sum[:12]) + "-" + form.name + `"`)
	if s.now().Sub(archive.Newest()) < settled {
		p.Meta.ETag = "W/" + p.Meta.ETag
	}
	if !s.passes(q, p) {
		return nil
	}
	p.Content.Part, p.AcceptRanges = archive.WriteRange, true
	s.selectParts(q, p)
	return nil
}

// measure walks the tree. It is done for few at a time, since it takes a look
// at every file.
func (s *Server) measure(ctx context.Context, format listing.Format, t *tree) (*listing.Archive, error) {
	select {
	case s.searches <- struct{}{}:
		defer func() { <-s.searches }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return listing.Measure(format, t.tree(), s.checksums)
}

// archiveName returns what the archive of a directory is called, without what
// tells its kind: one segment, and no hidden name.
func (s *Server) archiveName(res *resource) string {
	name := res.name
	if name == "." {
		name = strings.Map(func(r rune) rune {
			if r == '/' || r < ' ' {
				return '_'
			}
			return r
		}, s.title)
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	if name = strings.TrimLeft(name, "."); name == "" {
		return "files"
	}
	return name
}

// tree is a directory that is archived.
type tree struct {
	server *Server
	ctx    context.Context
	dir    directory
	name   string   // below the root
	top    string   // of all names in the archive
	only   []string // entries that were chosen; nil for all
}

// check reports whether all the entries that were chosen are to be had.
func (t *tree) check() error {
	for _, name := range t.only {
		if name == "" || name == "." || name == ".." || !isName(name) {
			return errNoName
		}
		if !t.server.showHidden && isHidden(path.Join(t.name, name)) {
			return ErrHidden
		}
		info, err := t.dir.stat(name)
		if err == nil && !info.IsDir() {
			err = t.server.servable(info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tree returns t as it is archived.
func (t *tree) tree() listing.Tree { return listing.Tree{Members: t.members} }

var _ iter.Seq2[*listing.Member, error] = (*tree)(nil).members

// members yields what the archive holds: what could be had one by one.
func (t *tree) members(yield func(*listing.Member, error) bool) {
	if !t.yieldTop(yield) {
		return
	}
	var member listing.Member
	var current *node
	member.Copy = func(w io.Writer, offset, n int64) error { return t.copy(w, current, offset, n) }
	w := walk{server: t.server, only: t.only, visit: func(n *node) error {
		if !t.isReadable(n) {
			return errSkip
		}
		current = n
		member.Name, member.IsDir = t.top+"/"+n.path, n.info.IsDir()
		member.Size, member.Mode, member.ModTime, member.Key = n.info.Size(), n.info.Mode().Perm(), n.info.ModTime(), nil
		if member.IsDir {
			member.Size = 0
		} else {
			member.Key = t.key(n)
		}
		if !yield(&member, nil) {
			return errEnough
		}
		return nil
	}}
	if err := w.run(t.ctx, t.dir, t.name); err != nil && err != errEnough {
		yield(nil, err)
	}
}

// yieldTop yields the directory itself.
func (t *tree) yieldTop(yield func(*listing.Member, error) bool) bool {
	info, err := t.dir.stat(".")
	if err != nil {
		yield(nil, err)
		return false
	}
	return yield(&listing.Member{Name: t.top, IsDir: true, Mode: info.Mode().Perm(), ModTime: info.ModTime()}, nil)
}

// isReadable reports whether n can be opened. Where everybody may read, that is
// not tried.
func (t *tree) isReadable(n *node) bool {
	const everybody = 0o444
	if n.info.IsDir() || n.info.Mode()&everybody == everybody {
		return true
	}
	f, _, err := t.server.open(n.dir, n.base, n.info)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// key returns what stands for the content of the file, nil while that may
// still change without a trace, and where files cannot be told apart.
func (t *tree) key(n *node) any {
	id := identify(n.info)
	if id == (fileID{}) || t.server.now().Sub(n.info.ModTime()) < settled {
		return nil
	}
	return checksumKey{id, n.info.Size(), n.info.ModTime().UnixNano()}
}

type checksumKey struct {
	id       fileID
	size     int64
	modified int64 // nanoseconds
}

// copy writes a part of a file, as it was when the walk came to it.
func (t *tree) copy(w io.Writer, n *node, offset, length int64) error {
	f, info, err := t.server.open(n.dir, n.base, n.info)
	if err != nil {
		return err
	}
	defer f.Close()
	if isReplaced(n.info, info) {
		return errChanged
	}
	if length == 0 {
		return nil
	}
	content := Content{File: f, opened: info}
	if !content.seekable() {
		if _, err := io.CopyN(io.Discard, f, offset); err != nil {
			return unexpectedEOF(err)
		}
	}
	_, err = content.copyRange(w, ByteRange{offset, offset + length - 1}, true)
	return err
}

// isReplaced reports whether a file is another one than it was, or a changed
// one. One that has only grown may be a log that is appended to.
func isReplaced(was, is fs.FileInfo) bool {
	if os.SameFile(was, was) && !os.SameFile(was, is) {
		return true
	}
	return is.Size() < was.Size() || is.Size() == was.Size() && !is.ModTime().Equal(was.ModTime())
}
