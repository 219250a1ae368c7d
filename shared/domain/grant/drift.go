package grant

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DriftKind says how a policy differs from what was decided.
type DriftKind string

// The kinds of drift.
const (
	// Changed is a binding of a live grant that somebody has edited.
	Changed DriftKind = "changed"
	// Gone is a role of a live grant that has no binding any more.
	Gone DriftKind = "gone"
	// Stray is a binding in our form, still in force, that belongs to no live grant: given back
	// and put there again, or of a change that nobody knows.
	Stray DriftKind = "stray"
	// Endless is a role of a live grant that its member has without a condition too, so that it
	// will not end.
	Endless DriftKind = "endless"
	// Outside is a binding under a condition that never was a request.
	Outside DriftKind = "outside"
)

// Drift is one difference between a policy and the grants at its place.
type Drift struct {
	Kind DriftKind
	// Change is the id of the change that it is about; empty for what is [Outside].
	Change string
	Role   string
	// Members are those of the binding, or the member who lacks it.
	Members []string
	// Title is that of the condition of what is [Outside].
	Title string
	// Edited says what is another one in what is [Changed].
	Edited Edited
	// Text says it in English.
	Text string
}

// Part is a part of a binding.
type Part string

// The parts that may have been edited. PartForm is the whole, which is not in our form any more.
const (
	PartRole      Part = "role"
	PartMember    Part = "member"
	PartEnd       Part = "end"
	PartCondition Part = "condition" // what is asked for besides the time
	PartTitle     Part = "title"
	PartForm      Part = "form"
)

// Edited is what somebody has edited of a binding.
type Edited struct {
	Part Part
	// Is is what it is now, Was what its grant has: an end as a time in UTC to the second, several
	// roles with commas between. Of [PartForm] it is the expression, and there is no Was.
	Is, Was string
}

// Drifts compares a policy with the grants that are live at its place and returns the
// differences, in the order of the policy, then of the grants. They are for people to look at:
// nothing follows from them by itself, because whoever edited a policy by hand may have had a
// reason.
func Drifts(p Policy, live []Grant, now time.Time) []Drift {
	byID := map[string]Grant{}
	for _, g := range live {
		if g.Live(now) {
			byID[g.ID] = g
		}
	}
	var out []Drift
	for _, b := range p.Bindings {
		if d, ok := driftOf(b, byID, now); ok {
			out = append(out, d)
		}
	}
	for _, g := range live {
		if _, ok := byID[g.ID]; ok {
			out = append(out, g.drifts(p)...)
		}
	}
	return out
}

// driftOf looks at one binding.
func driftOf(b Binding, live map[string]Grant, now time.Time) (Drift, bool) {
	o, mark := Recognize(b)
	d := Drift{Change: o.ID, Role: b.Role, Members: b.Members}
	who := strings.Join(b.Members, ", ")
	g, known := live[o.ID]
	switch {
	case mark == Foreign && b.Condition == nil:
		return Drift{}, false
	case mark == Foreign:
		d.Kind, d.Title = Outside, b.Condition.Title
		d.Text = fmt.Sprintf("%s has %s under the condition %q, which nobody asked for here", who, b.Role, b.Condition.Title)
	case mark == Exact && o.Dead(now):
		return Drift{}, false // cleared away before long
	case !known:
		d.Kind = Stray
		d.Text = fmt.Sprintf("%s has %s by a binding of change %s, by which there is no access now", who, b.Role, o.ID)
	case mark == Altered:
		d.Kind, d.Edited = Changed, Edited{Part: PartForm, Is: b.Condition.Expression}
		d.Text = fmt.Sprintf("the binding of %s to %s was edited: it is %s under %q", b.Role, g.Member, who, b.Condition.Expression)
	default:
		if d.Edited, d.Text = g.differs(o); d.Text == "" {
			return Drift{}, false
		}
		d.Kind = Changed
	}
	return d, true
}

// differs says what a binding in our form has that its grant has not, as such and in English, or
// nothing.
func (g Grant) differs(o Ours) (Edited, string) {
	begin := fmt.Sprintf("the binding of %s to %s was edited: ", o.Role, o.Member)
	switch {
	case !slices.Contains(g.Roles, o.Role):
		e := Edited{PartRole, o.Role, strings.Join(g.Roles, ", ")}
		return e, fmt.Sprintf("the binding of %s was edited: its role is %s, not one of %s", o.ID, e.Is, e.Was)
	case !g.isMember(o.Member):
		e := Edited{PartMember, o.Member, g.Member}
		return e, fmt.Sprintf("the binding of %s was edited: its member is %s, not %s", o.Role, e.Is, e.Was)
	case o.Until.After(g.Until):
		e := Edited{PartEnd, clock(o.Until), clock(g.Until)}
		return e, begin + fmt.Sprintf("it ends at %s, not at %s", e.Is, e.Was)
	case o.Until.Before(g.Until.Truncate(time.Second)):
		e := Edited{PartEnd, clock(o.Until), clock(g.Until)}
		return e, begin + fmt.Sprintf("it ends at %s already, not at %s", e.Is, e.Was)
	case o.And != g.Condition:
		e := Edited{PartCondition, o.And, g.Condition}
		return e, begin + fmt.Sprintf("it asks for %q besides the time, not for %q", e.Is, e.Was)
	case o.Title != g.Title:
		e := Edited{PartTitle, o.Title, g.Title}
		return e, begin + fmt.Sprintf("its title is %q, not %q", e.Is, e.Was)
	}
	return Edited{}, ""
}

// drifts looks for what a grant lacks, and for what it has besides.
func (g Grant) drifts(p Policy) []Drift {
	var out []Drift
	for _, role := range g.Roles {
		d := Drift{Change: g.ID, Role: role, Members: []string{g.Member}}
		carried := slices.ContainsFunc(p.Bindings, func(b Binding) bool {
			o, mark := Recognize(b)
			return mark != Foreign && o.ID == g.ID && b.Role == role && slices.ContainsFunc(b.Members, g.isMember)
		})
		if !carried {
			d.Kind = Gone
			d.Text = fmt.Sprintf("the binding of %s to %s is gone", role, g.Member)
			out = append(out, d)
		}
		endless := slices.ContainsFunc(p.Bindings, func(b Binding) bool {
			return b.Role == role && b.Condition == nil && slices.ContainsFunc(b.Members, g.isMember)
		})
		if endless {
			d.Kind = Endless
			d.Text = fmt.Sprintf("%s has %s without a condition too: it will not end", g.Member, role)
			out = append(out, d)
		}
	}
	return out
}
