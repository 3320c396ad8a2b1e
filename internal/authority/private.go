package authority

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds what is read of a file: ours have 3 KiB.
const maxFile = 64 << 10

// openFolder makes the folder if need be, and closes it to others. The notice
// tells of a change to one that was there.
func openFolder(dir string) (notice string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() { // a link to a file, of which MkdirAll has not complained
		return "", fmt.Errorf("%q is not a folder", dir)
	}
	if err := checkOwner(info); err != nil {
		return "", fmt.Errorf("%q %w", dir, err)
	}
	if !isOpenToOthers(info) {
		return "", nil
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", err
	}
	return fmt.Sprintf("the folder %q was open to others (mode %04o), and is no longer", dir, info.Mode().Perm()), nil
}

// readPrivate reads a file that nobody else may read. One that others could
// read is closed to them, and the notice tells of it. One that others could
// write may not be what we wrote, and is refused.
func readPrivate(name string) (data []byte, notice string, err error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	if err := checkOwner(info); err != nil {
		return nil, "", err
	}
	mode := info.Mode().Perm()
	if isOpenToOthers(info) {
		if mode&0o022 != 0 {
			return nil, "", fmt.Errorf("others can write it (mode %04o); %s", mode, howToReplace)
		}
		if err := f.Chmod(0o600); err != nil {
			return nil, "", err
		}
		notice = fmt.Sprintf("others could read the private key in %q (mode %04o), and no longer can; if they may have, %s",
			name, mode, howToReplace)
	}
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is too large; %s", howToReplace)
	}
	return data, notice, err
}

// openRegular opens a file. A pipe, on which opening would wait, is none.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is not a file")
	}
	if err != nil {
		return nil, plain(err)
	}
	f, err := os.Open(name)
	return f, plain(err)
}

// plain returns an error without the name of the file, which the caller tells.
func plain(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// writePrivate writes a file that nobody else may read. Whoever opens it, at any
// time and after a power cut, finds it whole or as it was before. The caller has
// the lock of the folder.
func writePrivate(name string, data []byte) error {
	dir, base := filepath.Split(name)
	sweep(dir, base)
	f, err := os.CreateTemp(dir, "."+base+"-*") // with the mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	syncFolder(dir)
	return nil
}

// sweep removes what a process has left that ended in the midst of writing.
func sweep(dir, base string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+base+"-") {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
