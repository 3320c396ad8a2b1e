package live

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestSince(t *testing.T) {
	t.Parallel()
	var s changes
	s.init()
	s.add(change{Styles: []string{"a.css"}})
	s.add(change{}) // none
	s.add(change{Styles: []string{"b.css", "a.css"}, Images: []string{"c.png"}})
	for version, want := range map[int]change{
		2:  {Since: 2, Version: 2},
		1:  {Since: 1, Version: 2, Styles: []string{"b.css", "a.css"}, Images: []string{"c.png"}},
		0:  {Since: 0, Version: 2, Styles: []string{"a.css", "b.css"}, Images: []string{"c.png"}},
		3:  {Since: 3, Version: 2, Reload: true},
		-1: {Since: -1, Version: 2, Reload: true},
	} {
		if got, _ := s.since(version); !reflect.DeepEqual(got, want) {
			t.Errorf("since %d: %+v, want %+v", version, got, want)
		}
	}
	s.add(change{Reload: true})
	if got, _ := s.since(0); !reflect.DeepEqual(got, change{Version: 3, Reload: true}) {
		t.Errorf("with one that reloads: %+v", got)
	}
}

// TestKept forgets what is long ago, and tells those who missed it to reload.
func TestKept(t *testing.T) {
	t.Parallel()
	var s changes
	s.init()
	for range maxKept + 1 {
		s.add(change{Styles: []string{"a.css"}})
	}
	if got, _ := s.since(0); !got.Reload {
		t.Errorf("since 0: %+v", got)
	}
	if got, _ := s.since(1); got.Reload || len(got.Styles) != 1 {
		t.Errorf("since 1: %+v", got)
	}
	if len(s.kept) != maxKept {
		t.Errorf("%d changes are kept", len(s.kept))
	}
}

// TestVersion takes a file for as old as it may be.
func TestVersion(t *testing.T) {
	t.Parallel()
	var s changes
	s.init()
	start := time.Now()
	for _, age := range []time.Duration{10 * delay, 2 * delay, delay / 2, 0} {
		s.add(change{Reload: true})
		s.kept[len(s.kept)-1].told = start.Add(-age)
	}
	for after, want := range map[time.Duration]int{0: 2, delay/2 + 1: 3, delay + 1: 4, -2 * delay: 1} {
		if got := s.version(start.Add(after)); got != want {
			t.Errorf("after %v: %d, want %d", after, got, want)
		}
	}
}

// TestTold names so many files only.
func TestTold(t *testing.T) {
	t.Parallel()
	var c change
	for i := range maxTold {
		c.note(fmt.Sprintf("%d.css", i), style)
	}
	if c.Reload || len(c.Styles) != maxTold {
		t.Errorf("%d names: %+v", maxTold, c)
	}
	c.note("one.png", image)
	if !c.Reload || c.Styles != nil || c.Images != nil {
		t.Errorf("one more: %+v", c)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	var s changes
	s.init()
	_, next := s.since(0)
	s.add(change{})
	select {
	case <-next:
		t.Error("a change that is none was told")
	default:
	}
	s.add(change{Reload: true})
	<-next
}
