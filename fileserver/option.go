package fileserver

import (
	"cmp"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strings"

	"github.com/gserve/gserve/listing"
)

// Option changes what a [Server] does. Options take values that are already
// valid, so that [New] cannot fail.
type Option func(*Server)

// WithMount hands every request for prefix, and for whatever lies below it, to
// h instead of the files: "/api" claims /api and /api/users, not /apiary. The
// longest prefix that fits wins. The handler sees the request unchanged.
func WithMount(prefix string, h http.Handler) Option {
	return func(s *Server) {
		prefix := strings.Trim(prefix, "/")
		s.mounts = append(s.mounts, mount{prefix, h})
		slices.SortStableFunc(s.mounts, func(a, b mount) int {
			return cmp.Compare(len(b.prefix), len(a.prefix))
		})
	}
}

// WithGate has f look at every request before anything else. A handler that it
// returns answers instead of the server; with nil, the request goes on to the
// next gate, and then to its answer. f is called concurrently.
func WithGate(f func(*http.Request) http.Handler) Option {
	return func(s *Server) { s.gates = append(s.gates, f) }
}

// WithPrefix has the files lie below prefix: "/docs" makes the root's a.txt be
// /docs/a.txt. Whatever lies beside it is absent. Prefixes of mounts are not
// below it.
func WithPrefix(prefix string) Option {
	return func(s *Server) { s.prefix = strings.Trim(prefix, "/") }
}

// WithHome has "/" lead to this entry of the root, by a redirect.
func WithHome(name string) Option {
	return func(s *Server) { s.home = name }
}

// WithWriter hands every request of these methods that is not for a mount to h,
// which the server would answer with 405. GET and HEAD must not be among them.
func WithWriter(h http.Handler, methods ...string) Option {
	return func(s *Server) {
		s.writer, s.writes = h, methods
		allowed := slices.DeleteFunc(slices.Sorted(slices.Values(methods)), func(method string) bool { return method == "OPTIONS" })
		s.allow = strings.Join(append([]string{"GET", "HEAD", "OPTIONS"}, slices.Compact(allowed)...), ", ")
	}
}

// WithChanges has the page of every directory in this folder, "." for the root,
// offer these changes. They are made by what [WithWriter] gives.
func WithChanges(folder string, changes listing.Changes) Option {
	return func(s *Server) { s.changesBelow, s.changes = cleanFolder(folder), changes }
}

// WithDropBox makes this folder, "." for the root, one to put files in: its page
// lists nothing, and nothing that lies in it can be had.
func WithDropBox(folder string) Option {
	return func(s *Server) {
		folder = cleanFolder(folder)
		s.dropBox = &folder
	}
}

// WithTrustPage has listings refer to a page that tells how to trust the
// certificate of the server.
func WithTrustPage(reference string) Option {
	return func(s *Server) { s.trust = reference }
}

// WithFallback hands every request that no file answers to h, whatever its
// method. A directory without an index is then not a file either, so that an
// application behind the files is asked for "/".
func WithFallback(h http.Handler) Option {
	return func(s *Server) { s.fallback = h }
}

// WithFilter calls f with every answer of the server's own before it is
// written, in the order in which the filters were given. f may edit the
// response; it must not keep either argument, and is called concurrently.
func WithFilter(f func(*Request, *Response)) Option {
	return func(s *Server) { s.filters = append(s.filters, f) }
}

// WithFields sends these fields with every answer of the server's own, behind
// the computed ones. They must not be fields that the server computes, such as
// Content-Length. A field of a name that the server sends by itself
// (X-Content-Type-Options: nosniff) takes its place.
func WithFields(fields ...Field) Option {
	return func(s *Server) {
		for _, f := range fields {
			f.Name = textproto.CanonicalMIMEHeaderKey(f.Name)
			if f.Name == noSniff.Name {
				s.fields = slices.DeleteFunc(s.fields, func(f Field) bool { return f == noSniff })
			}
			s.fields = append(s.fields, f)
		}
	}
}

// WithObserver calls f once for every request, after its answer has been
// written or given up, those of mounts and the fallback included. f must not
// keep its argument, and is called concurrently.
func WithObserver(f func(*Record)) Option {
	return func(s *Server) { s.observers = append(s.observers, f) }
}

// WithTransfers calls begin when content of the server's own begins to be sent,
// with what is known of the request and the number of bytes that are to come, -1
// if that is not known. begin must not keep its argument, and is called
// concurrently; it may return nil if it does not want to know more.
func WithTransfers(begin func(r *Record, total int64) Transfer) Option {
	return func(s *Server) { s.transfers = append(s.transfers, begin) }
}

// WithIndex sets the names of the file that stands for its directory, the
// first one that exists wins. The default is index.html, index.htm; without
// names, no file does.
func WithIndex(names ...string) Option {
	return func(s *Server) { s.index = names }
}

// WithHidden serves names that begin with a dot, too.
func WithHidden() Option {
	return func(s *Server) { s.showHidden = true }
}

// WithPrivate treats the files of these names, which are those of the operating
// system, as absent, by whatever name or link they are asked for: a TLS key that
// lies in the folder, for one. A file that takes the place of one is private,
// too.
func WithPrivate(names ...string) Option {
	return func(s *Server) {
		for _, name := range names {
			s.private = append(s.private, newPrivateFile(name))
		}
	}
}

// WithPrivateFolders treats all that lies in these folders, which are names
// below the root, as absent: by whatever link it is asked for, in listings,
// archives and searches. Programs that a mount runs are such, whose source is
// nobody's business.
func WithPrivateFolders(names ...string) Option {
	return func(s *Server) {
		for _, name := range names {
			s.privateFolders = append(s.privateFolders, cleanFolder(name))
		}
	}
}

// WithoutListing answers 404 for a directory that has no index: it has no
// archive and no search, either.
func WithoutListing() Option {
	return func(s *Server) { s.noListing = true }
}

// WithoutArchive offers no archives of directories.
func WithoutArchive() Option {
	return func(s *Server) { s.noArchive = true }
}

// WithPageOnly has directories be listed as a page whatever the client prefers:
// in no other form, and without archives.
func WithPageOnly() Option {
	return func(s *Server) { s.pageOnly, s.noArchive = true, true }
}

// WithTitle sets what the listing calls the root, and an archive of it. The
// default is "Files".
func WithTitle(title string) Option {
	return func(s *Server) { s.title = title }
}

// WithContentType sets the media type of files whose names do not tell it. The
// default is to look at their first bytes.
func WithContentType(mediaType string) Option {
	return func(s *Server) { s.unknownType = mediaType }
}

// WithCacheSize sets how many bytes of content that was encoded on the fly are
// kept in memory. The default is 64 MiB.
func WithCacheSize(bytes int64) Option {
	return func(s *Server) { s.encodings = newEncodings(bytes) }
}

// WithoutCompression has nothing encoded on the fly. Files that lie encoded
// beside the originals are sent nevertheless.
func WithoutCompression() Option {
	return func(s *Server) { s.encodings = nil }
}

// WithoutCoding sends every file as it is: nothing is encoded on the fly, and
// encoded files beside the originals are files of their own only.
func WithoutCoding() Option {
	return func(s *Server) { s.encodings, s.noCoding = nil, true }
}

// cleanFolder returns the name of a folder below the root as [fs.FS] spells it.
func cleanFolder(name string) string {
	return cmp.Or(strings.Trim(path.Clean("/"+name), "/"), ".")
}
