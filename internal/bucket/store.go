package bucket

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// store is a part of a bucket. It asks what it is told to, once.
type store struct {
	client *minio.Core
	Address
	slots chan struct{} // has room for those that may ask at the same time
	end   context.CancelCauseFunc
}

// maxAsked is how many requests wait for the store at the same time. Content
// that is being sent does not count: that is as many as there are clients.
const maxAsked = 64

// attempts is how often the store is asked for the same: once more than once,
// for what fails in passing.
const attempts = 2

func newStore(a Address, s Settings) (*store, error) {
	endpoint, secure := "s3.amazonaws.com", true
	if s.Endpoint != nil {
		endpoint, secure = s.Endpoint.Host, s.Endpoint.Scheme == "https"
	}
	ctx, end := context.WithCancelCause(context.Background())
	client, err := minio.NewCore(endpoint, &minio.Options{
		Creds: s.keys, Secure: secure, Region: s.Region, MaxRetries: attempts, Transport: newTransport(ctx),
	})
	if err != nil {
		end(nil)
		return nil, err
	}
	return &store{client: client, Address: a, slots: make(chan struct{}, maxAsked), end: end}, nil
}

// isAnonymous reports whether requests are not signed.
func (s *Settings) isAnonymous() bool {
	value, err := s.keys.GetWithContext(&credentials.CredContext{})
	return err != nil || value.AccessKeyID == ""
}

// key returns the key of what has this name below the root.
func (s *store) key(name string) string {
	if name == "." {
		return s.Prefix
	}
	return s.Prefix + name
}

// below returns what the keys in a folder begin with.
func (s *store) below(folder string) string {
	if folder == "." {
		return s.Prefix
	}
	return s.Prefix + folder + "/"
}

// enter waits until the store may be asked.
func (s *store) enter() error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-time.After(headTime):
		return &outage{errBusy}
	}
}

func (s *store) leave() { <-s.slots }

// look lists up to count entries of a folder whose names begin with a prefix.
// The token is that of the page before, and "" for the first one; next is that
// of the page that follows.
func (s *store) look(folder, prefix, token string, count int) (w *window, next string, err error) {
	if err := s.enter(); err != nil {
		return nil, "", err
	}
	defer s.leave()
	below := s.below(folder)
	page, err := s.client.ListObjectsV2(s.Bucket, below+prefix, "", token, "/", count)
	if err != nil {
		return nil, "", &outage{plain(err)}
	}
	w = &window{prefix: prefix, whole: !page.IsTruncated}
	for _, o := range page.Contents {
		name := strings.TrimPrefix(o.Key, below)
		w.until = max(w.until, name)
		if w.marked = w.marked || name == ""; isName(name) && !strings.Contains(name, "/") {
			w.entries = append(w.entries, entry{name: name, size: o.Size, etag: strings.Trim(o.ETag, `"`), modified: o.LastModified})
		}
	}
	for _, p := range page.CommonPrefixes {
		name := strings.TrimPrefix(p.Prefix, below)
		w.until = max(w.until, name)
		if name = strings.TrimSuffix(name, "/"); isName(name) {
			w.entries = append(w.entries, entry{name: name, folder: true})
		}
	}
	w.sort()
	return w, page.NextContinuationToken, nil
}

// isThere reports whether there is any object whose key begins with these bytes
// below the root.
func (s *store) isThere(name string) (bool, error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	page, err := s.client.ListObjectsV2(s.Bucket, s.Prefix+name, "", "", "", 1)
	if err != nil {
		return false, &outage{plain(err)}
	}
	return len(page.Contents) > 0, nil
}

// anyVersion is the tag to get an object in whatever state it is.
const anyVersion = ""

// get asks for a part of an object in the state that a tag tells. The caller
// closes the content, which fails with ctx.
func (s *store) get(ctx context.Context, name, etag string, first, length int64) (io.ReadCloser, minio.ObjectInfo, error) {
	var options minio.GetObjectOptions
	if length > 0 {
		options.Set("Range", fmt.Sprintf("bytes=%d-%d", first, first+length-1))
	}
	if etag != anyVersion {
		options.Set("If-Match", `"`+etag+`"`)
	}
	content, described, _, err := s.client.GetObject(ctx, s.Bucket, s.key(name), options)
	if err != nil {
		return nil, described, explainGet(err)
	}
	// Not every store knows If-Match, or ranges.
	switch {
	case etag != anyVersion && described.ETag != "" && described.ETag != etag:
		err = errChanged
	case length > 0 && described.Size != length:
		err = &outage{fmt.Errorf("%d bytes were asked for, and %d are sent", length, described.Size)}
	}
	if err != nil {
		content.Close()
		return nil, described, err
	}
	return content, described, nil
}
