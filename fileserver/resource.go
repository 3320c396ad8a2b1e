package fileserver

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// resource is what a target was found to be: a file, or else a directory to be
// listed.
type resource struct {
	target    target
	slashless bool // the target lacks the slash of a directory

	dir  directory // that holds the file, or that is to be listed
	name string    // of the file or directory, below the root
	base string    // of the file, in dir; "" for a directory

	file      fs.File     // open; nil if the file is there in coded form only
	info      fs.FileInfo // of file
	sidecars  sidecars
	mediaType string // once it is known
}

func (r *resource) close() {
	if r.file != nil {
		r.file.Close()
	}
	r.dir.close()
}

// locate looks a target up below the prefix of the files.
func (s *Server) locate(t target) (resource, error) {
	if s.prefix == "" {
		return s.find(t)
	}
	rest, ok := strings.CutPrefix(t.name, s.prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return resource{}, errBeside
	}
	res, err := s.find(target{cmp.Or(strings.TrimPrefix(rest, "/"), "."), t.slash})
	res.target = t
	return res, err
}

// find looks a target up. Whatever cannot be sent is an error.
func (s *Server) find(t target) (resource, error) {
	if s.isDropBox(t.name) || t.name == "." && s.home != "" { // whose index is not looked for
		dir, err := s.rootDirectory().sub(t.name)
		return resource{target: t, name: t.name, dir: dir, slashless: !t.slash}, err
	}
	if err := s.barred(t.name); err == ErrHidden {
		if _, err := s.rootDirectory().stat(t.name); err != nil {
			return resource{}, err // so that nobody is told to show what is not there
		}
		return resource{}, ErrHidden
	} else if err != nil || s.inPrivateFolder(t.name) {
		return resource{}, errPrivate
	}
	if t.slash || t.name == "." {
		dir, err := s.rootDirectory().sub(t.name)
		if err != nil {
			return resource{}, err
		}
		return s.findIndex(resource{target: t, name: t.name, dir: dir, slashless: !t.slash})
	}
	dir, err := s.rootDirectory().sub(path.Dir(t.name))
	if err != nil {
		return resource{}, err
	}
	res := resource{target: t, dir: dir, name: t.name}
	base := path.Base(t.name)
	info, err := dir.stat(base)
	if err == nil && info.IsDir() {
		defer dir.close()
		if res.dir, err = dir.sub(base); err != nil {
			return resource{}, err
		}
		res.slashless = true
		return s.findIndex(res)
	}
	if err = s.findFile(&res, base, info, err); err != nil {
		dir.close()
		return resource{}, err
	}
	return res, nil
}

// findIndex finds what stands for a directory: its index, or its listing.
func (s *Server) findIndex(res resource) (resource, error) {
	for _, base := range s.index {
		info, err := res.dir.stat(base)
		err = s.findFile(&res, base, info, err)
		if err == nil {
			res.name = path.Join(res.name, base)
			return res, nil
		}
		if !isAbsence(err) {
			res.dir.close()
			return resource{}, err
		}
	}
	if s.noListing || s.fallback != nil {
		res.dir.close()
		return resource{}, errNoIndex
	}
	return res, nil
}

// findFile has res be the file base of its directory, given what a look at that
// name brought. A file that does not exist may be there in coded form.
func (s *Server) findFile(res *resource, base string, info fs.FileInfo, err error) error {
	var file fs.File
	if err == nil {
		if file, info, err = s.open(res.dir, base, info); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found := s.findSidecars(res.dir, base, info)
	if file == nil && found.set() == 0 {
		return err
	}
	res.base, res.file, res.info, res.sidecars = base, file, info, found
	return nil
}
