//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// downloads asks for large content, again and again until the time is over, and
// finishes what has begun. wrk would have to look at every byte, and be slower
// than the servers are.
func downloads(ctx context.Context, b *bench, p *process, connections int, duration time.Duration) (s sample, err error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed []error
	var running sync.WaitGroup
	began := time.Now()
	for range connections {
		running.Go(func() {
			d := downloader{process: p}
			defer d.close()
			for {
				start := time.Now()
				err := d.download(ctx)
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
				} else {
					took = append(took, time.Since(start))
				}
				mu.Unlock()
				if err != nil || time.Since(began) >= duration {
					return
				}
			}
		})
	}
	running.Wait()
	slices.Sort(took)
	s.requests, s.errors = len(took), len(failed)
	s.rate = float64(len(took)) / time.Since(began).Seconds()
	s.p50, s.p99 = quantile(took, 50), quantile(took, 99)
	return s, errors.Join(failed...)
}

// quantile returns the duration that so many percent of them do not exceed.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}

// downloader has a connection as long as the server keeps it.
type downloader struct {
	*process
	conn    net.Conn
	discard []byte
}

// download asks, and takes all that comes. What the content is is looked at
// before and after the load.
func (d *downloader) download(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.conn == nil {
		if d.conn, err = d.dial(ctx); err != nil {
			return err
		}
	}
	defer context.AfterFunc(ctx, func() { d.conn.SetDeadline(time.Now()) })()
	d.conn.SetDeadline(time.Now().Add(longest))
	if _, err := io.WriteString(d.conn, d.request()); err != nil {
		return err
	}
	reader := bufio.NewReader(d.conn)
	r, err := http.ReadResponse(reader, nil)
	switch {
	case err != nil:
		return err
	case r.StatusCode != http.StatusOK || r.ContentLength != d.asks.length:
		return fmt.Errorf("an answer has the status %d and the length %d", r.StatusCode, r.ContentLength)
	}
	began, err := reader.Discard(int(min(r.ContentLength, int64(reader.Buffered()))))
	if err != nil {
		return err
	}
	if d.discard == nil {
		d.discard = make([]byte, 1<<20)
	}
	if err := drop(d.conn.(*net.TCPConn), r.ContentLength-int64(began), d.discard); err != nil {
		return err
	}
	if r.Close {
		d.close()
	}
	return nil
}

func (d *downloader) close() {
	if d.conn != nil {
		d.conn.Close()
		d.conn = nil
	}
}
