package fileserver

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"io/fs"
	"iter"
	"net/http"
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
	t := &tree{server: s, ctx: ctx, dir: res.dir, name: res.name, top: s.archiveName(res)}
	if err := t.choose(query["name"]); err != nil {
		return err
	}
	if err := s.reserve(p, archiveCost); err != nil {
		return err
	}
	p.Meta = Representation{Type: form.mediaType, Length: -1}
	var err error
	if form.measured {
		err = s.measured(q, p, form, t)
	} else {
		err = s.unmeasured(q, p, form, t)
	}
	if err == nil && (p.Status == http.StatusOK || p.Status == http.StatusPartialContent) {
		p.Extra = append(p.Extra, Field{"Content-Disposition", attachment(t.top + "." + form.name)})
	}
	return err
}

// unmeasured has p be an archive that is made and encoded while it is sent.
func (s *Server) unmeasured(q *Request, p *Response, form *archiveForm, t *tree) error {
	if !s.passes(q, p) {
		return nil
	}
	if err := s.reserve(p, encodingCost); err != nil {
		return err
	}
	p.Content.Stream = encodeStream(form.coding, func(w io.Writer) error {
		return listing.WriteTar(w, t.tree())
	})
	return nil
}

// measured has p be an archive whose length is known, or a part of it.
func (s *Server) measured(q *Request, p *Response, form *archiveForm, t *tree) error {
	archive, err := s.measure(form.format, t)
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
func (s *Server) measure(format listing.Format, t *tree) (*listing.Archive, error) {
	turn, err := s.measures.enter(t.ctx)
	if err != nil {
		return nil, err
	}
	defer turn.leave()
	t.turn = turn
	defer func() { t.turn = nil }()
	return listing.Measure(format, t.tree(), s.checksums)
}

// archiveName returns what the archive of a directory is called, without what
// tells its kind: one segment on any system, and no hidden name.
func (s *Server) archiveName(res *resource) string {
	name := s.title
	if res.name != "." {
		name = path.Base(res.name)
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.TrimLeft(name, ". "); name == "" {
		return "files"
	}
	return name
}

// tree is a directory that is archived.
type tree struct {
	server *Server
	ctx    context.Context
	dir    directory
	name   string          // below the root
	top    string          // of all names in the archive
	only   map[string]bool // entries that were chosen; nil for all
	turn   *turn           // to measure it; nil otherwise
}

// choose has only the entries of these names be archived, if there are any. It
// fails if one of them cannot be had.
func (t *tree) choose(names []string) error {
	if len(names) > 0 {
		t.only = make(map[string]bool, len(names))
	}
	for _, name := range names {
		name = strings.TrimSuffix(name, "/") // as boxes of folders have it
		if name == "" || name == "." || name == ".." || !isName(name) {
			return errNoName
		}
		if err := t.server.barred(path.Join(t.name, name)); err != nil {
			return err
		}
		if t.server.inPrivateFolder(path.Join(t.name, name)) {
			return errPrivate
		}
		if t.only[name] {
			continue
		}
		t.only[name] = true
		if err := t.try(name); err != nil {
			return err
		}
	}
	return nil
}

// try opens an entry, which may be a directory.
func (t *tree) try(name string) error {
	info, err := t.dir.stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		sub, err := t.dir.sub(name)
		if err != nil {
			return err
		}
		defer sub.close()
		_, err = sub.read()
		return err
	}
	f, _, err := t.server.open(t.dir, name, info)
	if err != nil {
		return err
	}
	return f.Close()
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
	w := walk{server: t.server, only: t.only, turn: t.turn, visit: func(n *node) error {
		if !t.isReadable(n) {
			return errSkip
		}
		current = n
		member.Name, member.IsDir = t.top+"/"+n.path, n.info.IsDir()
		member.Size, member.Mode, member.ModTime, member.Key = n.info.Size(), n.info.Mode().Perm(), n.info.ModTime(), ""
		if member.IsDir {
			member.Size = 0
		} else {
			member.Key, member.Fresh = t.key(n)
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

// key returns what tells the state of a file from all others, and whether its
// content may still change without another one. Neither a program nor a clock
// that is wrong sets the time of its last change.
func (t *tree) key(n *node) (key string, fresh bool) {
	id := identify(n.info)
	if id == (fileID{}) {
		return "", true
	}
	b := make([]byte, 0, 48)
	b = id.appendTo(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(n.info.Size()))
	b = binary.LittleEndian.AppendUint64(b, uint64(n.info.ModTime().UnixNano()))
	return string(b), t.server.now().Sub(id.changedAt()) < settled
}

// copyPiece is how much of a file is copied before a look whether anybody still
// wants it.
const copyPiece = 64 << 20

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
	content := Content{File: f, opened: info}
	if !content.seekable() {
		if _, err := io.CopyN(io.Discard, f, offset); err != nil {
			return unexpectedEOF(err)
		}
	}
	for end := offset + length; offset < end; {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		piece := ByteRange{offset, min(offset+copyPiece, end) - 1}
		offset = piece.Last + 1
		if _, err := content.copyRange(w, piece, offset == end); err != nil {
			return err
		}
	}
	return nil
}

// isReplaced reports whether a file is another one than it was, or a changed
// one. One that has only grown may be a log that is appended to.
func isReplaced(was, is fs.FileInfo) bool {
	if os.SameFile(was, was) && !os.SameFile(was, is) {
		return true
	}
	return is.Size() < was.Size() || is.Size() == was.Size() && !is.ModTime().Equal(was.ModTime())
}
