package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// moveNew renames what is in f to a name in the folder to that nothing has. The
// system decides that in one step, so that no two can get one name.
func (f *folder) moveNew(name string, to *folder, newName string) error {
	err := renameNew(f.self, name, to.self, newName)
	if errors.Is(err, errors.ErrUnsupported) {
		err = f.linkNew(name, to, newName)
	}
	return fault(err)
}

// move renames what is in f, and replaces the file that has the name.
func (f *folder) move(name string, to *folder, newName string) error {
	if f.name == to.name {
		return fault(f.root.Rename(name, newName))
	}
	return fault(f.top.Rename(join(f.name, name), join(to.name, newName)))
}

// linkNew does what moveNew does where the system has no call for it: a file
// gets a second name, and then loses its first.
func (f *folder) linkNew(name string, to *folder, newName string) error {
	info, err := f.root.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return f.moveFolder(name, to, newName)
	}
	err = f.top.Link(join(f.name, name), join(to.name, newName))
	switch {
	case err == nil:
		return f.root.Remove(name)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	return f.claimNew(name, to, newName)
}

// claimNew is for file systems without links, such as FAT: an empty file holds
// the name until it is replaced.
func (f *folder) claimNew(name string, to *folder, newName string) error {
	claim, err := to.root.OpenFile(newName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	claim.Close()
	if err := f.move(name, to, newName); err != nil {
		to.root.Remove(newName)
		return err
	}
	return nil
}

// moveFolder moves a folder. If another one gets the name at the same time, it
// is replaced only if it is empty.
func (f *folder) moveFolder(name string, to *folder, newName string) error {
	if _, err := to.root.Lstat(newName); err == nil {
		return fmt.Errorf("%w: %q", ErrExists, newName)
	}
	return f.move(name, to, newName)
}
