package fileserver

import (
	"encoding/binary"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Validator tells one state of a representation from another (RFC 9110, 8.8).
// The zero value tells nothing.
type Validator struct {
	ETag         ETag
	LastModified time.Time // zero if unknown
}

// ETag is an entity tag as it stands in a field, with its quotes and its W/ if
// it is weak. "" means that there is none.
type ETag string

// IsWeak reports whether equal tags promise equal use only, not equal bytes.
func (e ETag) IsWeak() bool { return strings.HasPrefix(string(e), "W/") }

// Matches reports whether the list of an If-Match or If-None-Match field is "*" or
// has e, by the strong comparison of RFC 9110, 8.8.3.2, or by the weak one.
func (e ETag) Matches(list string, strongly bool) bool {
	if strongly {
		return matchAny(list, e, ETag.matchStrongly)
	}
	return matchAny(list, e, ETag.matchWeakly)
}

// matchStrongly is the strong comparison of RFC 9110, 8.8.3.2.
func (e ETag) matchStrongly(other ETag) bool { return e != "" && e == other && !e.IsWeak() }

// matchWeakly is the weak comparison of RFC 9110, 8.8.3.2.
func (e ETag) matchWeakly(other ETag) bool {
	return e != "" && strings.TrimPrefix(string(e), "W/") == strings.TrimPrefix(string(other), "W/")
}

// settled is how long a file must have been left alone before its time of
// modification can tell its states apart. File systems tick in up to two
// seconds (FAT), and a second write within one tick leaves no trace.
const settled = 2 * time.Second

// isSettled reports whether the file has been left alone for long enough.
func (s *Server) isSettled(info fs.FileInfo) bool {
	return s.now().Sub(info.ModTime()) >= settled
}

// TagOf returns the entity tag under which a file is sent as it is at a time.
func TagOf(info fs.FileInfo, now time.Time) ETag { return newValidator(info, now, "").ETag }

// epoch is when times of modification begin to tell something: those that builds
// give all of their files, so that they come out the same, are from before.
var epoch = time.Date(1980, 1, 2, 0, 0, 0, 0, time.UTC)

// tagged is what describes a file that has an entity tag of its own: a strong one,
// in its quotes, or "" for none. Object storage gives such.
type tagged interface{ EntityTag() string }

// StateOf returns what changes with a file, whatever its time of modification is set
// to, as far as the system tells.
func StateOf(info fs.FileInfo) string {
	b := identify(info).appendTo(nil)
	b = binary.LittleEndian.AppendUint64(b, uint64(info.ModTime().UnixNano()))
	return string(binary.LittleEndian.AppendUint64(b, uint64(info.Size())))
}

// newValidator derives the validator of a file from its time of modification
// and its size, so that copies of a tree that keep both agree on it, unless the
// file has a tag of its own. A file system without times, such as [embed.FS],
// gives no validator. The form tells representations apart that are made of one
// file (RFC 9110, 8.8.3.3); it is "" for the file as it is.
func newValidator(info fs.FileInfo, now time.Time, form string) Validator {
	modified := info.ModTime()
	if modified.IsZero() {
		return Validator{}
	}
	if modified.Before(epoch) {
		// Such a time stays when the file changes. Where nothing else tells of that,
		// it is taken for what it says.
		if changed := identify(info).changedAt(); !changed.IsZero() {
			modified = changed
		}
	}
	b := make([]byte, 0, 48)
	if t, ok := info.(tagged); ok && t.EntityTag() != "" {
		own := t.EntityTag()
		b = append(b, own[:len(own)-1]...)
	} else {
		if now.Sub(modified) < settled {
			b = append(b, "W/"...)
		}
		b = append(b, '"')
		b = strconv.AppendInt(b, modified.UnixNano(), 36)
		b = append(b, '-')
		b = strconv.AppendInt(b, info.Size(), 36)
	}
	if form != "" {
		b = append(append(b, '-'), form...)
	}
	b = append(b, '"')
	if modified.After(now) {
		modified = now // RFC 9110, 8.8.2.1: never later than the Date of the answer
	}
	return Validator{ETag: ETag(b), LastModified: modified.Truncate(time.Second)}
}

// precondition is the outcome of the conditional fields of a request.
type precondition int

const (
	proceed     precondition = iota // the method is to be performed
	notModified                     // 304
	failed                          // 412
)

// evaluate checks the preconditions of q in the order of RFC 9110, 13.2.2.
// A date that is not one is ignored, as is If-Modified-Since for methods other
// than GET and HEAD.
func (v Validator) evaluate(q *Request, now time.Time) precondition {
	if q.IfMatch != "" {
		if !v.ETag.Matches(q.IfMatch, true) {
			return failed
		}
	} else if date, ok := parseDate(q.IfUnmodifiedSince, now); ok && v.isModifiedSince(date) {
		return failed
	}
	safe := q.Method == "GET" || q.Method == "HEAD"
	if q.IfNoneMatch != "" {
		// RFC 9110, 13.1.3: If-Modified-Since is ignored beside If-None-Match.
		switch {
		case !v.ETag.Matches(q.IfNoneMatch, false):
			return proceed
		case safe:
			return notModified
		default:
			return failed
		}
	}
	if date, ok := parseDate(q.IfModifiedSince, now); ok && safe && !v.LastModified.IsZero() && !v.isModifiedSince(date) {
		return notModified
	}
	return proceed
}

// isModifiedSince reports whether v is known to be from after date.
func (v Validator) isModifiedSince(date time.Time) bool {
	return !v.LastModified.IsZero() && v.LastModified.After(date)
}

// rangeApplies evaluates If-Range (RFC 9110, 13.1.5): a part may be sent only
// if the whole that the client has the rest of is certain to be this one. A date
// that is shared by several codings of the file does not tell them apart.
func (v Validator) rangeApplies(ifRange string, now time.Time, shared bool) bool {
	if ifRange == "" {
		return true
	}
	if tag, rest, ok := cutETag(ifRange); ok {
		return strings.TrimLeft(rest, " \t") == "" && tag.matchStrongly(v.ETag)
	}
	// RFC 9110, 8.8.2.2: a date is as strong as its file is settled, which is
	// what the tag says.
	date, ok := parseDate(ifRange, now)
	return ok && !shared && v.ETag != "" && !v.ETag.IsWeak() && date.Equal(v.LastModified)
}

// matchAny reports whether list is "*" or has a tag that match finds equal to
// tag. What follows a malformed member is not looked at.
func matchAny(list string, tag ETag, match func(ETag, ETag) bool) bool {
	if strings.Trim(list, " \t") == "*" {
		return true
	}
	for {
		list = strings.TrimLeft(list, " \t,") // RFC 9110, 5.6.1.2: empty members are ignored
		member, rest, ok := cutETag(list)
		if !ok {
			return false
		}
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ',' {
			return false
		}
		if match(member, tag) {
			return true
		}
		list = rest
	}
}

// cutETag takes an entity tag off the front of s.
//
//	entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE
//	etagc      = %x21 / %x23-7E / obs-text
func cutETag(s string) (tag ETag, rest string, ok bool) {
	i := 0
	if strings.HasPrefix(s, "W/") {
		i = 2
	}
	if i == len(s) || s[i] != '"' {
		return "", s, false
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return ETag(s[:i+1]), s[i+1:], true
		case c <= ' ' || c == 0x7f:
			return "", s, false
		}
	}
	return "", s, false
}
