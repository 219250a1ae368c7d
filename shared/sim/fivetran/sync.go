package fivetran

import (
	"context"
	"fmt"
	"time"
)

func syncConnection(c *call) (answer, error) {
	var in struct {
		Force bool `json:"force"`
	}
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	id := c.r.PathValue("id")
	k := c.s.connection(id)
	switch {
	case k == nil:
		return answer{}, connectionNotFound(id)
	case k.paused || k.setup != connected:
		return answer{}, invalid("Connection with id '%s' is paused or not set up", id)
	case k.syncing && !in.Force:
		return answer{}, conflict("Sync of connection with id '" + id + "' is already in progress")
	}
	k.syncs++
	c.s.plan(k, c.now, 0)
	return answer{message: "Sync has been successfully triggered for connection with id '" + id + "'"}, nil
}

// schedule plans the next sync of a connection that syncs by itself. The caller holds the lock.
func (s *Server) schedule(c *connection, now time.Time, after time.Duration) {
	if c.schedule == "auto" {
		s.plan(c, now, after)
	}
}

// plan lets the next sync begin after a while, unless something else happens to the connection
// first. The caller holds the lock.
func (s *Server) plan(c *connection, now time.Time, after time.Duration) {
	if c.paused || c.setup != connected {
		return
	}
	expected := c.syncs
	s.agenda.At(now.Add(after), func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.syncs == expected && !c.paused && c.setup == connected {
			s.beginSync(c, s.opt.Now())
		}
	})
}

// beginSync lets a sync run. The caller holds the lock.
func (s *Server) beginSync(c *connection, now time.Time) {
	c.syncing = true
	c.syncs++
	expected := c.syncs
	id := fmt.Sprintf("%x", s.digest("sync", c.id, expected))[:32]
	s.tell(c, now, "sync_start", id, nil)
	s.agenda.At(now.Add(s.opt.SyncTime), func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.syncs != expected || !c.syncing {
			return
		}
		s.endSync(c, s.opt.Now(), id)
	})
}

// endSync ends a sync: well, or with a broken connection where the source refuses the
// credentials, or badly as [Server.FailSyncs] says. The caller holds the lock.
func (s *Server) endSync(c *connection, now time.Time, id string) {
	c.syncing = false
	if c.revoked {
		c.setup, c.failed = broken, now
		s.tell(c, now, "sync_end", id, map[string]string{"status": "FAILURE_WITH_TASK", "reason": "reconnect"})
		return
	}
	if c.stumbles > 0 {
		c.stumbles--
		c.failed = now
		s.tell(c, now, "sync_end", id, map[string]string{"status": "FAILURE", "reason": c.trouble})
		s.schedule(c, now, s.opt.SyncTime)
		return
	}
	c.succeeded, c.historic, c.trouble = now, false, ""
	s.tell(c, now, "sync_end", id, map[string]string{"status": "SUCCESSFUL"})
	s.schedule(c, now, time.Duration(c.frequency)*time.Minute)
}
