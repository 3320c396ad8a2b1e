//go:build linux || darwin

package fileserver

import (
	"encoding/binary"
	"io/fs"
	"syscall"
	"time"
)

// fileID tells a file from all others, and one state of it from the next as
// far as times go: ctime cannot be set by a program.
type fileID struct {
	device, inode uint64
	changed       syscall.Timespec
}

// lasting returns what stays the same as long as the file is there.
func (id fileID) lasting() fileID { return fileID{device: id.device, inode: id.inode} }

// changedAt returns the time of the last change, zero if it is not known.
func (id fileID) changedAt() time.Time {
	if id == (fileID{}) {
		return time.Time{}
	}
	return time.Unix(id.changed.Unix())
}

// appendTo adds what tells the file and its state from others.
func (id fileID) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, id.device)
	b = binary.LittleEndian.AppendUint64(b, id.inode)
	b = binary.LittleEndian.AppendUint64(b, uint64(id.changed.Sec))
	return binary.LittleEndian.AppendUint64(b, uint64(id.changed.Nsec))
}

// identify returns the zero fileID for what is no file of the system.
func identify(info fs.FileInfo) fileID {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileID{uint64(stat.Dev), stat.Ino, changeTime(stat)}
	}
	return fileID{}
}
