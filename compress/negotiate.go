package compress

import "strings"

// weight is a quality value in thousandths (RFC 9110, 12.4.2).
type weight int

const (
	refused  weight = 0
	complete weight = 1000
	unnamed  weight = -1 // the field does not speak of the coding
)

// Negotiate chooses, of the codings on offer, the one that an Accept-Encoding
// field asks for (RFC 9110, 12.5.3). Several field lines are to be joined by
// commas. It returns false if all on offer are refused.
//
// The highest weight wins, and among equals the server's order: br, zstd, gzip,
// identity. A coding that is not named has the weight of "*"; without that, it
// is not chosen, except that Identity is what remains when nothing else is
// asked for, unless it is refused by name or by "*;q=0". An empty field asks for
// nothing, and so does an absent one: that a client says nothing does not mean
// that it can decode everything.
//
// A member that is malformed, or whose coding is not known, counts for nothing.
// Of several members for one coding, the lowest weight counts, so that what is
// refused is never sent.
func Negotiate(accept string, offers Set) (Coding, bool) {
	asked := parse(accept)
	best, chosen := refused, Identity
	for _, c := range Codings {
		if w := asked.of(c); offers.Has(c) && w > best {
			best, chosen = w, c
		}
	}
	if !offers.Has(Identity) {
		return chosen, best > refused
	}
	switch identity := asked.of(Identity); {
	case identity == refused:
		return chosen, best > refused
	case identity > best:
		return Identity, true // asked for by name, and more than anything else
	}
	return chosen, true
}

// WeightOf returns the weight that an Accept-Encoding field gives to a coding,
// from 0 to 1; that of "*" if it does not name it, and 0 without that, too.
func WeightOf(accept string, c Coding) float64 {
	asked := parse(accept)
	return float64(max(asked.of(c), 0)) / float64(complete)
}

// weights are what a field says of each coding, and of "*".
type weights struct {
	coding [len(names)]weight
	any    weight
}

// of returns the weight of c, unnamed if neither it nor "*" is named.
func (w *weights) of(c Coding) weight {
	if named := w.coding[c]; named != unnamed {
		return named
	}
	return w.any
}

// parse reads an Accept-Encoding field.
//
//	Accept-Encoding = #( codings [ weight ] )
//	weight          = OWS ";" OWS "q=" qvalue
func parse(accept string) weights {
	w := weights{any: unnamed}
	for c := range w.coding {
		w.coding[c] = unnamed
	}
	for accept != "" {
		var member string
		member, accept, _ = strings.Cut(accept, ",")
		name, parameter, weighted := strings.Cut(member, ";")
		name = strings.Trim(name, " \t")
		q := complete
		if weighted {
			var ok bool
			if q, ok = parseWeight(strings.Trim(parameter, " \t")); !ok {
				continue
			}
		}
		if name == "*" {
			w.any = lower(w.any, q)
		} else if c, ok := Parse(name); ok {
			w.coding[c] = lower(w.coding[c], q)
		}
	}
	return w
}

func lower(old, q weight) weight {
	if old == unnamed {
		return q
	}
	return min(old, q)
}

// parseWeight reads a weight parameter.
//
//	qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
func parseWeight(s string) (weight, bool) {
	if len(s) < 3 || s[0]|0x20 != 'q' || s[1] != '=' {
		return 0, false
	}
	s = s[2:]
	if s[0] != '0' && s[0] != '1' || len(s) > 5 || len(s) > 1 && s[1] != '.' {
		return 0, false
	}
	w := complete * weight(s[0]-'0')
	if len(s) < 2 {
		return w, true
	}
	place := weight(100)
	for i := 2; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		w += place * weight(s[i]-'0')
		place /= 10
	}
	return w, w <= complete
}
