package fileserver

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/gserve/gserve/listing"
)

// resource is what a target was found to be: a file, or else a directory to be
// listed.
type resource struct {
	target    target
	slashless bool   // the target lacks the slash of a directory
	shorter   string // reference to the clean URL; "" if the target has it

	dir    directory // that holds the file, or that is to be listed
	folder string    // name of dir below the root
	name   string    // of the file or directory, below the root
	base   string    // of the file, in dir; "" for a directory

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
	res, err := s.find(target{name: cmp.Or(strings.TrimPrefix(rest, "/"), "."), slash: t.slash})
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
		return s.findFolder(t)
	}
	dir, err := s.rootDirectory().sub(path.Dir(t.name))
	if err != nil {
		return resource{}, err
	}
	res := resource{target: t, dir: dir, folder: path.Dir(t.name), name: t.name}
	base := path.Base(t.name)
	info, err := dir.stat(base)
	if err == nil && info.IsDir() {
		if s.cleanURLs && !s.hasIndex(dir, base) && s.findPage(&res, dir, base) == nil {
			res.name += pageSuffix
			return res, nil
		}
		defer dir.close()
		if res.dir, err = dir.sub(base); err != nil {
			return resource{}, err
		}
		res.folder, res.slashless = t.name, true
		return s.findIndex(res)
	}
	if err = s.findFile(&res, base, info, err); isAbsence(err) && s.findPage(&res, dir, base) == nil {
		res.name += pageSuffix
		return res, nil
	}
	if err != nil {
		dir.close()
		return resource{}, err
	}
	res.shorter = s.shorter(t, dir)
	return res, nil
}

// findFolder finds what stands for a directory that was asked for as one. One
// that is none may be the clean URL of a page with a slash too many.
func (s *Server) findFolder(t target) (resource, error) {
	res, err := s.findFolderOnly(t)
	if !s.cleanURLs || t.name == "." || err == nil && res.base != "" || err != nil && !isAbsence(err) {
		return res, err
	}
	page, missing := s.find(target{name: t.name, exact: true})
	if missing != nil {
		return res, err
	}
	if page.base == "" || page.name != t.name+pageSuffix {
		page.close()
		return res, err
	}
	if err == nil {
		res.close()
	}
	page.target, page.shorter = t, "../"+listing.Reference(path.Base(t.name))
	return page, nil
}

func (s *Server) findFolderOnly(t target) (resource, error) {
	dir, err := s.rootDirectory().sub(t.name)
	if err != nil {
		return resource{}, err
	}
	return s.findIndex(resource{target: t, folder: t.name, name: t.name, dir: dir, slashless: !t.slash})
}

// findIndex finds what stands for a directory: its index, or its listing.
func (s *Server) findIndex(res resource) (resource, error) {
	for _, base := range s.index {
		if s.leadsAside(&res, base) {
			continue
		}
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
	found := s.findSidecars(res, base, info)
	if file == nil && found.set() == 0 {
		return err
	}
	res.base, res.file, res.info, res.sidecars = base, file, info, found
	return nil
}
