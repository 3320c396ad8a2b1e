package bucket

import (
	"sync"
	"time"
)

// How long a listing is believed, and one that is asked for over and over.
const (
	believed = time.Second
	steadily = 10 * time.Second
)

// How much is remembered.
const (
	maxWindows = 2048
	maxFolders = 8192
)

// memory is what the store has told of late.
type memory struct {
	believed time.Duration

	mu      sync.Mutex
	windows map[place]remembered
	order   []place // of windows, the oldest first
	folders map[string]bool
	steady  map[string]steady
}

// place is where a window is.
type place struct{ folder, prefix string }

type remembered struct {
	*window
	at time.Time
}

// steady is what was found of a name that is asked for over and over.
type steady struct {
	entry
	found bool
	at    time.Time
}

func newMemory() *memory {
	return &memory{believed: believed, windows: map[place]remembered{}, folders: map[string]bool{}, steady: map[string]steady{}}
}

// find looks a name in a folder up in what is remembered.
func (m *memory) find(folder, name string) (e entry, found, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, prefix := range prefixesOf(name) {
		w, ok := m.windows[place{folder, prefix}]
		if !ok || time.Since(w.at) > m.believed {
			continue
		}
		if e, found, known := w.find(name); known {
			return e, found, true
		}
	}
	return entry{}, false, false
}

// put remembers a window.
func (m *memory) put(folder string, w *window) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, now := place{folder, w.prefix}, time.Now()
	if old, ok := m.windows[p]; ok && w.prefix == "" && old.whole && !w.whole && now.Sub(old.at) < m.believed {
		return // which tells more
	}
	m.windows[p] = remembered{w, now}
	m.order = append(m.order, p)
	for len(m.order) > maxWindows || len(m.order) > 0 && now.Sub(m.windows[m.order[0]].at) > m.believed {
		delete(m.windows, m.order[0])
		m.order = m.order[1:]
	}
	if !w.isEmpty() {
		m.addFolder(folder)
	}
}

// forget drops all that is remembered of a folder but that it is one.
func (m *memory) forget(folder string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := range m.windows {
		if p.folder == folder {
			delete(m.windows, p)
		}
	}
}

// whole returns all of a folder, nil if that is not remembered.
func (m *memory) whole(folder string) *window {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w, ok := m.windows[place{folder, ""}]; ok && w.window.whole && time.Since(w.at) <= m.believed {
		return w.window
	}
	return nil
}

// isMissing reports whether there was no such folder a moment ago.
func (m *memory) isMissing(folder string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.windows[place{folder, ""}]
	return ok && time.Since(w.at) <= m.believed && w.isEmpty()
}

// hasFolder reports whether there was such a folder at some time. That it is gone
// shows as soon as something in it is asked for.
func (m *memory) hasFolder(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.folders[name]
}

// addFolder is for who has the lock.
func (m *memory) addFolder(name string) {
	if len(m.folders) >= maxFolders {
		for other := range m.folders { // begins anywhere
			delete(m.folders, other)
			break
		}
	}
	m.folders[name] = true
}

// findSteady is find for a name that is asked for over and over. Those are few.
func (m *memory) findSteady(name string) (e entry, found, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.steady[name]
	return s.entry, s.found, ok && time.Since(s.at) <= steadily
}

func (m *memory) putSteady(name string, e entry, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.steady[name] = steady{e, found, time.Now()}
}
