package webdav

import (
	"cmp"
	"encoding/xml"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
)

// subject is what properties are told of.
type subject struct {
	handler *Handler
	name    string
	info    fs.FileInfo
	now     time.Time
	quota   func() (int64, bool) // bytes that can still be written
}

// live is a property that follows from the file or folder itself (RFC 4918, 15).
type live struct {
	local  string
	folder bool // folders have it
	asked  bool // it is told only to those who ask for it by name
	value  func(*subject) (string, bool)
}

var lives = []live{
	{"resourcetype", true, false, (*subject).resourceType},
	{"displayname", true, false, (*subject).displayName},
	{"getcontentlength", false, false, (*subject).contentLength},
	{"getcontenttype", false, false, (*subject).contentType},
	{"getlastmodified", true, false, (*subject).lastModified},
	{"getetag", false, false, (*subject).entityTag},
	{"supportedlock", true, false, (*subject).supportedLock},
	{"lockdiscovery", true, false, (*subject).lockDiscovery},
	{"quota-available-bytes", true, true, (*subject).quotaAvailable}, // RFC 4331, 3
}

// liveByName has those above, and more that clients cannot set since they look
// as if they followed from the file.
var liveByName = func() map[xml.Name]live {
	byName := map[xml.Name]live{}
	for _, local := range []string{"creationdate", "getcontentlanguage", "quota-used-bytes"} {
		byName[xml.Name{Space: davSpace, Local: local}] = live{local, true, true, (*subject).unknown}
	}
	for _, l := range lives {
		byName[xml.Name{Space: davSpace, Local: l.local}] = l
	}
	return byName
}()

// find returns the value of a live property as XML.
func (s *subject) find(l live) (string, bool) {
	if s.info.IsDir() && !l.folder {
		return "", false
	}
	return l.value(s)
}

func (s *subject) unknown() (string, bool) { return "", false }

func (s *subject) resourceType() (string, bool) {
	if s.info.IsDir() {
		return "<D:collection/>", true
	}
	return "", true
}

func (s *subject) displayName() (string, bool) {
	if s.name == "." {
		return "", true // how the folder is called elsewhere is nobody's business
	}
	return escape(path.Base(s.name)), true
}

func (s *subject) contentLength() (string, bool) { return strconv.FormatInt(s.info.Size(), 10), true }

// contentType goes by the name alone: nobody wants a thousand files to be opened.
func (s *subject) contentType() (string, bool) {
	return escape(cmp.Or(fileserver.TypeByName(s.name), "application/octet-stream")), true
}

func (s *subject) lastModified() (string, bool) {
	modified := s.info.ModTime()
	if modified.After(s.now) {
		modified = s.now // RFC 9110, 8.8.2.1
	}
	return modified.UTC().Format(http.TimeFormat), !modified.IsZero()
}

func (s *subject) entityTag() (string, bool) {
	tag := string(fileserver.TagOf(s.info, s.now))
	return escape(tag), tag != ""
}

func (s *subject) supportedLock() (string, bool) {
	const entry = "<D:lockentry><D:lockscope><D:%/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
	return strings.Replace(entry, "%", "exclusive", 1) + strings.Replace(entry, "%", "shared", 1), !s.handler.readOnly()
}

func (s *subject) lockDiscovery() (string, bool) {
	var b strings.Builder
	for _, l := range s.handler.locks.on(s.name) {
		b.WriteString(s.handler.describe(l))
	}
	return b.String(), !s.handler.readOnly()
}

func (s *subject) quotaAvailable() (string, bool) {
	if !s.info.IsDir() {
		return "", false
	}
	free, ok := s.quota()
	return strconv.FormatInt(free, 10), ok
}
