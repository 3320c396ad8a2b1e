package hook

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gserve/gserve/fileserver"
)

var (
	errNotExecutable = errors.New("not executable; try chmod +x")
	errNotProgram    = errors.New("not a regular file")
	errFolder        = errors.New("folder of programs, which are not listed")
	errDotName       = errors.New("name begins with a dot")
	errReplaced      = errors.New("another file has taken its place meanwhile")
	errNoInterpreter = errors.New("its interpreter was not found")
	errNotOnDisk     = errors.New("file system is not a folder on disk, so its programs cannot be run")
)

// program is an executable file that was found for a request, and what the
// request says of it.
//
// It is run as "./base" within the folder that is open, not by its path: a
// folder on the way that is replaced by a link meanwhile leads nowhere else.
// Its own name could still be given to another file between the look and the
// start. Whoever can do that can as well edit the program, so nothing is gained
// by it; and to run the open file itself (/dev/fd/N) would have interpreters
// miss the modules beside it.
type program struct {
	folder *os.File
	dir    string // absolute path of folder
	base   string
	python string // what runs it; "" if it runs by itself

	scriptName string // decoded path of the URL that leads to it
	pathInfo   string
	translated string // PATH_TRANSLATED; "" if there is none
	docRoot    string // "" if there is none
}

// Close lets go of the folder. A process that has been started is not affected.
func (p *program) Close() error { return p.folder.Close() }

// path returns where the program is on disk.
func (p *program) path() string { return filepath.Join(p.dir, p.base) }

// argv returns the command: nothing of the request gets into it.
func (p *program) argv() []string {
	if p.python != "" {
		return []string{p.python, "-u", "./" + p.base} // -u: output comes as it is printed
	}
	return []string{"./" + p.base}
}

// oneProgram has one program answer all below a prefix.
type oneProgram struct {
	cgi          *CGI
	prefix       []string
	folder, base string
}

func (o *oneProgram) open() (*program, error) {
	return openProgram(fileserver.Unconfined(o.folder), ".", o.base, o.cgi.config.Python)
}

func (o *oneProgram) find(path requestPath) (*program, error) {
	n, ok := path.below(o.prefix)
	if !ok {
		return nil, errElsewhere
	}
	p, err := o.open()
	if err != nil {
		return nil, err
	}
	if len(o.prefix) > 0 {
		p.scriptName = "/" + strings.Join(o.prefix, "/")
	}
	p.pathInfo = path.info(n)
	return p, nil
}

// programFolders finds programs in folders of a file system.
type programFolders struct {
	cgi     *CGI
	root    fs.FS
	folders [][]string // longest first
}

func (f *programFolders) find(path requestPath) (*program, error) {
	for _, folder := range f.folders {
		if n, ok := path.below(folder); ok {
			return f.walk(strings.Join(folder, "/"), path, n)
		}
	}
	return nil, errElsewhere
}

// walk follows path from its segment n on, through folders to a program. What
// is behind that is PATH_INFO.
func (f *programFolders) walk(folder string, path requestPath, n int) (*program, error) {
	if _, err := fs.Stat(f.root, folder); err != nil {
		return nil, err
	}
	for ; n < len(path); n++ {
		segment := path[n].text
		switch {
		case segment == "":
			continue
		case segment[0] == '.':
			return nil, errDotName
		case strings.Contains(segment, "/"):
			return nil, errPathName
		}
		name := folder + "/" + segment
		info, err := fs.Stat(f.root, name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return f.program(folder, segment, path.info(n+1))
		}
		folder = name
	}
	return nil, errFolder
}

func (f *programFolders) program(folder, base, pathInfo string) (*program, error) {
	p, err := openProgram(f.root, folder, base, f.cgi.config.Python)
	if err != nil {
		return nil, err
	}
	p.scriptName, p.pathInfo = "/"+folder+"/"+base, pathInfo
	top, docRoot, err := openFolder(f.root, ".")
	if err != nil {
		p.Close()
		return nil, err
	}
	top.Close()
	p.docRoot = docRoot
	if pathInfo != "" {
		p.translated = filepath.Join(p.docRoot, filepath.FromSlash(pathInfo))
		if strings.HasSuffix(pathInfo, "/") {
			p.translated += string(filepath.Separator)
		}
	}
	return p, nil
}

// openProgram opens the folder of a program, and finds out how it is run.
func openProgram(root fs.FS, folder, base, python string) (*program, error) {
	info, err := fs.Stat(root, path.Join(folder, base))
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotProgram // a FIFO, for one, would hang whoever opens it
	}
	p := &program{base: base}
	executable := info.Mode().Perm()&0o111 != 0
	switch ext := strings.ToLower(path.Ext(base)); {
	case (ext == ".py" || ext == ".pyw") && !(executable && saysInterpreter(root, path.Join(folder, base))):
		p.python = python
	case !executable:
		return nil, errNotExecutable
	}
	if p.folder, p.dir, err = openFolder(root, folder); err != nil {
		return nil, err
	}
	if now, err := os.Stat(filepath.Join(p.pinned(), base)); err != nil || !os.SameFile(now, info) {
		p.Close()
		return nil, errReplaced
	}
	return p, nil
}

// openFolder opens a folder on disk. dir is its absolute path.
func openFolder(root fs.FS, name string) (folder *os.File, dir string, err error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, "", err
	}
	folder, ok := f.(*os.File)
	if !ok {
		f.Close()
		return nil, "", errNotOnDisk
	}
	if dir, err = filepath.Abs(folder.Name()); err != nil {
		folder.Close()
		return nil, "", err
	}
	return folder, dir, nil
}

// saysInterpreter reports whether a file begins with "#!".
func saysInterpreter(root fs.FS, name string) bool {
	f, err := root.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [2]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "#!"
}
