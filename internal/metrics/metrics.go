package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gserve/gserve/fileserver"
)

// Options say what is counted by others. Their functions are called for every
// look at the numbers, concurrently, and must not wait.
type Options struct {
	// Connections returns how many connections are open. Nil leaves that out.
	Connections func() int

	// CacheHits return how often each cache of the server has had what was
	// asked for, since the start. The name becomes a label. "client" is counted
	// here.
	CacheHits map[string]func() uint64
}

// Metrics are the numbers of one server. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by method and class of status
	duration *prometheus.HistogramVec // by class of status
	sent     prometheus.Counter
	fresh    prometheus.Counter // what clients had already
}

// New returns numbers that begin at zero. It panics if a name in the options is
// not UTF-8, or "client".
func New(o Options) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gserve_requests_total",
			Help: "Requests that were answered or given up.",
		}, []string{"method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gserve_request_duration_seconds",
			Help:    "Time from the head of a request to the last byte of its answer.",
			Buckets: durations,
		}, []string{"status"}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gserve_sent_bytes_total",
			Help: "Bytes of content that were sent.",
		}),
		fresh: newHits("client", prometheus.NewCounter),
	}
	m.registry.MustRegister(m.requests, m.duration, m.sent, m.fresh,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registerOthers(o)
	return m
}

// durations are the bounds of the histogram in seconds: from an answer out of
// memory to a download that takes the afternoon.
var durations = []float64{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3600}

// newHits makes what counts the hits of one cache.
func newHits[T any](cache string, newCounter func(prometheus.CounterOpts) T) T {
	return newCounter(prometheus.CounterOpts{
		Name:        "gserve_cache_hits_total",
		Help:        "Answers whose content a cache had; that of the client has had it if it was not modified.",
		ConstLabels: prometheus.Labels{"cache": cache},
	})
}

// registerOthers has what others count be among the numbers.
func (m *Metrics) registerOthers(o Options) {
	if o.Connections != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "gserve_open_connections",
			Help: "Connections that are open.",
		}, func() float64 { return float64(o.Connections()) }))
	}
	for cache, hits := range o.CacheHits {
		m.registry.MustRegister(newHits(cache, func(opts prometheus.CounterOpts) prometheus.Collector {
			return prometheus.NewCounterFunc(opts, func() float64 { return float64(hits()) })
		}))
	}
}

// Observe counts one record; it is made for [fileserver.WithObserver].
func (m *Metrics) Observe(r *fileserver.Record) {
	class := classOf(r.Status)
	m.requests.WithLabelValues(methodOf(r.Method), class).Inc()
	m.duration.WithLabelValues(class).Observe(max(0, r.Duration.Seconds()))
	if r.Sent > 0 {
		m.sent.Add(float64(r.Sent))
	}
	if r.Status == http.StatusNotModified {
		m.fresh.Inc()
	}
}
