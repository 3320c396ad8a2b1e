// Package lane answers the plain and frequent requests of a file server by
// itself, in front of net/http: GET and HEAD over HTTP/1.1, on TCP without TLS,
// of files, and of parts of them, that were decided before.
//
// It is no second HTTP server. It knows a strict subset of the heads of requests,
// has net/http parse each of them that it has not seen before, has
// [fileserver.Server.Respond] decide, and remembers the answer under the very
// bytes of the head. What is unusual in any way goes to net/http, with the bytes
// read so far, and its connection with it for good. So there is one authority for
// HTTP, and one for what is answered.
//
// What is remembered is never stale. Before each use, the directory that is served,
// the folders on the way, the folder of the file, the file and every sidecar that is
// there are looked up by name, each in the one above and without following links,
// and must be what they were: by device, inode, mode, owner, and, but for the
// folders on the way, size, mtime and ctime. A file that is written to, replaced, or forbidden changes its
// ctime, which no program can set; an entry that comes or goes changes the folder;
// a folder that is moved, removed, mounted over or replaced by a link is another
// one by name. Whatever changed within two seconds of being looked at is not
// remembered: a second change could bear the same time. What is written through
// shared memory (mmap) shows when the system notes it, as it does for validators.
//
// One look serves all requests that had begun to come before it: what a loop finds
// waiting for it. Whoever changes a file and asks for it then comes after.
//
// Event loops wait for all connections at once, so that one that is idle, or whose
// client is slow, has neither a goroutine nor a buffer. What may have to wait for a
// disk does so in a goroutine; should a file system hold up a loop all the same,
// another one takes its place, and nothing in that folder is answered from memory.
package lane
