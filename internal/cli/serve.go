package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
)

// serve serves the folder of c until it is told to stop.
func (sys System) serve(stop *stopping, c Config) (err error) {
	sys.noteFolder(c)
	root, err := openRoot(c)
	if err != nil {
		return err
	}
	defer root.Close()
	security, err := loadTLS(c)
	if err != nil {
		return err
	}
	listeners, err := sys.listen(stop.ctx, c)
	if err != nil {
		return err
	}
	handlers, err := sys.startHooks(stop.ctx, c, root)
	defer func() { err = errors.Join(err, handlers.close(stop.isForced())) }()
	if err != nil {
		for _, l := range listeners {
			l.Close()
		}
		return err
	}
	options := append(c.options(), handlers.options...)
	options = append(options, fileserver.WithPrivate(c.privateFiles()...), fileserver.WithObserver(sys.newLogger(c).Observe))
	server := httpd.Server{
		Handler:  fileserver.New(root, options...),
		TLS:      security,
		HTTP10:   c.HTTP10(),
		ErrorLog: log.New(sys.Stderr, "gserve: ", 0),
	}
	for _, l := range listeners {
		fmt.Fprintln(sys.Stdout, banner(l.Addr(), security != nil))
	}
	for _, line := range handlers.told {
		fmt.Fprintln(sys.Stdout, line)
	}
	return server.Serve(stop.ctx, stop.force, listeners...)
}

// loadTLS returns nil if c asks for no TLS.
func loadTLS(c Config) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	security, err := httpd.LoadTLS(c.TLSCert, c.TLSKey, c.TLSPasswordFile)
	if err == nil {
		return security, nil
	}
	if _, ok := errors.AsType[*httpd.PasswordError](err); ok {
		return nil, err // in python's words
	}
	err = fmt.Errorf("cannot serve HTTPS: %w", err)
	if errors.Is(err, httpd.ErrNoKey) && c.TLSKey == "" {
		err = advise(err, "if the key is in another file, name that with --tls-key")
	}
	return nil, err
}

// privateFiles returns the names of the files that are never to be served.
func (c *Config) privateFiles() []string {
	var names []string
	for _, name := range []string{c.TLSCert, c.TLSKey, c.TLSPasswordFile} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
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
