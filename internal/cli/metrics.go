package cli

import (
	"context"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/metrics"
)

// countRequests has one path tell what has been answered. It comes after
// strangers are kept out.
func (r *run) countRequests(context.Context) error {
	path := r.config.Metrics
	if path == "" {
		return nil
	}
	numbers := metrics.New(metrics.Options{Connections: func() int { return r.connections() }})
	r.options = append(r.options, fileserver.WithObserver(numbers.Observe))
	r.answerAt("metrics", path, numbers.Handler())
	return nil
}
