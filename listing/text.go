package listing

import (
	"bufio"
	"errors"
	"io"
)

// Text writes the folder as lines, a name on each, that of a folder with a
// slash at its end.
func Text(w io.Writer, folder *Folder) error {
	b := bufio.NewWriterSize(w, bufferSize)
	folder.Waiting = func() { flush(b, w) }
	for e, err := range folder.Entries {
		var limit Limit
		if errors.As(err, &limit) {
			b.WriteString("(" + limit.Error() + ")\n")
			break
		}
		if err != nil {
			return err
		}
		b.WriteString(display(e.Dir))
		b.WriteString(display(e.Name))
		if e.IsDir {
			b.WriteByte('/')
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}
