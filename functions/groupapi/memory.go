package groupapi

import (
	"context"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	// trust is how long an answer of the memory is given without looking into the feed again.
	trust = time.Second
	// mostRemembered bounds the memory, in memberships and the groups between: about 100 bytes each.
	mostRemembered = 500_000
	// feedPage is how many differences are read at a time.
	feedPage = 500
)

// memory remembers the groups of people. It follows the mirror's feed: a difference drops the
// people whom it names, or everybody where it may concern anybody. So an answer costs one small
// read a second instead of one for each group of the person. It is safe for concurrent use.
type memory struct {
	mu       sync.Mutex
	entries  map[asked]*remembered
	byMember map[string][]asked // the entries in which an id occurs
	size     int
	followed time.Time // up to when the feed was read
	asOf     time.Time
	sure     certainty
	watched  time.Time
	checked  time.Time
}

// asked is what an entry answers: in which groups somebody is, by their id. Who has an address may
// change, and the feed does not tell of it.
type asked struct {
	person string
	deep   bool
}

type remembered struct {
	groups []Membership
}

// known is what is known of somebody's groups.
type known struct {
	groups  []Membership
	asOf    time.Time
	watched time.Time
	certainty
}

func newMemory() *memory {
	m := &memory{}
	m.forget()
	return m
}

func (m *memory) forget() {
	m.entries, m.byMember, m.size = map[asked]*remembered{}, map[string][]asked{}, 0
}

// weight is how much of the memory an answer takes.
func weight(groups []Membership) int {
	n := 1
	for _, g := range groups {
		n += 1 + len(g.Through)
	}
	return n
}

// groupsOf returns the groups of somebody by their id, from the memory where that is as good as
// the mirror.
func (m *memory) groupsOf(ctx context.Context, h *handler, id string, deep bool) (known, error) {
	key := asked{id, deep}
	m.mu.Lock()
	if err := m.follow(ctx, h); err != nil {
		m.mu.Unlock()
		return known{}, err
	}
	k := known{asOf: m.asOf, watched: m.watched, certainty: m.sure}
	if e, ok := m.entries[key]; ok {
		m.mu.Unlock()
		k.groups = e.groups
		return k, nil
	}
	m.mu.Unlock()

	began := h.now()
	var err error
	if k.groups, err = h.climb(ctx, id, deep); err != nil {
		return known{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// What changed while this was read is in the part of the feed that is read again.
	if m.size+weight(k.groups) > mostRemembered {
		m.forget()
	}
	if _, ok := m.entries[key]; !ok && !m.followed.After(began) {
		m.entries[key] = &remembered{groups: k.groups}
		m.size += weight(k.groups)
		m.byMember[id] = append(m.byMember[id], key)
		for _, g := range k.groups {
			m.byMember[g.ID] = append(m.byMember[g.ID], key)
		}
	}
	return k, nil
}

// follow reads what the feed has since the last time, and drops what it concerns. The lock is
// held.
func (m *memory) follow(ctx context.Context, h *handler) error {
	now := h.now()
	if !m.checked.IsZero() && now.Sub(m.checked) < trust && !now.Before(m.checked) {
		return nil
	}
	census, err := h.mirror.Census(ctx)
	if err != nil {
		return err
	}
	watched, err := h.watched(ctx)
	if err != nil {
		return err
	}
	sure, err := h.certain(ctx, census)
	if err != nil {
		return err
	}
	if m.followed.IsZero() {
		m.followed = now
	}
	from, after := m.followed.Add(-mirror.FeedLag), ""
	for {
		list, next, err := h.mirror.Feed(ctx, from, now.Add(time.Minute), after, feedPage)
		if err != nil {
			return err
		}
		for _, d := range list {
			m.drop(d)
		}
		if after = next; after == "" {
			break
		}
	}
	m.followed, m.checked = now, now
	m.asOf, m.watched, m.sure = census.At, watched, sure
	return nil
}

// drop forgets whom a difference concerns: members who came or went, and everybody whose answer
// has the group in it.
func (m *memory) drop(d mirror.Difference) {
	if d.Many {
		m.forget()
		return
	}
	for _, list := range [][]string{{d.Group}, d.Added, d.Removed} {
		for _, id := range list {
			for _, key := range m.byMember[id] {
				if e, ok := m.entries[key]; ok {
					m.size -= weight(e.groups)
					delete(m.entries, key)
				}
			}
			delete(m.byMember, id)
		}
	}
}
