package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// setSPA takes the file of an app, below the folder that is served.
func (c *Config) setSPA(value string) error {
	name := strings.TrimPrefix(strings.TrimPrefix(value, "./"), "/")
	if !fs.ValidPath(name) || name == "." {
		return advise(fmt.Errorf("%q is no file below the folder that is served", value), "write it as --spa, or --spa=app.html")
	}
	c.SPA = name
	return nil
}

// setCache takes seconds, of which -1 stands for keeping nothing.
func (c *Config) setCache(value string) error {
	if value == "auto" {
		c.Cache, c.CacheNames = "", true
		return nil
	}
	seconds, err := strconv.ParseInt(value, 10, 32)
	if err != nil || seconds < -1 {
		return advise(fmt.Errorf("%q is neither a number of seconds nor auto", value), "-1 has browsers keep nothing, 0 ask every time")
	}
	c.CacheNames = false
	switch seconds {
	case -1:
		c.Cache = "no-store"
	case 0:
		c.Cache = "no-cache"
	default:
		c.Cache = "max-age=" + strconv.FormatInt(seconds, 10)
	}
	return nil
}

// checkSite refuses flags that get in each other's way.
func (c *Config) checkSite() error {
	switch {
	case (c.Cache != "" || c.CacheNames) && c.hasField(cacheControl):
		return errors.New("--cache and --header Cache-Control exclude each other")
	case c.SPA != "" && c.NoIndex && c.SPA == "index.html":
		return advise(errors.New("--spa and --no-index exclude each other"), "name the file of the app: --spa=app.html")
	}
	for _, h := range c.Handlers {
		if h.Prefix == "" && c.SPA != "" {
			return advise(errors.New("--spa and a handler without a prefix both answer what is no file"), "write the handler as /api=%s:%s", h.Kind, h.Spec)
		}
	}
	return nil
}
