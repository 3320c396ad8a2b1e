package hook

import (
	"bufio"
	"io"
	"strings"
)

// maxLine is where a line of standard error is cut in two.
const maxLine = 8 << 10

// logLines hands every line of r to log, until r ends.
func logLines(r io.Reader, log func(string)) {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			log(strings.TrimRight(string(line), "\r\n"))
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}
