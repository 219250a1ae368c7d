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
// No entry of others is changed or moved. The one thing that is taken out of an entry which
// others have altered is the member of a grant in Take: taking away goes before all else.
func (e Edit) Apply(p Policy) (Policy, bool, error) {
	a := application{edit: e, next: slices.Clone(p.Bindings)}
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
	return Policy{Bindings: a.next, Exempted: p.Exempted}, true, nil
}

// application is an edit under way.
type application struct {
	edit    Edit
	next    []Binding
	changed bool
}

// drop removes the bindings for which out holds.
func (a *application) drop(out func(Binding, Ours, Mark) bool) {
	n := len(a.next)
	a.next = slices.DeleteFunc(a.next, func(b Binding) bool {
		o, mark := Recognize(b)
		return mark != Foreign && out(b, o, mark)
	})
	a.changed = a.changed || len(a.next) != n
}

func (a *application) take(g Grant) {
	for i, b := range a.next {
		if o, mark := Recognize(b); mark != Altered || o.ID != g.ID {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(b.Members), g.isMember)
		if len(left) != len(b.Members) {
			a.next[i].Members, a.next[i].Raw = left, nil
			a.changed = true
		}
	}
	a.drop(func(b Binding, o Ours, mark Mark) bool {
		return o.ID == g.ID && (mark == Exact || len(b.Members) == 0)
	})
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
	own := func(o Ours, mark Mark) bool { return mark == Exact && o.Role == role && sameMember(o.Member, g.Member) }
	for _, b := range a.next {
		o, mark := Recognize(b)
		if own(o, mark) && slices.Contains(g.Replaces, o.ID) && o.Until.After(g.Until.Truncate(time.Second)) {
			return fmt.Errorf("extend %s for %s until %s: %w", g.Entitlement, role, clock(g.Until), ErrShortens)
		}
	}
	// What an earlier attempt wrote stands, with the end that it had then. An end beyond the
	// grant's is nobody's decision.
	stands := false
	a.drop(func(_ Binding, o Ours, mark Mark) bool {
		switch {
		case !own(o, mark):
			return false
		case o.ID != g.ID:
			return slices.Contains(g.Replaces, o.ID)
		case stands || o.Until.After(g.Until) || o.And != g.Condition || !a.edit.Now.Before(o.Until):
			return true
		}
		stands = true
		return false
	})
	if !stands {
		a.next = append(a.next, g.binding(role))
		a.changed = true
	}
	return nil
}

// clear drops dead bindings of ours.
func (a *application) clear() {
	a.drop(func(_ Binding, o Ours, mark Mark) bool {
		return mark == Exact && !a.edit.Now.Before(o.Until.Add(Grace))
	})
}
