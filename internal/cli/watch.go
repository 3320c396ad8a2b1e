package cli

import (
	"context"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/live"
	"github.com/gserve/gserve/internal/reload"
)

// watchPages has pages show what is saved. It comes after all that edits the
// fields of answers.
func (r *run) watchPages(ctx context.Context) error {
	folders := r.pageFolders()
	if len(folders) == 0 {
		return nil
	}
	pages := live.New(live.Options{Roots: folders})
	watcher, err := reload.New(reload.Options{Roots: folders, Patterns: []string{"*"}, Changed: pages.Changed, Log: r.say})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, pages.Close, watcher.Close)
	context.AfterFunc(ctx, func() { pages.Close() }) // or the streams would hold up the end
	r.options = append(r.options, fileserver.WithMount(pages.Path(), pages),
		fileserver.WithTransform("text/html", pages.Inject), fileserver.WithFilter(pages.Filter))
	return nil
}

// pageFolders returns the folders whose pages are to be watched.
func (r *run) pageFolders() []string {
	c := &r.config
	if !c.Watch || c.Python || c.Paths == nil && c.hasHandlerOfAll() {
		return nil
	}
	if r.source.folder != "" {
		return []string{r.source.folder}
	}
	return r.source.folders
}

// hasHandlerOfAll reports whether a handler answers what has no prefix.
func (c *Config) hasHandlerOfAll() bool {
	for _, h := range c.Handlers {
		if h.Prefix == "" {
			return true
		}
	}
	return false
}
