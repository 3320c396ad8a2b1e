package fileserver

import (
	"io"
	"io/fs"
	"path"
)

// directory is where a request looks: it is found once, and then only base
// names are looked up in it. So a sidecar or an index is that of the very
// directory that the file came from, and a deep path is walked once.
type directory struct {
	fsys   fs.FS
	prefix string    // of fsys, "." if it is the directory itself
	closer io.Closer // nil if there is nothing to close
}

// rootDirectory returns the directory at the root of the server.
func (s *Server) rootDirectory() directory {
	return directory{fsys: s.root, prefix: "."}
}

// sub returns the directory of this name, which may have several components.
// A file system with handles of directories, such as a [Root], gives one; one that
// has a Visit gives one of the directory itself, too, for this request.
func (d directory) sub(name string) (directory, error) {
	if name == "." {
		if visited, ok := d.fsys.(interface{ Visit() fs.FS }); ok {
			fsys := visited.Visit()
			closer, _ := fsys.(io.Closer)
			return directory{fsys: fsys, prefix: ".", closer: closer}, nil
		}
		return directory{fsys: d.fsys, prefix: d.prefix}, nil
	}
	name = d.join(name)
	if handles, ok := d.fsys.(interface {
		fs.SubFS
		io.Closer
	}); ok {
		fsys, err := handles.Sub(name)
		if err != nil {
			return directory{}, err
		}
		closer, _ := fsys.(io.Closer)
		return directory{fsys: fsys, prefix: ".", closer: closer}, nil
	}
	info, err := fs.Stat(d.fsys, name)
	if err != nil {
		return directory{}, err
	}
	if !info.IsDir() {
		return directory{}, errNotDirectory
	}
	return directory{fsys: d.fsys, prefix: name}, nil
}

// join returns the name of an entry as fsys spells it.
func (d directory) join(name string) string {
	if d.prefix == "." {
		return name
	}
	return path.Join(d.prefix, name)
}

func (d directory) close() {
	if d.closer != nil {
		d.closer.Close()
	}
}

// stat describes an entry, having followed links.
func (d directory) stat(base string) (fs.FileInfo, error) {
	return fs.Stat(d.fsys, d.join(base))
}

// read returns the entries of the directory.
func (d directory) read() ([]fs.DirEntry, error) {
	return fs.ReadDir(d.fsys, d.prefix)
}

// open opens an entry that has just been described as info. It does so only
// after that look: to open a FIFO or a device is to act on it, and the process
// at its other end would notice.
func (s *Server) open(d directory, base string, info fs.FileInfo) (fs.File, fs.FileInfo, error) {
	if !info.Mode().IsRegular() {
		return nil, nil, errNotRegular
	}
	f, err := d.fsys.Open(d.join(base))
	if err != nil {
		return nil, nil, err
	}
	// What is described, judged and sent is the file that is open now.
	if info, err = f.Stat(); err == nil {
		err = s.servable(info)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// servable returns nil if a file of this kind may be sent.
func (s *Server) servable(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	if s.isPrivate(info) {
		return errPrivate
	}
	return nil
}

// isPrivate reports whether a file is one of those that are never sent.
func (s *Server) isPrivate(info fs.FileInfo) bool {
	for _, private := range s.private {
		if private.is(info) {
			return true
		}
	}
	return false
}
