package fileserver

import (
	"io/fs"
	"path"
)

// resource is what a target was found to be: a file that is open, or else a
// directory to be listed.
type resource struct {
	target    target
	name      string // below the root: of the target, or of the index
	file      fs.File
	info      fs.FileInfo // of file
	dir       directory   // that holds the file, or that is to be listed
	slashless bool        // the target lacks the slash of a directory
}

func (r resource) close() {
	if r.file != nil {
		r.file.Close()
	}
	r.dir.close()
}

// find looks a target up. Whatever cannot be sent is an error.
func (s *Server) find(t target) (resource, error) {
	if !s.showHidden && isHidden(t.name) {
		return resource{}, ErrHidden
	}
	if t.slash {
		dir, err := s.rootDirectory().sub(t.name)
		if err != nil {
			return resource{}, err
		}
		return s.findIndex(dir, t)
	}
	dir, err := s.rootDirectory().sub(path.Dir(t.name))
	if err != nil {
		return resource{}, err
	}
	base := path.Base(t.name)
	info, err := dir.stat(base)
	if err == nil && info.IsDir() {
		defer dir.close()
		sub, err := dir.sub(base)
		if err != nil {
			return resource{}, err
		}
		return s.findIndex(sub, t)
	}
	res := resource{target: t, name: t.name, dir: dir}
	if err == nil {
		res.file, res.info, err = s.open(dir, base, info)
	}
	if err != nil {
		dir.close()
		return resource{}, err
	}
	return res, nil
}

// findIndex finds what stands for a directory, which it takes over: its index,
// or its listing.
func (s *Server) findIndex(dir directory, t target) (resource, error) {
	res := resource{target: t, name: t.name, dir: dir, slashless: !t.slash}
	for _, base := range s.index {
		info, err := dir.stat(base)
		if err == nil {
			res.file, res.info, err = s.open(dir, base, info)
		}
		switch {
		case err == nil:
			res.name = path.Join(t.name, base)
			return res, nil
		case !isAbsence(err):
			dir.close()
			return resource{}, err
		}
	}
	if s.noListing || s.fallback != nil {
		dir.close()
		return resource{}, errNoIndex
	}
	return res, nil
}
