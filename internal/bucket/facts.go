package bucket

import (
	"container/list"
	"context"
	"fmt"
	"io"
	"mime"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"github.com/gserve/gserve/compress"
	"github.com/gserve/gserve/fileserver"
)

// facts are what a listing does not tell of an object.
type facts struct {
	mediaType string // that it is stored with; "" if that says nothing
	coding    compress.Coding
	unknown   bool   // its coding is none that is known here
	head      []byte // its first bytes, or all of them if there are few
}

// What is kept of the content of objects: of small ones all, which then need not
// be asked for again, of others what tells their type.
const (
	smallSize = 128 << 10
	headSize  = 4 << 10
	maxFacts  = 32 << 20
	factCost  = 512 // of what is known besides content
)

// factbook remembers facts, up to a number of bytes.
type factbook struct {
	mu     sync.Mutex
	known  map[version]*list.Element
	recent list.List // of *fact, the last one used first
	size   int
}

// version is one state of an object. The same content may be stored anew with
// other facts.
type version struct {
	name     string // below the root
	etag     string
	modified int64
}

func versionOf(name string, e *entry) version { return version{name, e.etag, e.modified.UnixNano()} }

type fact struct {
	version
	*facts
}

func (f *fact) cost() int { return factCost + len(f.name) + cap(f.head) }

func newFactbook() *factbook { return &factbook{known: map[version]*list.Element{}} }

func (b *factbook) get(v version) *facts {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known[v]
	if e == nil {
		return nil
	}
	b.recent.MoveToFront(e)
	return e.Value.(*fact).facts
}

func (b *factbook) put(v version, f *facts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known[v] != nil {
		return
	}
	added := &fact{v, f}
	b.known[v] = b.recent.PushFront(added)
	for b.size += added.cost(); b.size > maxFacts; {
		oldest := b.recent.Remove(b.recent.Back()).(*fact)
		delete(b.known, oldest.version)
		b.size -= oldest.cost()
	}
}

// isTelling reports whether more has to be known of a file of this name than a
// listing tells: text may be stored encoded, and a name without a type leaves it
// to the store.
func isTelling(name string) bool {
	if _, coding := cutSuffix(name); coding != compress.Identity {
		return false
	}
	mediaType := fileserver.TypeByName(name)
	return mediaType == "" || compress.IsCompressible(mediaType)
}

// factsOf returns the facts of an object, which has this name below the root.
func (b *Bucket) factsOf(name string, e *entry) (*facts, error) {
	v := versionOf(name, e)
	if f := b.facts.get(v); f != nil {
		return f, nil
	}
	if err := b.store.enter(); err != nil {
		return nil, err
	}
	defer b.store.leave()
	content, described, err := b.store.get(context.Background(), name, e.etag, 0, min(e.size, smallSize))
	if err != nil {
		return nil, err
	}
	defer content.Close()
	f := newFacts(described)
	f.head = make([]byte, min(e.size, smallSize))
	if _, err := io.ReadFull(content, f.head); err != nil {
		return nil, &outage{fmt.Errorf("cannot read %s: %w", name, err)}
	}
	if e.size > smallSize {
		f.head = append(make([]byte, 0, headSize), f.head[:headSize]...)
	}
	b.facts.put(v, f)
	return f, nil
}

// newFacts reads what the store says of an object.
func newFacts(o minio.ObjectInfo) *facts {
	f := &facts{mediaType: storedType(o.ContentType)}
	for token := range strings.SplitSeq(o.ContentEncoding, ",") {
		token = strings.ToLower(strings.TrimSpace(token))
		switch token {
		case "", "identity", "none", "utf-8", "aws-chunked": // which stores leave over, or people take for a charset
			continue
		}
		coding, ok := compress.Parse(token)
		f.unknown = f.unknown || !ok || f.coding != compress.Identity
		f.coding = coding
	}
	return f
}

// storedType returns a media type if it tells more than that there are bytes.
func storedType(value string) string {
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil || !strings.Contains(mediaType, "/") || len(value) > 255 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return ""
	}
	switch mediaType {
	case "application/octet-stream", "binary/octet-stream", "application/x-directory":
		return ""
	}
	return value
}
