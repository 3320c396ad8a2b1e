package listing

import (
	"hash/crc32"
	"io"
	"sync"
)

// Checksums remembers the CRC-32 of files, so that a zip archive can be resumed
// without reading what was already sent. When it is full, any other one is
// forgotten for a new one: in all orders but chance, the files of a folder that
// is too large are each forgotten just before they are needed again. A nil one
// remembers nothing. It is safe for concurrent use.
type Checksums struct {
	most int
	mu   sync.Mutex
	sums map[string]uint32 // by Member.Key
}

// NewChecksums returns an empty one that never remembers more than so many.
// Each takes about 100 bytes and its key.
func NewChecksums(most int) *Checksums {
	return &Checksums{most: most, sums: make(map[string]uint32)}
}

// get returns the checksum of the file that the key stands for.
func (c *Checksums) get(key string) (sum uint32, ok bool) {
	if c == nil || key == "" {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sum, ok = c.sums[key]
	return sum, ok
}

// put remembers a checksum.
func (c *Checksums) put(key string, sum uint32) {
	if c == nil || key == "" || c.most <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.sums[key]; !known && len(c.sums) >= c.most {
		for other := range c.sums { // begins anywhere
			delete(c.sums, other)
			break
		}
	}
	c.sums[key] = sum
}

// checksum is a writer that makes the CRC-32 of what is written through it.
type checksum struct {
	w     io.Writer // io.Discard if it is only read
	sum   uint32
	count int64  // bytes
	bytes []byte // for ReadFrom, made when needed
}

func (c *checksum) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	c.count += int64(n)
	return n, err
}

// ReadFrom spares io.Copy a buffer for every file.
func (c *checksum) ReadFrom(r io.Reader) (int64, error) {
	if c.bytes == nil {
		c.bytes = make([]byte, keptSize)
	}
	return io.CopyBuffer(struct{ io.Writer }{c}, r, c.bytes)
}

// copyThrough copies a part of the content of a member to w, by way of the
// checksum unless that is nil. Without one, w is what Copy is given.
func copyThrough(c *checksum, w io.Writer, m *Member, offset, n int64) error {
	if c == nil {
		return m.Copy(w, offset, n)
	}
	c.w = w
	return m.Copy(c, offset, n)
}
