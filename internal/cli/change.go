package cli

import (
	"fmt"
	"io/fs"
	"net/http"
	"path"
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
		Refused: func(name string) bool { return reader.Bars(name) || c.takesFolder(name) },
		ETag:    func(info fs.FileInfo) string { return string(fileserver.TagOf(info, time.Now())) },
		Log:     func(err error) { sys.say(err.Error()) },
	})
	if err != nil {
		return made, explainPath("write to", path.Join(src.folder, c.UploadFolder), err)
	}
	made.store = kept
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
		fileserver.WithFilter(sandbox(c.UploadFolder)),
		fileserver.WithChanges(c.UploadFolder, listing.Changes{
			Upload: c.Upload, MakeFolder: c.Mkdir, Delete: c.Delete, Move: c.Move, MaxUpload: c.MaxUpload,
		}))
	if c.isDropBox() {
		made.options = append(made.options, fileserver.WithDropBox(c.UploadFolder))
	}
	return made, nil
}

// without returns the words that are not among others.
func without(words []string, others ...string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(others, word) })
}

// isDropBox reports whether what is put in the folder for uploads cannot be had.
func (c *Config) isDropBox() bool { return c.Upload && c.NoListing }

// takesFolder reports whether a file of this name would be shown in place of
// others, or have a say in how they are served.
func (c *Config) takesFolder(name string) bool {
	base := path.Base(name)
	if slices.Contains(c.Index, base) {
		return true
	}
	return base == "index.html" || base == "index.htm" || base == errorPage || name == rules.RedirectsName || name == rules.HeadersName
}
