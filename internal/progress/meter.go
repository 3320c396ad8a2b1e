package progress

import "time"

const (
	// window is what a speed is the mean of: at least half of it, and more if
	// little comes, as counts move in steps.
	window = 4 * time.Second

	// stalledAfter is when nothing moves any more. Counts in steps of 512 KiB
	// are that far apart at 35 KiB a second.
	stalledAfter = 15 * time.Second
)

// meter measures how fast a count grows. Times are since its start.
type meter struct{ older, newer, last mark }

type mark struct {
	at    time.Duration
	bytes int64
}

// observe takes the count as of now.
func (m *meter) observe(now time.Duration, bytes int64) {
	if bytes == m.last.bytes {
		return
	}
	m.last = mark{now, bytes}
	if now-m.newer.at >= window/2 {
		m.older, m.newer = m.newer, m.last
	}
}

// rate returns bytes a second.
func (m *meter) rate(now time.Duration) float64 {
	elapsed := (now - m.older.at).Seconds()
	if elapsed <= 0 || m.stalled(now) {
		return 0
	}
	return max(0, float64(m.last.bytes-m.older.bytes)/elapsed)
}

func (m *meter) stalled(now time.Duration) bool { return now-m.last.at >= stalledAfter }
