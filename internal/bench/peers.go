//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// peer is a server of files.
type peer struct {
	name    string
	needs   string // what has to be installed, by its name among the versions
	command string
	secure  string // what {secure} in the command stands for where there is TLS
	config  string // template
	env     []string
	lacks   map[string]string // cases that it is left out of, and why
	crowd   int               // most connections that it is given to hold; 0 is no bound
	backlog int
}

// Reasons to leave a peer out.
const (
	noSidecars = "it looks for no sidecars"
	noCoding   = "it encodes nothing"
	noTLS      = "it has no TLS before 3.14"
)

// peers are gserve and those that it stands beside.
var peers = []peer{
	{
		name: "gserve", command: "{gserve} -b 127.0.0.1 -p {port} {secure} {site}",
		secure: "--tls-cert {certificate} --tls-key {key}",
	},
	{name: "nginx", needs: "nginx", config: "nginx.conf", command: "nginx -p {folder} -c {config} -e stderr"},
	{
		name: "lighttpd", needs: "lighttpd", config: "lighttpd.conf", command: "lighttpd -D -f {config}",
		// It closes the door when it has half as many as a process may have files open.
		crowd: 9_900,
		lacks: map[string]string{"br": noSidecars, "listing": "it answers 503 to two at once"},
	},
	{
		name: "caddy", needs: "caddy", config: "Caddyfile", command: "caddy run --config {config} --adapter caddyfile",
		env:   []string{"XDG_DATA_HOME={folder}", "XDG_CONFIG_HOME={folder}"}, // not the user's own
		lacks: map[string]string{largeListingID: "it lists 10,000 files at most"},
	},
	{
		name: "http.FileServer", command: "{bench}/httpserver -address 127.0.0.1:{port} -log {log} {secure} {site}",
		secure: "-certificate {certificate} -key {key}",
		lacks:  map[string]string{"br": noSidecars, "gzip": noCoding},
	},
	{ // its HTTP/1.0 has a new connection for each request in any case
		name: "python", needs: "python", command: "{python} -m http.server --bind 127.0.0.1 --directory {site} {port}",
		crowd: 1000, backlog: 4, // it has a thread for each, and lets 5 wait
		lacks: map[string]string{
			"range": "it takes no Range", "br": noSidecars, "gzip": noCoding, "tls": noTLS, "http2": noTLS, keptID: "it keeps none",
		},
	},
}

// serversOf are the peers that are chosen and can do a case, gserve first.
func (b *bench) serversOf(id string, q *question, s setup) (servers []server) {
	for _, p := range b.chosenPeers() {
		if p.lacks[id] != "" {
			continue
		}
		secure := ""
		if s.Secure {
			secure = p.secure
		}
		servers = append(servers, server{
			name: p.name, needs: p.needs, command: strings.ReplaceAll(p.command, "{secure}", secure),
			config: p.config, env: p.env, asks: q, setup: s, crowd: p.crowd, backlog: p.backlog,
		})
	}
	return servers
}

// chosenPeers are those that flags name, or all. gserve is always one.
func (b *bench) chosenPeers() (chosen []peer) {
	for i, p := range peers {
		if i == 0 || len(b.peers) == 0 || slices.Contains(b.peers, p.name) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// leftOut says what peers are left out of, and why, or is "".
func (b *bench) leftOut(cases []string) string {
	var all []string
	for _, p := range b.chosenPeers() {
		var reasons []string
		for _, id := range cases {
			if reason := p.lacks[id]; reason != "" {
				reasons = append(reasons, fmt.Sprintf("%s (%s)", id, reason))
			}
		}
		if p.needs != "" && b.versions[p.needs] == "" {
			reasons = []string{"all (it is not installed)"}
		}
		if len(reasons) > 0 {
			all = append(all, p.name+" of "+strings.Join(reasons, ", "))
		}
	}
	return strings.Join(all, "; ")
}

// checkPeers refuses names of which there is no peer.
func (b *bench) checkPeers() error {
	var known []string
	for _, p := range peers {
		known = append(known, p.name)
	}
	for _, name := range b.peers {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no peer is called %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// findPeers asks what is installed.
func (b *bench) findPeers(ctx context.Context) {
	// Where Debian has nginx and lighttpd, users do not look for programs.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin")
	b.findVersion(ctx, "nginx", 2, "sh", "-c", "nginx -v 2>&1") // nginx version: nginx/1.22.1
	b.findVersion(ctx, "lighttpd", 0, "lighttpd", "-v")
	b.findVersion(ctx, "caddy", 0, "caddy", "version")
	b.findVersion(ctx, "python", 1, b.python, "--version")
	b.findVersion(ctx, "h2load", 1, "h2load", "--version")
}

// buildPeer builds the program around http.FileServer.
func (b *bench) buildPeer(ctx context.Context) error {
	source, err := peerFiles.ReadFile("files/httpserver.go")
	if err != nil {
		return err
	}
	name := filepath.Join(b.folder, "httpserver")
	if err := os.WriteFile(name+".go", source, 0o644); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", name, name+".go")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the program around http.FileServer: %w: %s", err, bytes.TrimSpace(text))
	}
	return nil
}
