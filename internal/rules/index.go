package rules

import "strings"

// index finds the patterns that match a path. It is a tree of their segments,
// of which each node is visited at most once for a path, since its depth says
// which segment is compared there.
type index struct {
	root   node
	leaves int

	// For building only.
	nodes  int
	edges  map[edge]*node
	shapes map[string]int
}

// node is a place in the tree.
type node struct {
	first  int              // the least order of the patterns at it or below
	name   string           // of the literal segment that child is for
	child  *node            // the first that was added for a literal segment
	others map[string]*node // for the other literal ones
	any    *node            // for any segment, that is ":name"
	globs  globs            // for other segments with placeholders
	all    *node            // for all segments that remain, that is "*"
	rests  globs            // for what remains if there is more to the pattern
	leaf   int              // of the pattern that ends here; -1: none
}

// ofGlob is how many nodes more a branch with a glob weighs.
const ofGlob = 6

// edge is a segment with placeholders below a node.
type edge struct {
	from  *node
	shape string
}

func newIndex() index {
	return index{root: node{leaf: -1}, edges: map[edge]*node{}, shapes: map[string]int{}}
}

// add returns the number of the leaf for a pattern, and makes it if there is
// none. The numbers count up from 0; orders must not fall. It fails if the tree
// would become too large.
func (x *index) add(p *pattern, order int) (number int, ok bool) {
	shape := p.shape()
	if number, ok := x.shapes[shape]; ok {
		return number, true
	}
	if x.nodes+len(p.segments) >= maxSegments {
		return 0, false
	}
	n := &x.root
	for _, s := range p.segments {
		if s.glob == nil {
			n = x.literal(n, s.literal, order)
		} else {
			n = x.branch(n, s.glob, order)
		}
	}
	if p.rest != nil {
		n = x.remainder(n, p.rest, order)
	}
	n.leaf = x.leaves
	x.shapes[shape] = x.leaves
	x.leaves++
	return x.leaves - 1, true
}

// done lets go of what is for building only.
func (x *index) done() { x.edges, x.shapes = nil, nil }

func (x *index) literal(n *node, segment string, order int) *node {
	if n.child == nil {
		n.name, n.child = segment, x.newNode(order)
	}
	if n.name == segment {
		return n.child
	}
	next := n.others[segment]
	if next == nil {
		if n.others == nil {
			n.others = map[string]*node{}
		}
		next = x.newNode(order)
		n.others[segment] = next
	}
	return next
}

func (x *index) branch(n *node, g *glob, order int) *node {
	if g.isGap() {
		if n.any == nil {
			n.any = x.newNode(order)
		}
		return n.any
	}
	e := edge{n, strings.Join(g.literals, "\x00")}
	next := x.edges[e]
	if next == nil {
		next = x.newNode(order)
		x.edges[e] = next
		x.nodes += ofGlob
		n.globs.add(branch{g, next})
	}
	return next
}

// remainder adds a node below n for all segments that remain.
func (x *index) remainder(n *node, g *glob, order int) *node {
	end := x.newNode(order)
	if g.isGap() {
		n.all = end
	} else {
		n.rests.add(branch{g, end})
		x.nodes += ofGlob
	}
	return end
}

func (x *index) newNode(order int) *node {
	x.nodes++
	return &node{first: order, leaf: -1}
}

// walk calls visit for the leaves of all patterns that match a path, in no
// order, but for those that were added with bound or later. What visit returns
// is the bound from then on.
func (x *index) walk(path string, bound int, visit func(leaf int) (bound int)) {
	w := walker{bound, visit}
	w.walk(&x.root, path)
}

type walker struct {
	bound int
	visit func(leaf int) int
}

func (w *walker) walk(n *node, path string) {
	if n == nil || n.first >= w.bound {
		return
	}
	if path == "" {
		if n.leaf >= 0 {
			w.bound = w.visit(n.leaf)
		}
	} else {
		segment, rest, _ := strings.Cut(path, "/")
		if n.child != nil && n.name == segment {
			w.walk(n.child, rest)
		} else {
			w.walk(n.others[segment], rest)
		}
		w.walk(n.any, rest)
		w.branch(n.globs, segment, rest)
	}
	w.walk(n.all, "")
	w.branch(n.rests, path, "")
}

// branch goes on below the globs that s fits.
func (w *walker) branch(gs globs, s, rest string) {
	for i := range gs {
		k := &gs[i]
		if len(s) < k.prefix+k.suffix {
			continue
		}
		for _, b := range k.branches[affix{s[:k.prefix], s[len(s)-k.suffix:]}] {
			if b.node.first >= w.bound {
				break
			}
			if b.glob.fits(s) {
				w.walk(b.node, rest)
			}
		}
	}
}
