package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/hook"
	"github.com/gserve/gserve/internal/reload"
)

// hooks are the handlers of a run.
type hooks struct {
	config  Config
	log     func(text string)
	options []fileserver.Option
	told    []string // what runs, for whoever starts it
	closers []func(context.Context) error

	runsPrograms bool // of CGI
}

// startHooks starts what c has beside the files. What it returns is to be
// closed, also if there is an error.
func (sys System) startHooks(ctx context.Context, c Config, root root) (*hooks, error) {
	h := &hooks{config: c, log: sys.say}
	for _, spec := range c.Handlers {
		handler, told, err := h.start(ctx, spec)
		if _, ok := errors.AsType[*hook.ImportError](err); ok {
			return h, err // it says what cannot be imported
		}
		if err != nil {
			return h, fmt.Errorf("cannot run %q: %w", spec.Spec, err)
		}
		h.mount(spec.Prefix, handler)
		h.told = append(h.told, cmp.Or(spec.Prefix, "/")+" is answered by "+told)
	}
	if err := h.startCGIFolders(root); err != nil {
		return h, err
	}
	if h.runsPrograms && os.Geteuid() == 0 {
		h.log("hint: CGI programs run as root here; start gserve as another user if they need not")
	}
	return h, nil
}

// mount has the handler answer what lies below prefix. Without one, it answers
// what is no file of the folder that was asked for, or else everything.
func (h *hooks) mount(prefix string, handler http.Handler) {
	if prefix == "" && h.config.Paths != nil {
		h.options = append(h.options, fileserver.WithFallback(handler))
		return
	}
	h.options = append(h.options, fileserver.WithMount(prefix, handler))
}

func (h *hooks) start(ctx context.Context, spec Handler) (handler http.Handler, told string, err error) {
	switch spec.Kind {
	case WSGI, Class:
		return h.startWSGI(ctx, spec)
	case CGI:
		handler, err := hook.NewCGI(hook.CGIConfig{
			Program: spec.Spec, Prefix: spec.Prefix, Python: h.config.PythonBin, Timeout: h.timeout(), Log: h.log,
		})
		if err != nil {
			return nil, "", err
		}
		h.closers = append(h.closers, handler.Close)
		h.options, h.runsPrograms = append(h.options, fileserver.WithPrivate(spec.Spec)), true
		return handler, "cgi:" + spec.Spec, nil
	}
	proxy, err := hook.NewProxy(hook.ProxyConfig{
		URL: spec.Spec, Prefix: spec.Prefix, Watch: h.config.Watch, Timeout: h.timeout(), Log: h.log,
	})
	if err != nil {
		return nil, "", err
	}
	h.closers = append(h.closers, func(context.Context) error { return proxy.Close() })
	return proxy, spec.Spec, nil
}

// defaultTimeout is how long a handler may take to begin its answer.
const defaultTimeout = time.Minute

// noTimeout is longer than anybody waits.
const noTimeout = 10 * 365 * 24 * time.Hour

// timeout returns the bound for an answer to begin.
func (h *hooks) timeout() time.Duration {
	switch given := h.config.HandlerTimeout; {
	case given != nil && *given > 0:
		return *given
	case given != nil || h.config.Watch:
		return noTimeout
	}
	return defaultTimeout
}

// origins returns a proxy for each origin that --proxy names, for rewrites.
func (h *hooks) origins() (map[string]*hook.Proxy, error) {
	proxies := map[string]*hook.Proxy{}
	for _, spec := range h.config.Handlers {
		u, err := url.Parse(spec.Spec)
		if spec.Kind != Forward || err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		origin := u.Scheme + "://" + u.Host
		if proxies[origin] != nil {
			continue
		}
		proxy, err := hook.NewProxy(hook.ProxyConfig{URL: origin, Watch: h.config.Watch, Timeout: h.timeout(), Log: h.log})
		if err != nil {
			return nil, err
		}
		proxies[origin] = proxy
		h.closers = append(h.closers, func(context.Context) error { return proxy.Close() })
	}
	return proxies, nil
}

func (h *hooks) startWSGI(ctx context.Context, spec Handler) (http.Handler, string, error) {
	var watcher *reload.Watcher
	var app *hook.WSGI
	app, err := hook.NewWSGI(hook.WSGIConfig{
		App: spec.Spec, Class: spec.Kind == Class, Prefix: spec.Prefix,
		Python: h.config.PythonBin, Dir: h.config.AppDir,
		Workers: h.config.Workers, Threads: h.config.Threads,
		Timeout: h.timeout(), Watch: h.config.Watch, Log: h.log,
		FoldersChanged: func() {
			if watcher != nil {
				h.watch(watcher, app.Folders())
			}
		},
	})
	if err != nil {
		return nil, "", err
	}
	if h.config.Watch {
		watcher, err = reload.New(reload.Options{
			Roots: []string{cmp.Or(h.config.AppDir, ".")}, Log: h.log,
			Changing: app.Hold,
			Changed:  func([]string) { app.Reload() },
		})
		if err != nil {
			return nil, "", err
		}
		h.closers = append(h.closers, func(context.Context) error { return watcher.Close() })
	}
	h.closers = append(h.closers, app.Close)
	if err := app.Start(ctx); err != nil {
		return nil, "", err
	}
	return app, app.Describe(), nil
}

// watch has the folders watched, too, as far as they can be.
func (h *hooks) watch(watcher *reload.Watcher, folders []string) {
	if err := watcher.Add(folders...); err != nil {
		h.log(err.Error())
	}
}

// startCGIFolders runs the programs in the folders for them below root. Their
// sources are nobody's business.
func (h *hooks) startCGIFolders(root root) error {
	folders := h.config.CGIFolders
	if folders == nil {
		return nil
	}
	if len(h.config.Paths) > 1 {
		return advise(errors.New("--cgi wants one folder"), "serve the folder that the programs' folders lie in")
	}
	handler, err := hook.NewCGIFolders(root, folders, hook.CGIConfig{Python: h.config.PythonBin, Timeout: h.timeout(), Log: h.log})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, handler.Close)
	h.options, h.runsPrograms = append(h.options, fileserver.WithPrivateFolders(folders...)), true
	for _, folder := range folders {
		h.options = append(h.options, fileserver.WithMount(folder, handler))
	}
	h.told = append(h.told, strings.Join(folders, " and ")+" run their programs")
	return nil
}

// closing is how long what still runs has to end when the server has stopped.
const closing = 2 * time.Second

// close ends the handlers, the last one first.
func (h *hooks) close(forced bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if forced {
		cancel()
	}
	var failed []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		if err := h.closers[i](ctx); err != nil && !errors.Is(err, ctx.Err()) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// say prints what a handler has to say. Its lines are whatever a program
// makes of them.
func (sys System) say(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(sys.Stderr, "gserve: "+printable(strings.TrimRight(line, "\r\n")))
	}
}

// printable returns s without what would command a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
