package upload

import (
	"sync"
	"time"
)

// completion is what is known of an upload that is complete.
type completion struct {
	location string
	size     int64
	when     time.Time
}

// completions remembers uploads that are complete, for clients that did not get
// the answer which told them so. The oldest are forgotten first.
type completions struct {
	mu      sync.Mutex
	byToken map[string]completion
	tokens  []string // the oldest first
}

const maxCompletions = 4096

func (c *completions) add(token string, done completion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byToken == nil {
		c.byToken = map[string]completion{}
	}
	if len(c.tokens) == maxCompletions {
		delete(c.byToken, c.tokens[0])
		c.tokens = c.tokens[1:]
	}
	done.when = time.Now()
	c.byToken[token] = done
	c.tokens = append(c.tokens, token)
}

func (c *completions) find(token string) (completion, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	done, ok := c.byToken[token]
	return done, ok && time.Since(done.when) < maxAge
}
