// Package rules decides what the files _redirects and _headers say about a
// request, as Netlify and Cloudflare Pages read them: which rule is the one,
// where it leads, which fields the answer has. It also tells names that carry a
// hash of their content.
//
// It is pure: it is given bytes and paths, and never opens a file, nor writes
// an answer. Whatever a request says, what a rule leads to is either a path
// below the root or on a host that the file names, and no rule takes longer
// than its file is long.
//
// Where the two hosts differ, _redirects are read as Netlify does (files come
// before rules that are not forced), and _headers as both do together.
package rules

// The names of the two files. They lie in the root, and are not served.
const (
	RedirectsName = "_redirects"
	HeadersName   = "_headers"
)

// What a file may hold. Cloudflare takes 2,100 redirects and 100 rules for
// fields, with lines of 1,000 and 2,000 characters; Netlify names no limit, and
// its parser is tested with 45,000 rules.
const (
	// MaxSize is the size of a file in bytes. Of a larger one nothing is read.
	MaxSize = 4 << 20

	maxLine     = 8 << 10
	maxRules    = 100_000
	maxSegments = 500_000 // nodes of the tree that all paths of a file make up
	maxCaptures = 16      // placeholders of a rule
	maxFaults   = 100     // that are reported one by one
)
