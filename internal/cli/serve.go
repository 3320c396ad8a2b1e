package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"os"
	"slices"
	"sync/atomic"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
	"github.com/gserve/gserve/internal/lane"
	"github.com/gserve/gserve/internal/progress"
	"github.com/gserve/gserve/internal/rules"
	"github.com/gserve/gserve/internal/service"
	"github.com/gserve/gserve/internal/share"
)

// run is one run of the server, put together step by step.
type run struct {
	System
	config Config

	source    source
	security  security
	listeners []net.Listener
	place     place
	handlers  *hooks
	site      *site           // whose rules hold; nil for none
	link      *share.Link     // that ends; nil for none
	board     *progress.Board // of the transfers that run; nil if there is no terminal
	terminals []*os.File      // of the standard files
	colored   bool            // the log may be

	stop        *stopping
	logFile     *logFile         // nil for standard error
	manager     *service.Manager // that has started the process; nil for none
	isReady     atomic.Bool      // as the manager was told
	connections func() int       // tells how many are open

	sockets   []string // of Unix that are still connected to once the process is confined
	staysRoot error    // why root goes on as root; nil if it does not

	options []fileserver.Option
	private []string       // files that are never to be served
	closers []func() error // of what is open
}

// serve serves what c names until it is told to stop.
func (sys System) serve(stop *stopping, c Config) (err error) {
	c.settle()
	os.Unsetenv(variableName("auth")) // is nobody's business that is started from here
	sys.noteFolder(c)
	r := &run{System: sys, config: c, stop: stop, terminals: sys.terminals(), colored: sys.isColored(), sockets: sys.managerSocket()}
	defer func() { err = errors.Join(err, r.close(stop.isForced())) }()
	r.watchTransfers()
	for _, step := range []func(context.Context) error{
		r.canConfine, r.findManager, r.open, r.encrypt, r.listen,
		r.answerProbes, r.keepOut, r.countRequests, r.readKeys, r.giveUpRoot, r.confinePrograms,
		r.keepLog, r.heedHangup, r.startHandlers, r.followRules, r.allowChanges, r.watchPages, r.noteReplaced,
	} {
		if err := step(stop.ctx); err != nil {
			return err
		}
	}
	options := append(r.config.options(), r.options...)
	options = append(options, fileserver.WithPrivate(r.private...))
	files := fileserver.New(r.source.root, options...)
	server := httpd.Server{
		Handler:  files,
		Lane:     r.lane(files),
		TLS:      r.security.config,
		Plain:    r.security.plain(),
		HTTP10:   c.HTTP10(),
		ErrorLog: log.New(r.Stderr, "gserve: ", 0),
	}
	r.boundConnections(&server)
	r.connections = server.Open
	r.announce()
	r.tellRoot()
	if err := r.confineFiles(); err != nil {
		return err
	}
	ctx := r.untilShared(stop.ctx)
	r.tellManager(ctx)
	listeners := r.listeners
	r.listeners = nil // which the server closes
	return server.Serve(ctx, stop.force, listeners...)
}

// lane returns what answers plain requests in front of net/http, nil if nothing
// does. What an answer depends on has to be in the request, the files or the
// rules of the site: passwords, links that end and pages that are edited are not.
func (r *run) lane(files *fileserver.Server) httpd.Lane {
	c := &r.config
	if c.NoLane || c.HTTP10() || c.Users != nil || r.link != nil || c.Watch {
		return nil
	}
	if c.writes() && c.UploadFolder != "" && c.UploadFolder != "." {
		return nil // what lies in there depends on where links on the way lead
	}
	var options lane.Options
	if r.site != nil {
		options.Generation = r.site.generation
	}
	if l := lane.New(files, options); l != nil {
		files.SetMemory(l)
		return l
	}
	return nil
}

// close closes what is open, the last first.
func (r *run) close(forced bool) error {
	for _, l := range r.listeners {
		l.Close()
	}
	var failed []error
	if r.handlers != nil {
		failed = append(failed, r.handlers.close(forced))
	}
	for i := len(r.closers) - 1; i >= 0; i-- {
		failed = append(failed, r.closers[i]())
	}
	return errors.Join(failed...)
}

func (r *run) open(ctx context.Context) (err error) {
	if r.source, err = r.openSource(ctx, r.config); err != nil {
		return err
	}
	r.closers = append(r.closers, r.source.Close)
	r.options = append(r.options, r.source.options...)
	return nil
}

func (r *run) encrypt(context.Context) (err error) {
	if r.security, err = r.openTLS(r.config); err != nil {
		return err
	}
	r.private = append(r.private, r.security.privateFiles(r.config)...)
	r.options = append(r.options, r.security.options()...)
	if r.security.authority != nil {
		// In there, keys have other names for a moment when they are renewed.
		if folder, ok := below(r.source.folder, r.security.folder); ok {
			r.options = append(r.options, fileserver.WithPrivateFolders(folder))
		}
	}
	return nil
}

func (r *run) listen(ctx context.Context) (err error) {
	if r.listeners, err = r.System.listen(ctx, r.config); err != nil {
		return err
	}
	r.place = place{scheme: "http", path: "/"}
	if r.security.config != nil {
		r.place.scheme = "https"
	}
	if r.security.authority != nil {
		r.place.permits = r.security.authority.Permits
	}
	for _, l := range r.listeners {
		r.place.listening = append(r.place.listening, l.Addr())
	}
	return nil
}

func (r *run) startHandlers(ctx context.Context) (err error) {
	if err := r.config.checkPrograms(r.source); err != nil {
		return err
	}
	r.handlers, err = r.startHooks(ctx, r.config, r.source.root)
	r.options = append(r.options, r.handlers.options...)
	return err
}

// followRules has requests be led where the site says, and then to the app.
func (r *run) followRules(context.Context) error {
	if r.source.isSite {
		proxies, err := r.handlers.origins()
		if err != nil {
			return err
		}
		s := newSite(r.source.root, proxies, r.say)
		r.site = s
		r.options = append(r.options, fileserver.WithPrivateFolders(rules.RedirectsName, rules.HeadersName),
			fileserver.WithRouter(s.route), fileserver.WithFilter(s.addFields))
	}
	if r.config.SPA != "" {
		if _, err := fs.Stat(r.source.root, r.config.SPA); err != nil {
			r.say(fmt.Sprintf("--spa: there is no %s yet", r.config.SPA))
		}
		r.options = append(r.options, fileserver.WithRouter(toApp(r.config.SPA)))
	}
	return nil
}

// keepOut has requests looked at before they are answered.
func (r *run) keepOut(ctx context.Context) error {
	r.shareByLink()
	options, files, err := r.guard(ctx, r.config, r.place)
	r.options, r.private = append(r.options, options...), append(r.private, files...)
	return err
}

func (r *run) allowChanges(context.Context) error {
	if !r.config.writes() && !r.config.WebDAV {
		return nil
	}
	// What nobody may read by now, nobody may write, either.
	reader := fileserver.New(r.source.root, slices.Concat(r.config.options(), r.options, []fileserver.Option{fileserver.WithPrivate(r.private...)})...)
	made, err := r.System.allowChanges(r.config, r.source, reader, r.receiving)
	r.options, r.closers = append(r.options, made.options...), append(r.closers, made.close)
	return err
}

// announce tells where and how what is served is to be had.
func (r *run) announce() {
	r.System.announce(r.config, r.place)
	for _, line := range r.handlers.told {
		fmt.Fprintln(r.Stdout, line)
	}
	if r.security.authority != nil {
		r.tellTrust()
	}
	if r.link != nil {
		r.tellLink()
	}
	if r.config.Open {
		r.openBrowser(r.place)
	}
}

// noteFolder tells that a number is taken for a port if a folder has it for a
// name.
func (sys System) noteFolder(c Config) {
	if c.PortWord == "" {
		return
	}
	if info, err := os.Stat(c.PortWord); err == nil && info.IsDir() {
		fmt.Fprintf(sys.Stderr, "gserve: hint: %s is taken for the port; the folder of that name is ./%[1]s\n", c.PortWord)
	}
}
