package cli

import (
	"context"
	"net/http"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/service"
)

// answerProbes has one path tell whether what is served can be read. It comes
// before strangers are kept out: a probe has no password, and may come by any
// name or address.
func (r *run) answerProbes(context.Context) error {
	path := r.config.Health
	if path == "" {
		return nil
	}
	looked := r.source.root
	if r.source.folder != "" {
		// It has a root of its own. That of the server is opened anew, when its
		// folder is made anew, by requests for files, of which there may be none.
		own, err := openRoot(r.config)
		if err != nil {
			return err
		}
		r.closers = append(r.closers, own.Close)
		looked = own
	}
	r.answerAt("health", path, service.NewHealth(looked, r.say))
	return nil
}

// withoutProbes leaves probes that found all well out of a log, which would soon
// be full of them.
func withoutProbes(path string, observe func(*fileserver.Record)) func(*fileserver.Record) {
	return func(r *fileserver.Record) {
		if r.Status != http.StatusOK || r.Request.URL.Path != path {
			observe(r)
		}
	}
}
