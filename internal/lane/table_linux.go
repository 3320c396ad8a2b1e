//go:build amd64 || arm64

package lane

import (
	"sync"
	"sync/atomic"
)

const tableChunk = 1 << 10

// table holds connections by their descriptors. To look one up takes no lock.
type table struct {
	mu     sync.Mutex
	chunks atomic.Pointer[[]*[tableChunk]atomic.Pointer[conn]]
}

// get returns the connection with a descriptor, nil if it is not that of this
// serial number any more.
func (t *table) get(fd int32, serial int32) *conn {
	chunks := t.chunks.Load()
	if chunks == nil || int(fd)/tableChunk >= len(*chunks) {
		return nil
	}
	c := (*chunks)[fd/tableChunk][fd%tableChunk].Load()
	if c == nil || c.serial != serial {
		return nil
	}
	return c
}

// set makes c, or nil, be what has this descriptor.
func (t *table) set(fd int32, c *conn) {
	i := int(fd) / tableChunk
	chunks := t.chunks.Load()
	if chunks == nil || i >= len(*chunks) {
		chunks = t.grow(i)
	}
	(*chunks)[i][fd%tableChunk].Store(c)
}

func (t *table) grow(i int) *[]*[tableChunk]atomic.Pointer[conn] {
	t.mu.Lock()
	defer t.mu.Unlock()
	var grown []*[tableChunk]atomic.Pointer[conn]
	if chunks := t.chunks.Load(); chunks != nil {
		grown = append(grown, *chunks...)
	}
	for len(grown) <= i {
		grown = append(grown, new([tableChunk]atomic.Pointer[conn]))
	}
	t.chunks.Store(&grown)
	return &grown
}

// all yields all connections that are in the table throughout.
func (t *table) all(yield func(*conn) bool) {
	chunks := t.chunks.Load()
	if chunks == nil {
		return
	}
	for _, chunk := range *chunks {
		for i := range chunk {
			if c := chunk[i].Load(); c != nil && !yield(c) {
				return
			}
		}
	}
}
