// Package upload answers the HTTP methods that write: PUT, POST, PATCH, DELETE,
// MKCOL and MOVE, and those that belong to them on the resources of resumable
// uploads (draft-ietf-httpbis-resumable-upload).
//
// It decides what a request asks for and whether it may, and tells what became
// of it; package store does the writing. It answers no GET: what is read is
// another's task. Who a client is, it does not ask either.
package upload
