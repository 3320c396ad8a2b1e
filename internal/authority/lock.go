package authority

import (
	"fmt"
	"path/filepath"
	"time"
)

// patience is how long to wait for the lock of a folder. Who has it makes two
// keys and writes a file.
const patience = 10 * time.Second

// lock keeps other processes from changing the files in a folder until unlock is
// called, or this process ends. It fails if it has not got the lock in time.
func lock(dir string, wait time.Duration) (unlock func(), err error) {
	name := filepath.Join(dir, ".lock")
	for end := time.Now().Add(wait); ; time.Sleep(10 * time.Millisecond) {
		f, err := tryLock(name)
		if err != nil {
			return nil, err
		}
		if f != nil {
			return func() { f.Close() }, nil
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("another process has locked %q for %v; end it, and try again", name, wait)
		}
	}
}
