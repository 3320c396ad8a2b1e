package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/gserve/gserve/fileserver"
	"github.com/gserve/gserve/internal/bucket"
	"github.com/gserve/gserve/internal/rules"
)

// openBucket opens what lies in object storage.
func (sys System) openBucket(ctx context.Context, c Config) (source, error) {
	address, err := bucket.ParseAddress(c.Paths[0])
	if err != nil {
		return source{}, takeAdvice(err)
	}
	settings, err := bucket.ReadSettings(sys.Getenv)
	if err != nil {
		return source{}, takeAdvice(err)
	}
	opened, err := bucket.Open(ctx, address, settings, bucket.Options{
		Steady: []string{rules.RedirectsName, rules.HeadersName}, AsStored: c.Python,
	})
	if err != nil {
		return source{}, takeAdvice(err)
	}
	return source{root: opened, isSite: !c.Python, options: []fileserver.Option{fileserver.WithFilter(opened.Through)}}, nil
}

// isBucket reports whether c names what lies in object storage, and nothing else.
func (c *Config) isBucket() bool { return len(c.Paths) == 1 && bucket.IsAddress(c.Paths[0]) }

// checkBucket refuses what cannot be done with object storage.
func (c *Config) checkBucket() error {
	for _, path := range c.Paths {
		if !bucket.IsAddress(path) {
			continue
		}
		if _, err := bucket.ParseAddress(path); err != nil {
			return takeAdvice(err)
		}
		if len(c.Paths) > 1 {
			return advise(fmt.Errorf("%q cannot be served beside others", path), "start one gserve for each bucket")
		}
		if flag := c.needsDisk(); flag != "" {
			return advise(fmt.Errorf("%s needs a folder on disk, which %q is not", flag, path), "what lies in a bucket is served, and not changed")
		}
	}
	return nil
}

// needsDisk returns the flag of c that object storage has nothing for, "" if
// there is none.
func (c *Config) needsDisk() string {
	switch {
	case c.Precompress != nil:
		return "--precompress"
	case c.writes():
		return c.writeFlag()
	case c.WebDAV:
		return "--webdav"
	case c.CGIFolders != nil:
		return "--cgi"
	case c.Watch:
		return "--watch"
	}
	return ""
}

// writeFlag returns the flag that lets clients change something.
func (c *Config) writeFlag() string {
	switch {
	case c.AllowAll:
		return "--allow-all"
	case c.Upload:
		return "--upload"
	case c.Mkdir:
		return "--mkdir"
	case c.Delete:
		return "--delete"
	}
	return "--move"
}

// takeAdvice returns an error of package bucket with its hint.
func takeAdvice(err error) error {
	if advice, ok := errors.AsType[*bucket.Advice](err); ok {
		return advise(advice.Err, "%s", advice.Hint)
	}
	return err
}
