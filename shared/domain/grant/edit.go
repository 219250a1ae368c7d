package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrShortens says that a grant would end earlier than what it is to extend.
var ErrShortens = errors.New("it would end earlier than what it extends")

// Edit is what is to become of a policy: pure data, so that it can be done again on a fresh
// reading when somebody else was faster.
type Edit struct {
	// Give lists grants whose bindings are to be there, Take those whose bindings are to be gone.
	// All are at the place whose policy is edited.
	Give, Take []Grant
	// Now is the instant of the edit. Bindings of ours that ended [Grace] before it are cleared
	// away, whatever else is to be done.
	Now time.Time
}

// Apply returns the policy after the edit, and whether it differs. The policy that is given
// stays as it is. Applied to its own result an edit changes nothing, so that a writer that
// reads again knows by that whether it is done.
//
// No entry of others is changed or moved. What others did to an entry of ours stands too, but
// for the member of a grant in Take: taking away goes before all else.
func (e Edit) Apply(p Policy) (Policy, bool, error) {
	a := application{edit: e, next: make([]marked, len(p.Bindings))}
	for i, b := range p.Bindings {
		a.next[i].binding = b
		a.next[i].ours, a.next[i].mark = Recognize(b)
	}
	for _, g := range e.Take {
		a.take(g)
	}
	for _, g := range e.Give {
		if err := a.give(g); err != nil {
			return p, false, err
		}
	}
	a.clear()
	if !a.changed {
		return p, false, nil
	}
	next := Policy{Bindings: make([]Binding, len(a.next)), Exempted: p.Exempted}
	for i, m := range a.next {
		next.Bindings[i] = m.binding
	}
	return next, true, nil
}

// application is an edit under way.
type application struct {
	edit    Edit
	next    []marked
	changed bool
}

// marked is a binding with whose it is.
type marked struct {
	binding Binding
	ours    Ours
	mark    Mark
}

// of reports whether it is a binding in our form that gives a role to who has a grant.
func (m marked) of(g Grant, role string) bool {
	return m.mark == Exact && m.ours.Role == role && sameMember(m.ours.Member, g.Member)
}

// drop removes the bindings for which out holds.
func (a *application) drop(out func(marked) bool) {
	n := len(a.next)
	a.next = slices.DeleteFunc(a.next, out)
	a.changed = a.changed || len(a.next) != n
}

// take takes the member of a grant out of every binding of its change, also out of those that
// others have altered. Who else they put there stays.
func (a *application) take(g Grant) {
	for i, m := range a.next {
		if m.mark == Foreign || m.ours.ID != g.ID {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(m.binding.Members), g.isMember)
		if len(left) == len(m.binding.Members) {
			continue
		}
		b := m.binding
		b.Members, b.Raw = left, nil
		a.next[i].binding = b
		a.next[i].ours, a.next[i].mark = Recognize(b)
		a.changed = true
	}
	a.drop(func(m marked) bool { return m.ours.ID == g.ID && len(m.binding.Members) == 0 })
}

// isMember reports whether a member is who has the grant, also after the account was deleted:
// then policies write deleted:user:aiko@example.com?uid=1.
func (g Grant) isMember(member string) bool {
	if rest, ok := strings.CutPrefix(lower(member), "deleted:"); ok {
		member, _, _ = strings.Cut(rest, "?uid=")
	}
	return sameMember(member, g.Member)
}

func (a *application) give(g Grant) error {
	if !g.Live(a.edit.Now) {
		return fmt.Errorf("give %s until %s: %w", g.Entitlement, clock(g.Until), ErrEnded)
	}
	for _, role := range g.Roles {
		if err := a.giveRole(g, role); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) giveRole(g Grant, role string) error {
	for _, m := range a.next {
		if m.of(g, role) && slices.Contains(g.Replaces, m.ours.ID) && m.ours.Until.After(g.Until.Truncate(time.Second)) {
			return fmt.Errorf("extend %s for %s until %s: %w", g.Entitlement, role, clock(g.Until), ErrShortens)
		}
	}
	// What an earlier attempt wrote stands, with the end that it had then. An end beyond the
	// grant's is nobody's decision.
	stands := false
	a.drop(func(m marked) bool {
		switch {
		case !m.of(g, role):
			return false
		case m.ours.ID != g.ID:
			return slices.Contains(g.Replaces, m.ours.ID)
		case stands || m.ours.Until.After(g.Until) || m.ours.And != g.Condition || !a.edit.Now.Before(m.ours.Until):
			return true
		}
		stands = true
		return false
	})
	if !stands {
		b := g.binding(role)
		m := marked{binding: b}
		m.ours, m.mark = Recognize(b)
		a.next = append(a.next, m)
		a.changed = true
	}
	return nil
}

// clear drops dead bindings of ours.
func (a *application) clear() {
	a.drop(func(m marked) bool { return m.mark == Exact && m.ours.Clearable(a.edit.Now) })
}
