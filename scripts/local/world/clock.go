package world

import (
	"sync"
	"time"
)

// Begin is when every world begins.
var Begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// Clock is the controlled clock of a world. It moves when it is told to, and only forward.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time in the world.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *Clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}
