package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

const (
	maxMemory = 1024             // credentials that are remembered
	idleTime  = 10 * time.Minute // after which they are forgotten
)

// memory remembers credentials that were right, as a browser sends them with
// every request and a hash by bcrypt takes a tenth of a second. It holds
// digests that mean nothing outside of this process.
type memory struct {
	key [sha256.Size]byte

	mu    sync.Mutex
	right map[digest]recollection
}

type digest [sha256.Size]byte

// recollection is of credentials that were right by a table.
type recollection struct {
	table *table
	used  time.Time
}

func newMemory() *memory {
	m := &memory{right: make(map[digest]recollection)}
	rand.Read(m.key[:])
	return m
}

func (m *memory) digest(c credentials) (d digest) {
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(c.name)))) // where the password begins
	mac.Write([]byte(c.name))
	mac.Write([]byte(c.password))
	mac.Sum(d[:0])
	return d
}

// has reports whether the credentials were right by this table, and have been
// used since.
func (m *memory) has(d digest, t *table) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	r, ok := m.right[d]
	if !ok || r.table != t || now.Sub(r.used) > idleTime {
		return false
	}
	m.right[d] = recollection{t, now}
	return true
}

func (m *memory) add(d digest, t *table) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if len(m.right) >= maxMemory {
		for old, r := range m.right {
			if r.table != t || now.Sub(r.used) > idleTime {
				delete(m.right, old)
			}
		}
	}
	for old := range m.right {
		if len(m.right) < maxMemory {
			break
		}
		delete(m.right, old)
	}
	m.right[d] = recollection{t, now}
}
