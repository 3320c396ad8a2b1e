package webdav

import (
	"container/list"
	"encoding/xml"
	"strings"
	"sync"
)

// property is one that clients set, and that means nothing here (RFC 4918, 4).
type property struct {
	name  xml.Name
	lang  string
	value string // as XML
}

func (p property) size() int {
	return len(p.name.Space) + len(p.name.Local) + len(p.lang) + len(p.value)
}

// change sets a property, or removes it.
type change struct {
	property
	remove bool
}

// Dead properties are in memory only, and the oldest are dropped: Explorer sets
// some at each file that it copies, and never asks for them again.
const (
	maxDead      = 4 << 20  // bytes of all
	maxDeadEach  = 64 << 10 // bytes of those of one name
	deadOverhead = 200      // bytes of each, about
)

// deadProperties holds the dead properties of files and folders by name.
type deadProperties struct {
	mu     sync.Mutex
	byName map[string]*list.Element // of *record
	order  list.List                // the one changed last first
	size   int
}

// record is the properties of one name. They are replaced, never changed.
type record struct {
	name       string
	properties []property
	size       int
}

func newDeadProperties() *deadProperties {
	return &deadProperties{byName: map[string]*list.Element{}}
}

// of returns the properties of a name.
func (d *deadProperties) of(name string) []property {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.byName[name]; e != nil {
		return e.Value.(*record).properties
	}
	return nil
}

// patch makes changes in their order, all of them or, if they are too much,
// none.
func (d *deadProperties) patch(name string, changes []change) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	var properties []property
	if e := d.byName[name]; e != nil {
		properties = e.Value.(*record).properties
	}
	for _, c := range changes {
		properties = without(properties, c.name)
		if !c.remove {
			properties = append(properties, c.property)
		}
	}
	r := &record{name: name, properties: properties, size: len(name) + deadOverhead}
	for _, p := range properties {
		r.size += p.size() + deadOverhead
	}
	if r.size > maxDeadEach {
		return false
	}
	d.set(r)
	return true
}

// without returns a copy.
func without(properties []property, name xml.Name) []property {
	kept := make([]property, 0, len(properties)+1)
	for _, p := range properties {
		if p.name != name {
			kept = append(kept, p)
		}
	}
	return kept
}

// set is called with mu held.
func (d *deadProperties) set(r *record) {
	d.delete(r.name)
	if len(r.properties) == 0 {
		return
	}
	d.byName[r.name] = d.order.PushFront(r)
	for d.size += r.size; d.size > maxDead; {
		d.delete(d.order.Back().Value.(*record).name)
	}
}

// delete is called with mu held.
func (d *deadProperties) delete(name string) {
	if e := d.byName[name]; e != nil {
		d.size -= e.Value.(*record).size
		d.order.Remove(e)
		delete(d.byName, name)
	}
}

// drop forgets the properties of a name, and of all below.
func (d *deadProperties) drop(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.within(name) {
		d.delete(r.name)
	}
}

// copy gives another name, and all below, what a name has. What that had is
// gone.
func (d *deadProperties) copy(from, to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	source := d.within(from)
	for _, r := range d.within(to) {
		d.delete(r.name)
	}
	for _, r := range source {
		name := to + strings.TrimPrefix(r.name, from)
		d.set(&record{name, r.properties, r.size - len(r.name) + len(name)})
	}
}

// within is called with mu held.
func (d *deadProperties) within(name string) (found []*record) {
	for e := d.order.Back(); e != nil; e = e.Prev() {
		if r := e.Value.(*record); isWithin(r.name, name) {
			found = append(found, r)
		}
	}
	return found
}
