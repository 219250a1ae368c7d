package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// probe stands before the functions and sees what reaches them: it learns when the mirror has a
// change, whichever way it heard of it, and whether a reading took somebody away who is still there.
type probe struct {
	world  *world.World
	mirror *mirror.Mirror

	filling       filling
	living        bool                   // the mirror is filled
	waiting       map[string][]time.Time // when changes were made that the mirror does not have yet, by group
	fresh         []time.Duration
	messages      int
	wrongRemovals int
	err           error
}

func (p *probe) watch(w *world.World) {
	p.world, p.mirror, p.waiting = w, mirror.New(w.Store()), map[string][]time.Time{}
}

// begin counts from now on.
func (p *probe) begin() { p.living, p.messages, p.wrongRemovals = true, 0, 0 }

// expect notes that a group, by its id, was changed now.
func (p *probe) expect(id string) { p.waiting[id] = append(p.waiting[id], p.world.Clock.Now()) }

// left is how many changes the mirror does not have.
func (p *probe) left() int {
	n := 0
	for _, list := range p.waiting {
		n += len(list)
	}
	return n
}

// filling is the reading of everything for the first time: it ends before the first minute in which
// the Directory API is not called. What follows from it for other APIs takes longer.
type filling struct {
	calls       int
	first, last time.Time
}

func (f *filling) call(at time.Time) {
	if f.calls > 0 && at.Sub(f.last) > time.Minute {
		return
	}
	if f.calls++; f.first.IsZero() {
		f.first = at
	}
	f.last = at
}

// tap is the [world.Options] Tap.
func (p *probe) tap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.living && strings.HasPrefix(r.URL.Path, "/admin/directory/") {
			p.filling.call(p.world.Clock.Now())
		}
		if !p.living || r.Body == nil || strings.HasPrefix(host, "google") || strings.HasPrefix(host, "slack") || strings.HasPrefix(host, "hooks") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "body not readable", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch {
		case r.URL.Path == "/GroupRefresh" && r.Header.Get(queue.HeaderQueue) != "":
			p.reading(r.Context(), body, func() { next.ServeHTTP(w, r) })
		default:
			if r.Header.Get(queue.HeaderQueue) == "" && bytes.Contains(body, []byte(`"subscription"`)) {
				p.messages++
			}
			next.ServeHTTP(w, r)
		}
	})
}

// reading looks at a group before and after a task that may read it.
func (p *probe) reading(ctx context.Context, body []byte, do func()) {
	var e event.Envelope
	var about struct{ Group string }
	if json.Unmarshal(body, &e) != nil || json.Unmarshal(e.Data, &about) != nil || about.Group == "" {
		do()
		return
	}
	before, err := p.mirror.Snapshot(ctx, about.Group)
	known := err == nil
	do()
	if !known && !errors.Is(err, mirror.ErrUnknown) {
		p.err = errors.Join(p.err, err)
		return
	}
	id := about.Group
	if known {
		id = before.Group.ID
		p.removals(ctx, before)
	}
	p.arrived(ctx, id)
}

// removals counts who vanished in a reading and is still there.
func (p *probe) removals(ctx context.Context, before group.Snapshot) {
	after, err := p.mirror.Snapshot(ctx, before.Group.ID)
	if err != nil && !errors.Is(err, mirror.ErrUnknown) {
		p.err = errors.Join(p.err, err)
		return
	}
	left := make(map[string]bool, len(after.Members))
	for _, m := range after.Members {
		left[m.ID] = true
	}
	var truth map[string]bool
	for _, m := range before.Members {
		if left[m.ID] {
			continue
		}
		if truth == nil {
			truth = map[string]bool{}
			for _, t := range p.world.Workspace.Members(before.Group.ID) {
				truth[t.ID] = true
			}
		}
		if truth[m.ID] {
			p.wrongRemovals++
		}
	}
}

// arrived notes the changes of a group that were made before its latest reading began.
func (p *probe) arrived(ctx context.Context, id string) {
	list := p.waiting[id]
	if len(list) == 0 {
		return
	}
	now, read := p.world.Clock.Now(), time.Time{}
	switch header, err := p.mirror.Header(ctx, id); {
	case err == nil:
		read = header.Read
	case !errors.Is(err, mirror.ErrUnknown):
		p.err = errors.Join(p.err, err)
	case p.world.Workspace.GroupID(id) == "":
		read = now // it is gone here as there
	}
	p.waiting[id] = slices.DeleteFunc(list, func(at time.Time) bool {
		has := read.After(at)
		if has {
			p.fresh = append(p.fresh, now.Sub(at))
		}
		return has
	})
	if len(p.waiting[id]) == 0 {
		delete(p.waiting, id)
	}
}

// difference says where the mirror first differs from the company: a group that only one of
// them has, a member, a role. It is empty where they are equal.
func (p *probe) difference(ctx context.Context) (string, error) {
	held, heldOf := map[string]string{}, map[string]int{}
	err := p.mirror.Groups(ctx, func(h mirror.Header) error {
		held[h.Group.ID] = group.Address(h.Group.Email)
		if h.Held > 0 {
			heldOf[h.Group.ID] = h.Held
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, g := range p.world.Workspace.Groups() {
		if held[g.ID] != g.Email {
			return fmt.Sprintf("group %s is %q in the mirror", g.Email, held[g.ID]), nil
		}
		delete(held, g.ID)
		s, err := p.mirror.Snapshot(ctx, g.ID)
		if err != nil {
			return "", err
		}
		if d := differing(p.world.Workspace.Members(g.ID), s); d != "" {
			return fmt.Sprintf("group %s, read %s: %s; the brake holds %d", g.Email, s.Read.Format(time.RFC3339), d, heldOf[g.ID]), nil
		}
	}
	for _, email := range held {
		return fmt.Sprintf("group %s is in the mirror only", email), nil
	}
	return "", nil
}

// differing says in which member a group first differs from its mirror.
func differing(truth []simworkspace.Member, s group.Snapshot) string {
	if len(truth) != len(s.Members) {
		return fmt.Sprintf("%d members in the mirror, not %d", len(s.Members), len(truth))
	}
	for i, m := range truth {
		if got := s.Members[i]; got.ID != m.ID || string(got.Role) != m.Role || group.Address(got.Email) != m.Email {
			return fmt.Sprintf("%s %s is %s %s in the mirror", m.Email, m.Role, got.Email, got.Role)
		}
	}
	return ""
}
