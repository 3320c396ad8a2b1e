package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Bucket is what lies in a bucket below a prefix, as a file system for
// [fileserver.New]: a part of a key that others lie behind is a folder. It
// implements [fs.StatFS], [fs.ReadDirFS] and [fs.SubFS], and is safe for
// concurrent use. [Bucket.Through] belongs to it.
//
// What the store has told is believed for a second. Content is of one version of
// an object, or else reading it fails. An object of the same name as a folder is
// what Open and Stat find. One that is stored with a content coding has the name
// of a file that lies encoded beside an original which is not there: a.js that
// is stored with gzip is a.js.gz.
type Bucket struct {
	view
	store  *store
	memory *memory
	facts  *factbook
	steady map[string]bool
	coded  bool // objects with a content coding stand beside an original
}

// Options are how a [Bucket] is used.
type Options struct {
	// Steady are names of files at the root that are asked for over and over.
	// What is found of them is believed for ten seconds.
	Steady []string
	// AsStored has objects with a content coding be sent as they are, under
	// their own name, whatever clients take.
	AsStored bool
}

// Open opens what lies at an address, which it tries to list and to read: only
// that tells whether the keys are good for it. The caller closes it. An error is
// usually an [*Advice].
func Open(ctx context.Context, a Address, s Settings, options Options) (*Bucket, error) {
	store, err := newStore(a, s)
	if err != nil {
		return nil, advise(fmt.Errorf("cannot serve %s: %w", a, err), "%s", whichStore(s))
	}
	stop := context.AfterFunc(ctx, func() { store.end(context.Cause(ctx)) })
	defer stop()
	if err := store.try(s); err != nil {
		store.end(nil)
		return nil, err
	}
	b := &Bucket{store: store, memory: newMemory(), facts: newFactbook(), steady: map[string]bool{}, coded: !options.AsStored}
	for _, name := range options.Steady {
		b.steady[name] = true
	}
	b.view = view{b: b, dir: ".", shared: true}
	b.memory.folders["."] = true
	return b, nil
}

// try finds out whether what lies there can be listed and read.
func (s *store) try(settings Settings) error {
	page, err := s.client.ListObjectsV2(s.Bucket, s.Prefix, "", "", "", 2)
	if err != nil {
		return explainStart(s.Address, settings, err)
	}
	if len(page.Contents) == 0 && s.Prefix != "" {
		return s.explainEmpty()
	}
	for _, o := range page.Contents {
		if strings.HasSuffix(o.Key, "/") || !isKey(o.Key) {
			continue
		}
		content, _, err := s.get(context.Background(), strings.TrimPrefix(o.Key, s.Prefix), anyVersion, 0, min(o.Size, 1))
		if errors.Is(err, fs.ErrPermission) {
			return advise(fmt.Errorf("cannot serve %s: it can be listed, and not be read: %w", s.Address, err), "the keys need the permission s3:GetObject, too")
		}
		if err == nil {
			content.Close()
		}
		break
	}
	return nil
}

// explainEmpty says what is wrong with a prefix that nothing lies below.
func (s *store) explainEmpty() error {
	object := strings.TrimSuffix(s.Prefix, "/")
	page, err := s.client.ListObjectsV2(s.Bucket, object, "", "", "", 1)
	if err == nil && len(page.Contents) > 0 && page.Contents[0].Key == object {
		folder := Address{s.Bucket, strings.TrimPrefix(path.Dir("/"+object), "/")}
		return advise(fmt.Errorf("cannot serve %s: it is an object", s.Address), "to serve the folder that it lies in: gserve %s", folder)
	}
	return advise(fmt.Errorf("cannot serve %s: nothing lies below it", s.Address), "what lies in the bucket is at s3://%s", s.Bucket)
}

// Close ends all that is asked of the store.
func (b *Bucket) Close() error {
	b.store.end(fs.ErrClosed)
	return nil
}

// lookSize is how many entries one look brings: an object, its coded forms, the
// folder of its name, and some of what happens to begin with that name.
// folderSize is that of a look at a folder, most of which have fewer.
const (
	lookSize   = 32
	folderSize = 100
)

// find looks a name in a folder up.
func (b *Bucket) find(folder, name string) (entry, error) {
	isSteady := folder == "." && b.steady[name]
	if isSteady {
		if e, found, known := b.memory.findSteady(name); known {
			return e, absent(found)
		}
	}
	e, found, err := b.findNow(folder, name)
	if err != nil {
		return entry{}, err
	}
	if isSteady {
		b.memory.putSteady(name, e, found)
	}
	return e, absent(found)
}

func absent(found bool) error {
	if !found {
		return fs.ErrNotExist
	}
	return nil
}

// findNow asks the store for a name, unless it did a moment ago.
func (b *Bucket) findNow(folder, name string) (e entry, found bool, err error) {
	if e, found, known := b.memory.find(folder, name); known {
		return e, found, nil
	}
	if !isKey(b.store.key(path.Join(folder, name))) {
		return entry{}, false, nil
	}
	w, _, err := b.store.look(folder, lookPrefix(name), "", lookSize)
	if err != nil {
		return entry{}, false, err
	}
	b.memory.put(folder, w)
	e, found, known := w.find(name)
	if known {
		return e, found, nil
	}
	// So much lies between that only a folder is left to be found.
	found, err = b.store.isThere(strings.TrimPrefix(b.store.below(path.Join(folder, name)), b.store.Prefix))
	return entry{name: name, folder: true}, found, err
}

// isFolder returns nil if there is a folder of this name below the root.
func (b *Bucket) isFolder(name string) error {
	if b.memory.hasFolder(name) {
		return nil
	}
	if e, found, _ := b.memory.find(path.Dir(name), path.Base(name)); found && e.folder {
		return nil
	}
	if !isKey(b.store.below(name)) || b.isInMissing(name) {
		return fs.ErrNotExist
	}
	w, _, err := b.store.look(name, "", "", folderSize)
	if err != nil {
		return err
	}
	b.memory.put(name, w)
	if w.isEmpty() {
		return b.noteMissing(name)
	}
	return nil
}

// isInMissing reports whether a folder on the way to name was missing a moment
// ago, or itself.
func (b *Bucket) isInMissing(name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if b.memory.isMissing(name) {
			return true
		}
	}
	return false
}

// noteMissing looks for the first folder on the way to name that is missing, so
// that whoever looks for something in each of them, such as an error page, does
// not ask the store as often. It returns [fs.ErrNotExist].
func (b *Bucket) noteMissing(name string) error {
	for i, c := range name {
		above := name[:i]
		if c != '/' || b.memory.hasFolder(above) {
			continue
		}
		w, _, err := b.store.look(above, "", "", folderSize)
		if err != nil {
			return err
		}
		if b.memory.put(above, w); w.isEmpty() {
			break
		}
	}
	return fs.ErrNotExist
}
