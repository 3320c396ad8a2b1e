//go:build amd64 || arm64

package lane

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gserve/gserve/fileserver"
)

const (
	maxRemembered = 32 << 20  // bytes of all answers with what belongs to them
	maxContent    = 128 << 10 // of one answer; what is larger is sent from its file
	maxPart       = 16 << 10  // the same of a part of a file, many of which may be asked for
	entryCost     = 3 << 10   // of an answer besides its bytes: the request, the record, the states
	costOfHead    = 4         // times its length: what it was parsed into
)

// settling is how long files must have been left alone to be remembered: file
// systems tick in up to two seconds (FAT), and two changes within one tick look
// like one.
const settling = 2 * time.Second

// unusedAfter is how long answers are remembered if nobody asks for any from their
// folder: once or twice as long.
const unusedAfter = 3 * time.Second

// entry is an answer that is remembered.
type entry struct {
	rendered
	content    []byte // none for HEAD, 304 and what is sent from its file
	first      int64  // byte of the file that is sent
	length     int64  // of the content
	basis      *basis
	source     int // index in basis of the file that is sent; -1 for none
	top        *os.File
	generation uint64
	record     *fileserver.Record  // to begin with; nil if nobody is told
	response   fileserver.Response // for net/http, in place of all that is for the wire
	sends      bool                // there is content, even if it is empty
	used       atomic.Bool         // since answers were last forgotten
	cost       int
}

// memory holds answers by the heads that asked for them, up to a number of bytes.
type memory struct {
	folders folders

	mu      sync.RWMutex
	entries [2]map[string]*entry // those of strangers, and those of clients on this machine
	size    int
}

func newMemory() *memory {
	m := &memory{entries: [2]map[string]*entry{{}, {}}}
	m.folders.clear()
	return m
}

// recall returns the answer to a head, nil if there is none.
func (m *memory) recall(head []byte, local int) *entry {
	m.mu.RLock()
	e := m.entries[local][string(head)]
	m.mu.RUnlock()
	if e != nil && !e.used.Load() {
		e.used.Store(true)
	}
	return e
}

// open reports whether the answer is still the one to be given, and returns the
// file that it is sent from, if it is not in memory. In a folder that is slow, to
// find that out may take its time: none is then.
func (e *entry) open(files *fileserver.Server, generation uint64, s *unix.Stat_t) (file *sending, current bool) {
	if e.basis.folder.slow.Load() || e.top != files.Top() || e.generation != generation || !e.basis.isCurrent(s) {
		return nil, false
	}
	if e.source < 0 {
		return nil, true
	}
	if file, current = e.basis.open(e.source, s); current {
		file.next, file.end = e.first, e.first+e.length
	}
	return file, current
}

// remember keeps the answer to a head.
func (m *memory) remember(head []byte, local int, e *entry) {
	e.cost = entryCost + costOfHead*len(head) + len(e.bytes) + len(e.content)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(string(head), local, m.entries[local][string(head)])
	if m.size+e.cost > maxRemembered {
		m.makeRoom()
	}
	m.entries[local][string(head)] = e
	m.size += e.cost
}

// forget drops an answer that is out of date.
func (m *memory) forget(head []byte, local int, e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[local][string(head)] == e {
		m.drop(string(head), local, e)
	}
}

func (m *memory) drop(head string, local int, e *entry) {
	if e == nil {
		return
	}
	delete(m.entries[local], head)
	m.size -= e.cost
	e.basis.folder.release()
}

// makeRoom drops a quarter of all, those first that have not been asked for since
// it was called last.
func (m *memory) makeRoom() {
	for range 2 {
		for local, entries := range m.entries {
			for head, e := range entries {
				if m.size <= maxRemembered*3/4 {
					return
				}
				if !e.used.Swap(false) {
					m.drop(head, local, e)
				}
			}
		}
	}
}

// forgetUnused drops the answers from folders that nobody has used since it was
// called last, and lets go of the folders: a disk could not be unmounted otherwise.
func (m *memory) forgetUnused() {
	m.dropUnused()
	m.folders.unused()
}

func (m *memory) dropUnused() {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := map[*folder]bool{}
	for local, entries := range m.entries {
		for head, e := range entries {
			f := e.basis.folder
			if _, asked := used[f]; !asked {
				used[f] = f.used.Swap(false)
			}
			if !used[f] {
				m.drop(head, local, e)
			}
		}
	}
}

// clear drops all.
func (m *memory) clear() {
	m.dropAll()
	m.folders.forget()
}

func (m *memory) dropAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for local, entries := range m.entries {
		for head, e := range entries {
			m.drop(head, local, e)
		}
	}
}
