package rules

import "slices"

// piece is a text, and which of the values of placeholders follows it.
type piece struct {
	text  string
	value int // -1: none
}

// split parts a text at the names in it. Other names are text.
func split(s string, names []string) []piece {
	var pieces []piece
	begin := 0
	for at := 0; at < len(s); {
		start, end := nextGap(s[at:])
		start, end = at+start, at+end
		if value := slices.Index(names, name(s[start:end])); value >= 0 {
			pieces = append(pieces, piece{s[begin:start], value})
			begin = end
		}
		at = end
	}
	if begin < len(s) {
		pieces = append(pieces, piece{s[begin:], -1})
	}
	return pieces
}

// name returns the name in ":name", and nothing for "*", which names nothing
// where it is not matched.
func name(gap string) string {
	if len(gap) < 2 {
		return ""
	}
	return gap[1:]
}
