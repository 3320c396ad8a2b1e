package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"github.com/gserve/gserve/internal/auth"
	"github.com/gserve/gserve/internal/share"
)

// addUser takes who may log in: USER, USER:PASS or @FILE.
func (c *Config) addUser(value string) error {
	spec, err := auth.ParseSpec(value)
	if err == nil {
		c.Users = append(c.Users, spec)
	}
	return err
}

func (c *Config) setAuthFor(value string) error {
	switch value {
	case "all":
		c.AuthWrites = false
	case "write":
		c.AuthWrites = true
	default:
		return fmt.Errorf("%q is neither all nor write", value)
	}
	return nil
}

func (c *Config) setShare(value string) error {
	terms, err := share.Parse(value)
	if err == nil {
		c.Share = &terms
	}
	return err
}

// setUpload takes the folder that uploads go to, below the one that is served.
func (c *Config) setUpload(value string) error {
	name := strings.TrimSuffix(strings.TrimPrefix(value, "./"), "/")
	if name == "" || !fs.ValidPath(name) {
		return advise(fmt.Errorf("%q is no folder below the one that is served", value), "write it as --upload, or --upload=inbox")
	}
	c.Upload, c.UploadFolder = true, name
	return nil
}

// setMaxUpload takes a number of bytes, with K, M, G or T behind it.
func (c *Config) setMaxUpload(value string) error {
	size, err := parseSize(value)
	if err == nil {
		c.MaxUpload = size
	}
	return err
}

func parseSize(value string) (int64, error) {
	word := strings.ToUpper(value)
	word = strings.TrimSuffix(strings.TrimSuffix(word, "B"), "I")
	shift := 0
	if i := strings.IndexAny(word, "KMGT"); i >= 0 && i == len(word)-1 {
		shift, word = 10*(strings.IndexByte("KMGT", word[i])+1), word[:i]
	}
	number, err := strconv.ParseFloat(word, 64)
	size := math.Ldexp(number, shift)
	if err != nil || !(size >= 1 && size < 1<<62) {
		return 0, advise(fmt.Errorf("%q is not a size", value), "it looks like 500M or 2G")
	}
	return int64(size), nil
}

// settle spells out what short flags stand for.
func (c *Config) settle() {
	if c.AllowAll {
		c.Upload, c.Overwrite, c.Mkdir, c.Delete, c.Move = true, true, true, true, true
	}
	if c.UploadFolder == "" {
		c.UploadFolder = "."
	}
}

// writes reports whether clients may change anything.
func (c *Config) writes() bool { return c.Upload || c.Mkdir || c.Delete || c.Move || c.AllowAll }

// checkSharing refuses flags that get in each other's way.
func (c *Config) checkSharing() error {
	switch {
	case c.QR && c.NoQR:
		return errors.New("--qr and --no-qr exclude each other")
	case c.TLS && c.TLSCert != "":
		return advise(errors.New("--tls and --tls-cert exclude each other"), "--tls makes a certificate, --tls-cert takes one that there is")
	case c.Overwrite && !c.Upload && !c.Move && !c.AllowAll:
		return advise(errors.New("--overwrite has nothing to allow"), "it goes with --upload")
	case c.MaxUpload > 0 && !c.Upload && !c.AllowAll:
		return advise(errors.New("--max-upload has nothing to limit"), "it goes with --upload")
	case c.AuthWrites && c.Users == nil:
		return advise(errors.New("--auth-for has nobody to ask for"), "name somebody: --auth USER")
	case c.AuthWrites && !c.writes():
		return advise(errors.New("--auth-for write has nothing to protect"), "it goes with --upload and the like")
	case c.Share != nil && (c.writes() || c.WebDAV || len(c.Handlers) > 0 || c.CGIFolders != nil):
		return errors.New("--share is for reading: it excludes uploads, other changes, --webdav and handlers")
	case c.Share != nil && len(c.Paths) == 1 && c.Paths[0] == "-":
		return errors.New("--share is for files and folders, not for standard input")
	case c.WebDAV && c.NoListing:
		return advise(errors.New("--webdav and --no-listing exclude each other"), "a network drive lists what is in it")
	case c.writes() || c.WebDAV:
		return c.checkChanges()
	}
	return nil
}

func (c *Config) checkChanges() error {
	if len(c.Paths) > 1 && c.writes() {
		return advise(fmt.Errorf("%q and %q are given, and changes need one folder", c.Paths[0], c.Paths[1]), "serve the folder that both are in")
	}
	if len(c.Paths) == 1 && c.Paths[0] == "-" {
		return errors.New("standard input is no folder: name one")
	}
	for _, h := range c.Handlers {
		if h.Prefix == "" && c.writes() {
			return advise(errors.New("a handler without a prefix answers whatever changes something"), "write it as --handler /app=%s:%s", h.Kind, h.Spec)
		}
	}
	return nil
}
