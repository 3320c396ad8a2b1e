package zipsite

import (
	"encoding/binary"
	"strings"
	"time"
)

// modified returns when an entry was modified, to the second. A time that is
// not set, not one, or still to come is that of the archive, so that it changes
// with every new archive.
func (r *record) modified(archive, now time.Time) time.Time {
	t := r.universalTime()
	if t.IsZero() {
		t = dosTime(r.date, r.time)
	}
	if t.IsZero() || t.Unix() <= 0 || t.After(now) {
		t = archive
	}
	return time.Unix(t.Unix(), 0)
}

// universalTime returns the time from the extra field that has one with a zone,
// zero if there is none.
func (r *record) universalTime() time.Time {
	seconds := func(b []byte) time.Time { return time.Unix(int64(int32(binary.LittleEndian.Uint32(b))), 0) }
	if f := r.field(extraTimestamp); len(f) >= 5 && f[0]&1 != 0 {
		return seconds(f[1:])
	}
	if f := r.field(extraNTFS); len(f) >= 32 && binary.LittleEndian.Uint16(f[4:]) == 1 {
		return ntfsTime(binary.LittleEndian.Uint64(f[8:]))
	}
	for _, id := range []uint16{extraUnix, extraOldUnix} {
		if f := r.field(id); len(f) >= 8 {
			return seconds(f[4:]) // after the time of the last access
		}
	}
	return time.Time{}
}

// ntfsTime reads a count of 100 ns since 1601.
func ntfsTime(ticks uint64) time.Time {
	const perSecond, epoch = 10_000_000, -11_644_473_600
	return time.Unix(int64(ticks/perSecond)+epoch, 0)
}

// dosTime reads a time as DOS has it, which tells no zone: it is that of this
// machine, as to unzip. The first one there is stands for none.
func dosTime(date, clock uint16) time.Time {
	const first = 1<<5 | 1 // 1980-01-01
	year, month, day := 1980+int(date>>9), time.Month(date>>5&15), int(date&31)
	hour, minute, second := int(clock>>11), int(clock>>5&63), int(clock&31)*2
	if date == first && clock == 0 || month < 1 || month > 12 || day == 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}
	}
	return time.Date(year, month, day, hour, minute, second, 0, time.Local)
}

// stamp returns the time that stands for one state of a file: its second, and
// below that what comes of its checksum. An entity tag is made of time and size,
// and the times of an archive are too coarse to tell one build from the next.
//
// A coded file must not seem older than its original of the same second, so it
// has the later half of it.
func stamp(name string, modified time.Time, crc uint32) int64 {
	const half = int64(time.Second / 2)
	ns := int64(crc) % half
	for _, suffix := range []string{".gz", ".zst", ".br"} {
		if strings.HasSuffix(name, suffix) {
			ns += half
		}
	}
	return modified.Unix()*int64(time.Second) + ns
}
