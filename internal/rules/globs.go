package rules

// globs finds those of many that a text may fit: by what they begin and end
// with, of which there are a few lengths.
type globs []kind

// kind is of globs that begin with so many octets, and end with so many.
type kind struct {
	prefix, suffix int
	branches       map[affix][]branch // in the order in which they were added
}

type affix struct{ prefix, suffix string }

// branch is where a glob leads.
type branch struct {
	glob *glob
	node *node
}

func (gs *globs) add(b branch) {
	a := affix{b.glob.literals[0], b.glob.literals[len(b.glob.literals)-1]}
	for i := range *gs {
		if k := &(*gs)[i]; k.prefix == len(a.prefix) && k.suffix == len(a.suffix) {
			k.branches[a] = append(k.branches[a], b)
			return
		}
	}
	*gs = append(*gs, kind{len(a.prefix), len(a.suffix), map[affix][]branch{a: {b}}})
}
