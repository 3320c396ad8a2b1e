package fileserver

import (
	"strconv"
	"strings"
)

// preference is how much a client wants a media type: by its weight, and among
// equal weights by how exactly it named the type (RFC 9110, 12.5.1).
type preference struct {
	weight float64
	match  match
}

// match is how exactly a media range names a type.
type match int

const (
	matchNone match = iota
	matchAll        // */*
	matchType       // text/*
	matchExact
)

// preferenceOf returns what an Accept field says of a media type: what the
// most specific of its media ranges does.
func preferenceOf(accept, mediaType string) preference {
	best := preference{}
	kind, _, _ := strings.Cut(mediaType, "/")
	for member := range strings.SplitSeq(accept, ",") {
		mediaRange, parameters, _ := strings.Cut(member, ";")
		mediaRange = strings.Trim(mediaRange, " \t")
		m := matchNone
		switch {
		case strings.EqualFold(mediaRange, mediaType):
			m = matchExact
		case strings.EqualFold(mediaRange, kind+"/*"):
			m = matchType
		case mediaRange == "*/*":
			m = matchAll
		}
		if m > best.match {
			best = preference{weightOf(parameters), m}
		}
	}
	return best
}

// exceeds reports whether p is wanted more than other.
func (p preference) exceeds(other preference) bool {
	if p.weight != other.weight {
		return p.weight > other.weight
	}
	return p.weight > 0 && p.match > other.match
}

// weightOf returns the weight among the parameters of a media range, 1 if there
// is none that can be read.
func weightOf(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		if weight, err := strconv.ParseFloat(value, 64); err == nil && weight >= 0 && weight <= 1 {
			return weight
		}
		return 1
	}
	return 1
}

// AcceptsHTML reports whether an Accept field is content with HTML. An absent
// field is content with anything.
func AcceptsHTML(accept string) bool {
	return accept == "" || preferenceOf(accept, "text/html").weight > 0
}

// namesHTML reports whether an Accept field asks for HTML by name, as browsers
// do and other clients do not.
func namesHTML(accept string) bool {
	p := preferenceOf(accept, "text/html")
	return p.match == matchExact && p.weight > 0
}
