package cli

import (
	"bytes"
	"cmp"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gserve/gserve/internal/confine"
)

// allowBucket adds what object storage takes to a plan: its hosts are connected
// to, and keys are read, or made by a program, anew before they end.
func (sys System) allowBucket(p *confine.Plan) {
	p.Connect, p.Verify = true, true
	host := "amazonaws.com" // any name that is looked up
	if u, err := url.Parse(cmp.Or(sys.Getenv("AWS_ENDPOINT_URL_S3"), sys.Getenv("AWS_ENDPOINT_URL"))); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	p.Hosts = append(p.Hosts, host)
	for _, name := range sys.keyFiles() {
		p.Read = append(p.Read, around(name)...)
		text, err := os.ReadFile(name)
		p.Exec = p.Exec || err == nil && bytes.Contains(text, []byte("credential_process"))
	}
}

// keyFiles returns the files that keys of object storage may come from.
func (sys System) keyFiles() []string {
	var names []string
	if home := sys.Getenv("HOME"); home != "" {
		names = append(names, filepath.Join(home, ".aws/credentials"), filepath.Join(home, ".aws/config"))
	}
	for _, variable := range []string{
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	} {
		if name := sys.Getenv(variable); name != "" {
			names = append(names, name)
		}
	}
	return names
}
