//go:build unix

package main

import (
	"embed"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed files
var peerFiles embed.FS

// templates are the configurations of peers.
var templates = template.Must(template.ParseFS(peerFiles, "files/nginx.conf", "files/lighttpd.conf", "files/Caddyfile"))

// setup is what a case needs that is no default.
type setup struct {
	Secure   bool // TLS
	HTTP2    bool
	Encoded  bool // on the fly
	Sidecars bool
	Crowded  bool // thousands of connections
}

// configuration is what a template is filled in with.
type configuration struct {
	setup
	Port             int
	Site             string
	Folder           string // of this server
	AccessLog        string
	Certificate, Key string
	Descriptors      uint64 // that a process may have
	Connections      uint64 // that leaves lighttpd, which counts two for each
}

// file is the name of the configuration.
func (c configuration) file() string { return filepath.Join(c.Folder, "configuration") }

// configure makes the folder of a server that is to listen on port, with its
// configuration.
func (b *bench) configure(s server, port int) (configuration, error) {
	folder := filepath.Join(b.folder, "servers", strings.NewReplacer(" ", "-", "/", "-").Replace(s.name))
	c := configuration{
		setup: s.setup, Port: port, Folder: folder, AccessLog: filepath.Join(folder, "access.log"),
		Site:        filepath.Join(b.folder, "site"),
		Certificate: filepath.Join(b.folder, certificateName), Key: filepath.Join(b.folder, keyName),
		Descriptors: descriptors(), Connections: descriptors() / 2,
	}
	if err := os.RemoveAll(folder); err != nil { // the log of the case before
		return c, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil || s.config == "" {
		return c, err
	}
	f, err := os.Create(c.file())
	if err != nil {
		return c, err
	}
	defer f.Close()
	return c, templates.ExecuteTemplate(f, s.config, c)
}
