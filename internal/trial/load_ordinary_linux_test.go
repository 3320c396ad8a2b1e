package trial

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// ordinary are clients that do what browsers do, over and over.
type ordinary struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	took     []time.Duration
	failures []error
}

// serveOrdinary has clients ask for the small file by url until they are told to
// stop: some keep their connections, the others have one for each request.
func serveOrdinary(t testing.TB, n int, url string, transport func() *http.Transport) *ordinary {
	ctx, stop := context.WithCancel(context.Background())
	o := &ordinary{stop: stop}
	for i := range n {
		o.running.Go(func() {
			by := transport()
			by.DisableKeepAlives = i%2 == 1
			defer by.CloseIdleConnections()
			for ctx.Err() == nil {
				o.note(fetch(ctx, by, url))
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	t.Cleanup(func() {
		stop()
		o.running.Wait()
	})
	return o
}

// plainTransport sends plain requests.
func plainTransport() *http.Transport {
	return &http.Transport{DialContext: (&net.Dialer{Timeout: patience}).DialContext, ResponseHeaderTimeout: patience}
}

func fetch(ctx context.Context, by http.RoundTripper, url string) (time.Duration, error) {
	begun := time.Now()
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := by.RoundTrip(request.WithContext(ctx))
	if err == nil {
		var content []byte
		content, err = io.ReadAll(answer.Body)
		answer.Body.Close()
		if err == nil && (answer.StatusCode != 200 || string(content) != smallContent) {
			err = fmt.Errorf("%s, %d bytes", answer.Status, len(content))
		}
	}
	if ctx.Err() != nil {
		return 0, nil // it was not the server
	}
	return time.Since(begun), err
}

func (o *ordinary) note(took time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.failures = append(o.failures, err)
	} else if took > 0 {
		o.took = append(o.took, took)
	}
}

// served returns how many requests have been answered.
func (o *ordinary) served() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.took)
}

// end stops the clients, and holds that all went well, at least once for each of
// so many.
func (o *ordinary) end(t *testing.T, least int) {
	t.Helper()
	o.stop()
	o.running.Wait()
	if len(o.failures) > 0 || len(o.took) < least {
		t.Errorf("ordinary clients: %d failures, the first: %v; %d answers", len(o.failures), o.failures[:min(1, len(o.failures))], len(o.took))
	}
	if slices.Sort(o.took); len(o.took) > 0 {
		t.Logf("ordinary clients: %d answers, half within %v, 99%% within %v, all within %v",
			len(o.took), o.took[len(o.took)/2], o.took[len(o.took)*99/100], o.took[len(o.took)-1])
	}
}
