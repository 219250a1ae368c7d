package groupapi

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	// trust is how long an answer of the memory is given without looking into the feed again.
	trust = time.Second
	// lookBack is how often the feed is read again for differences that appeared later than usual, and
	// latest how far back: a store gives an update up after a minute.
	lookBack = time.Minute
	latest   = 3 * time.Minute
	// mostRemembered bounds the memory, in what [weight] counts: about 100 bytes each.
	mostRemembered = 1_000_000
	// feedPage is how many differences are read at a time.
	feedPage = 500
)

// memory remembers the groups of people. It follows the mirror's feed: a difference drops the
// people whom it names, or everybody where it may concern anybody. So an answer costs one small
// read a second instead of one for each group of the person. It is safe for concurrent use.
type memory struct {
	mu       sync.Mutex
	entries  map[asked][]Membership
	byMember map[string]map[asked]bool // the entries in which an id occurs
	size     int                       // of all entries, by their weight
	followed time.Time                 // up to when the feed was read
	looked   time.Time                 // when it was last read again further back
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
	m.entries, m.byMember, m.size = map[asked][]Membership{}, map[string]map[asked]bool{}, 0
}

// weight is how much of the memory an entry takes: its groups, the groups between, and the places
// by which it is found when one of them or the person changes.
func weight(groups []Membership) int {
	n := 2
	for _, g := range groups {
		n += 2 + len(g.Through)
	}
	return n
}

// occurs returns the ids in an entry: the person's, and those of the groups.
func occurs(key asked, groups []Membership) []string {
	ids := []string{key.person}
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	return ids
}

// has reports whether there is an answer about somebody of the directory by their id. Ids pass to
// nobody else, and no address is one.
func (m *memory) has(id string, deep bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.entries[asked{id, deep}]
	return ok
}

// groupsOf returns somebody's groups, from the memory where that is as good as the mirror. It remembers
// nobody from outside: what a client may know of them is found out for each question.
func (m *memory) groupsOf(ctx context.Context, h *handler, who somebody, deep bool) (known, error) {
	key := asked{who.id, deep}
	m.mu.Lock()
	if err := m.follow(ctx, h); err != nil {
		m.mu.Unlock()
		return known{}, err
	}
	k := known{asOf: m.asOf, watched: m.watched, certainty: m.sure}
	groups, ok := m.entries[key]
	m.mu.Unlock()
	if ok {
		k.groups = groups
		return k, nil
	}

	began := h.now()
	var err error
	if k.groups, err = h.climb(ctx, who.id, deep); err != nil {
		return known{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// What changed while this was read is in the part of the feed that is read again.
	if !who.outside && !m.followed.After(began) {
		m.keep(key, k.groups)
	}
	return k, nil
}

// keep remembers an answer, and forgets all others where it has no room beside them. The lock is
// held.
func (m *memory) keep(key asked, groups []Membership) {
	if _, ok := m.entries[key]; ok {
		return // somebody else asked at the same time
	}
	if m.size+weight(groups) > mostRemembered {
		m.forget()
	}
	m.entries[key] = groups
	m.size += weight(groups)
	for _, id := range occurs(key, groups) {
		if m.byMember[id] == nil {
			m.byMember[id] = map[asked]bool{}
		}
		m.byMember[id][key] = true
	}
}

// remove forgets one answer, and nothing of it is left. The lock is held.
func (m *memory) remove(key asked) {
	groups := m.entries[key]
	delete(m.entries, key)
	m.size -= weight(groups)
	for _, id := range occurs(key, groups) {
		delete(m.byMember[id], key)
		if len(m.byMember[id]) == 0 {
			delete(m.byMember, id)
		}
	}
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
	back := now.Sub(m.looked) >= lookBack
	if back {
		from = m.followed.Add(-latest)
	}
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
	if back {
		m.looked = now
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
	for _, id := range slices.Concat([]string{d.Group}, d.Added, d.Removed) {
		for key := range m.byMember[id] {
			m.remove(key)
		}
	}
}
