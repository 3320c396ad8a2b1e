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

// setCache takes what is to be kept, and for how long: auto, seconds, of which -1
// stands for keeping nothing, or both. Behind the seconds may stand what caches
// may do with what is older (RFC 5861).
func (c *Config) setCache(value string) error {
	c.Cache, c.CacheNames = "", false
	for i, part := range strings.Split(value, ",") {
		part = strings.Trim(part, " ")
		switch name, seconds, isStale := strings.Cut(part, "="); {
		case part == "auto" && i == 0:
			c.CacheNames = true
		case isStale:
			if err := c.addStale(name, seconds); err != nil {
				return err
			}
		case c.Cache != "":
			return fmt.Errorf("%q comes after a number of seconds", part)
		default:
			if err := c.setCacheTime(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Config) setCacheTime(value string) error {
	seconds, err := strconv.ParseInt(value, 10, 32)
	if err != nil || seconds < -1 {
		return advise(fmt.Errorf("%q is neither a number of seconds nor auto", value), "-1 has browsers keep nothing, 0 ask every time")
	}
	switch seconds {
	case -1:
		c.Cache = "no-store"
	case 0:
		c.Cache = "no-cache"
	default:
		c.Cache = maxAge + strconv.FormatInt(seconds, 10)
	}
	return nil
}

const maxAge = "max-age="

// addStale lets caches use what is older than they may keep it. RFC 9111, 4.2.4:
// neither no-store nor no-cache leaves them anything of that.
func (c *Config) addStale(name, seconds string) error {
	if name != "stale-while-revalidate" && name != "stale-if-error" {
		return advise(fmt.Errorf("%q is neither stale-while-revalidate nor stale-if-error", name), "the whole field can be set by --header 'Cache-Control: ...'")
	}
	if !strings.HasPrefix(c.Cache, maxAge) {
		return advise(fmt.Errorf("%s takes a time before it for which files are not stale", name), "write it as --cache 60,%s=600", name)
	}
	if strings.Contains(c.Cache, name) {
		return fmt.Errorf("%s is there twice", name)
	}
	n, err := strconv.ParseInt(seconds, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("%s: %q is not a number of seconds", name, seconds)
	}
	c.Cache += ", " + name + "=" + strconv.FormatInt(n, 10)
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
