package progress

import (
	"fmt"
	"math"
	"time"
)

// size returns a number of bytes as people read it.
func size(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	amount, units := float64(n)/(1<<10), "KMGTPE"
	for amount >= 1023.5 {
		amount /= 1 << 10
		units = units[1:]
	}
	if amount < 9.95 {
		return fmt.Sprintf("%.1f %ciB", amount, units[0])
	}
	return fmt.Sprintf("%.0f %ciB", amount, units[0])
}

// speed returns bytes a second as people read them.
func speed(rate float64) string {
	return size(int64(min(rate, 1<<62))) + "/s"
}

// percent returns how much of a total is done; 100 is all of it. A total of -1
// or 0 has no parts.
func percent(done, total int64) (int, bool) {
	if total <= 0 {
		return 0, false
	}
	if done >= total {
		return 100, true
	}
	return min(99, int(float64(max(done, 0))/float64(total)*100)), true
}

// took returns how long something lasted.
func took(d time.Duration) string {
	switch seconds := int64(d.Round(time.Second) / time.Second); {
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
	default:
		return fmt.Sprintf("%d h %d min", seconds/3600, seconds/60%60)
	}
}

// left returns how long the rest of a transfer takes at some bytes a second, as
// roughly as that is known. It is "" if nobody would wait.
func left(bytes int64, rate float64) string {
	seconds := math.Ceil(float64(bytes) / rate)
	switch {
	case rate <= 0 || seconds > 99*3600:
		return ""
	case seconds <= 10:
		return fmt.Sprintf("%.0f s left", max(1, seconds))
	case seconds <= 55:
		return fmt.Sprintf("%.0f s left", math.Ceil(seconds/5)*5)
	case seconds <= 59.5*60:
		return fmt.Sprintf("%.0f min left", math.Round(seconds/60))
	case seconds < 10*3600:
		tens := int(math.Round(seconds / 600))
		if tens%6 == 0 {
			return fmt.Sprintf("%d h left", tens/6)
		}
		return fmt.Sprintf("%d h %d min left", tens/6, tens%6*10)
	}
	return fmt.Sprintf("%.0f h left", math.Round(seconds/3600))
}
