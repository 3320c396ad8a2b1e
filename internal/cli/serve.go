package cli

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log"
	"os"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/httpd"
)

// serve serves the folder of c until it is told to stop.
func (sys System) serve(stop *stopping, c Config) error {
	sys.noteFolder(c)
	root, err := openRoot(c)
	if err != nil {
		return err
	}
	defer root.Close()
	security, private, err := loadTLS(c)
	if err != nil {
		return err
	}
	listeners, err := sys.listen(stop.ctx, c)
	if err != nil {
		return err
	}
	options := append(c.options(), fileserver.WithPrivate(private...), fileserver.WithObserver(sys.newLogger(c).Observe))
	server := httpd.Server{
		Handler:  fileserver.New(root, options...),
		TLS:      security,
		HTTP10:   c.HTTP10(),
		ErrorLog: log.New(sys.Stderr, "gserve: ", 0),
	}
	for _, l := range listeners {
		fmt.Fprintln(sys.Stdout, banner(l.Addr(), security != nil))
	}
	return server.Serve(stop.ctx, stop.force, listeners...)
}

// loadTLS returns nil if c asks for no TLS. The files that it read are not to
// be served.
func loadTLS(c Config) (*tls.Config, []fs.FileInfo, error) {
	if c.TLSCert == "" {
		return nil, nil, nil
	}
	config, files, err := httpd.LoadTLS(c.TLSCert, c.TLSKey, c.TLSPasswordFile)
	if err == nil {
		return config, files, nil
	}
	if c.TLSPasswordFile != "" {
		f, err := os.Open(c.TLSPasswordFile)
		if err != nil {
			return nil, nil, fmt.Errorf("failed to read TLS password file: %w", err) // python's words
		}
		f.Close()
	}
	return nil, nil, fmt.Errorf("cannot serve HTTPS: %w", err)
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
