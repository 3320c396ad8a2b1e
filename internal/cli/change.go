package cli

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/rules"
	"github.com/gserve/gserve/internal/store"
	"github.com/gserve/gserve/internal/upload"
	"github.com/gserve/gserve/internal/webdav"
	"github.com/gserve/gserve/listing"
)

// changes is what lets clients change what is served, and list it as a drive.
type changes struct {
	options []fileserver.Option
	store   *store.Store // nil if nothing can be changed
}

func (c *changes) close() error {
	if c.store == nil {
		return nil
	}
	return c.store.Close()
}

// allowChanges lets clients change what c says they may, in the folder of src.
// reader tells what is none of their business: what cannot be read cannot be
// changed, either. The caller closes what it returns.
func (sys System) allowChanges(c Config, src source, reader *fileserver.Server, begin func(client, name string, total int64) (moved func(int64), end func(error))) (changes, error) {
	var made changes
	log := func(r *http.Request, err error) { sys.say(r.Method + " " + r.RequestURI + ": " + err.Error()) }
	if !c.writes() {
		drive, err := webdav.New(webdav.Config{Root: src.root, Shows: reader.Shows, Log: log})
		if err == nil {
			made.options = append(made.options, fileserver.WithWriter(drive, drive.Methods()...))
		}
		return made, err
	}
	if src.folder == "" {
		return made, advise(fmt.Errorf("%q cannot be changed", c.folder()), "uploads need a folder to go to")
	}
	kept, err := store.Open(src.folder, store.Options{
		Below: c.UploadFolder, Overwrite: c.Overwrite, Hidden: c.Hidden || c.Python, Max: c.MaxUpload,
		Refused: func(name string) bool { return reader.Bars(name) || c.takesFolder(src.root, name) },
		ETag:    func(info fs.FileInfo) string { return string(fileserver.TagOf(info, time.Now())) },
		Log:     func(err error) { sys.say(err.Error()) },
	})
	if err != nil {
		return made, explainPath("write to", path.Join(src.folder, c.UploadFolder), err)
	}
	made.store = kept
	if err := tryWriting(kept, c.UploadFolder); err != nil && c.Upload {
		return made, explainPath("write to", filepath.Join(src.folder, c.UploadFolder), err)
	}
	handler, err := upload.New(upload.Config{
		Store: kept, Upload: c.Upload, Mkdir: c.Mkdir, Delete: c.Delete, Move: c.Move,
		DropBox: c.isDropBox(), Log: log, Begin: begin,
	})
	if err != nil {
		return made, err
	}
	writer, methods := http.Handler(handler), without(strings.Split(handler.Allow(), ", "), "GET", "HEAD")
	if c.WebDAV {
		drive, err := webdav.New(webdav.Config{
			Root: src.root, Shows: reader.Shows, Store: kept, Writer: handler,
			Upload: c.Upload, Mkdir: c.Mkdir, Delete: c.Delete, Move: c.Move, Log: log,
		})
		if err != nil {
			return made, err
		}
		writer, methods = drive, append(methods, drive.Methods()...)
	}
	made.options = append(made.options,
		fileserver.WithWriter(writer, methods...),
		fileserver.WithMount(upload.ResourcePrefix, handler),
		fileserver.WithFilter(sandbox(func(name string) bool { return reader.LeadsInto(name, c.UploadFolder) })),
		fileserver.WithChanges(c.UploadFolder, listing.Changes{
			Upload: c.Upload, MakeFolder: c.Mkdir, Delete: c.Delete, Move: c.Move, MaxUpload: c.MaxUpload,
		}))
	if c.isDropBox() {
		made.options = append(made.options, fileserver.WithDropBox(c.UploadFolder))
	}
	return made, nil
}

// tryWriting fails if nobody can write to the folder, which is better known
// before the first who wants to.
func tryWriting(kept *store.Store, folder string) error {
	draft, err := kept.Create(folder, store.Meta{Length: -1})
	if err != nil {
		return err
	}
	return draft.Abort()
}

// without returns the words that are not among others.
func without(words []string, others ...string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(others, word) })
}

// isDropBox reports whether what is put in the folder for uploads cannot be had.
func (c *Config) isDropBox() bool { return c.Upload && c.NoListing }

// takesFolder reports whether a file of this name would be shown in place of
// others, or have a say in how they are served. Case does not matter on every
// file system.
func (c *Config) takesFolder(root fs.FS, name string) bool {
	isBase := func(other string) bool { return strings.EqualFold(path.Base(name), other) }
	if slices.ContainsFunc(c.Index, isBase) || slices.ContainsFunc([]string{"index.html", "index.htm", errorPage}, isBase) {
		return true
	}
	if stem := len(name) - len(".html"); c.CleanURLs && stem > 0 && strings.EqualFold(name[stem:], ".html") {
		if info, err := fs.Stat(root, name[:stem]); err == nil && info.IsDir() {
			return true
		}
	}
	return strings.EqualFold(name, rules.RedirectsName) || strings.EqualFold(name, rules.HeadersName) || c.SPA != "" && strings.EqualFold(name, c.SPA)
}

// checkPrograms refuses uploads to where programs are loaded from: what somebody
// puts there would be run.
func (c *Config) checkPrograms(src source) error {
	if !c.writes() || src.folder == "" {
		return nil
	}
	for _, h := range c.Handlers {
		folder := cmp.Or(c.AppDir, ".")
		switch file, _, _ := strings.Cut(h.Spec, ":"); {
		case h.Kind == Forward:
			continue
		case h.Kind == CGI:
			folder = filepath.Dir(h.Spec)
		case strings.HasSuffix(file, ".py"):
			folder = filepath.Dir(filepath.Join(folder, file))
		}
		if _, ok := below(filepath.Join(src.folder, c.UploadFolder), folder); ok {
			return advise(fmt.Errorf("the code of %q lies where clients may write: they could have theirs run", h.Spec),
				"name another folder: --upload=inbox, or the app's: --app-dir")
		}
	}
	return nil
}
