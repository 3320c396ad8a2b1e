// Package bucket makes what lies in object storage (S3 and what speaks as it) a
// file system for [fileserver.New].
//
// It decides which requests to the store answer a question: a listing of the
// names that begin as the one that is asked for tells of the object, of what lies
// encoded beside it, and whether there is a folder of that name; one more request
// brings the content, of the version that was listed or not at all. Nothing is
// written, neither to the store nor to a disk. Keys of the account go nowhere but
// into signatures.
package bucket
