package grant

import (
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Condition is what must hold for a binding to give anything.
type Condition struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Expression  string `json:"expression,omitempty"`
	// Location is for messages of whoever evaluates it, and empty as a rule.
	Location string `json:"location,omitempty"`
}

// Binding is one entry of a policy: who has a role, under which condition.
type Binding struct {
	Role      string     `json:"role,omitempty"`
	Members   []string   `json:"members,omitempty"`
	Condition *Condition `json:"condition,omitempty"`

	// Raw is the entry as it was read. Whoever writes a policy writes this where it is there, so
	// that nothing of a foreign entry is lost on the way, not even what this program does not
	// know. It is nil for an entry that is made or changed here.
	Raw []byte `json:"-"`
}

// Policy is what stands at one place about who has access there.
//
// It has neither etag nor version. Those belong to the way between reading and writing, which
// an adapter goes, and which must not be gone without them.
type Policy struct {
	Bindings []Binding
	// Exempted lists members whom the policy's audit configuration names. They count towards
	// IAM's limits.
	Exempted []string
}

// Ours is a binding that this system made, as its condition tells.
type Ours struct {
	ID, Role, Member, Title string
	// Until is when it ends, And the condition that must hold besides.
	Until time.Time
	And   string
}

// Mark says whose a binding is.
type Mark int

// The marks.
const (
	// Foreign is somebody else's.
	Foreign Mark = iota
	// Exact is ours as it was made.
	Exact
	// Altered carries the id of a change, and is otherwise not in the form in which we write.
	Altered
)

// Recognize tells our bindings from foreign ones. Of an [Altered] binding only the id and the
// role are known.
func Recognize(b Binding) (Ours, Mark) {
	if b.Condition == nil {
		return Ours{}, Foreign
	}
	id := b.Condition.Description
	if _, _, ok := change.SlotOf(id); !ok {
		return Ours{}, Foreign
	}
	until, and, ok := parseExpression(b.Condition.Expression)
	if !ok || len(b.Members) != 1 || b.Condition.Location != "" {
		return Ours{ID: id, Role: b.Role}, Altered
	}
	return Ours{ID: id, Role: b.Role, Member: b.Members[0], Title: b.Condition.Title, Until: until, And: and}, Exact
}

// Dead reports whether a binding gives nothing any more.
func (o Ours) Dead(now time.Time) bool { return !now.Before(o.Until) }

// Clearable reports whether a binding may be taken away because it is dead: after [Grace], because
// clocks differ.
func (o Ours) Clearable(now time.Time) bool { return o.Dead(now.Add(-Grace)) }

// binding makes the binding of one role of a grant.
func (g Grant) binding(role string) Binding {
	return Binding{
		Role: role, Members: []string{g.Member},
		Condition: &Condition{Title: g.Title, Description: g.ID, Expression: Expression(g.Until, g.Condition)},
	}
}

// Find returns our bindings of one change, in the order of the policy.
func (p Policy) Find(id string) []Ours {
	var out []Ours
	for _, b := range p.Bindings {
		if o, mark := Recognize(b); mark == Exact && o.ID == id {
			out = append(out, o)
		}
	}
	return out
}

// Ends returns when the bindings of a grant end in a policy, the earliest of them. The boolean
// is false where one of its roles has no binding.
func (p Policy) Ends(g Grant) (time.Time, bool) {
	var until time.Time
	for i, role := range g.Roles {
		at := slices.IndexFunc(p.Bindings, func(b Binding) bool {
			o, mark := Recognize(b)
			return mark == Exact && o.ID == g.ID && o.Role == role && sameMember(o.Member, g.Member)
		})
		if at < 0 {
			return time.Time{}, false
		}
		o, _ := Recognize(p.Bindings[at])
		if i == 0 || o.Until.Before(until) {
			until = o.Until
		}
	}
	return until, len(g.Roles) > 0
}

// isGroup reports whether a member counts as a group towards IAM's limits.
func isGroup(member string) bool {
	return strings.HasPrefix(member, "group:") || strings.HasPrefix(member, "domain:")
}
