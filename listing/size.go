package listing

import "strconv"

// appendSize appends a number of bytes as people read it, "6.1 GiB", and
// nothing if it is negative: not known.
func appendSize(b []byte, size int64) []byte {
	switch {
	case size < 0:
		return b
	case size < 1024:
		return append(strconv.AppendInt(b, size, 10), " B"...)
	}
	const units = "KMGTPE"
	unit, scaled := 0, float64(size)/1024
	for scaled >= 1023.5 { // what would be shown as 1024
		scaled /= 1024
		unit++
	}
	digits := 0
	if scaled < 9.95 { // what would be shown as 10.0
		digits = 1
	}
	b = strconv.AppendFloat(b, scaled, 'f', digits, 64)
	return append(b, ' ', units[unit], 'i', 'B')
}

// appendCount appends a number with a comma between thousands.
func appendCount(b []byte, n int) []byte {
	if n >= 1000 {
		b = append(appendCount(b, n/1000), ',')
		n %= 1000
		b = append(b, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
		return b
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// count returns a number with what is counted.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return string(appendCount(nil, n)) + " " + many
}
