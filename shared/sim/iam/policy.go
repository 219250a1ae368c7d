package iam

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Condition is what must hold for a binding to give anything.
type Condition struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Expression  string `json:"expression,omitempty"`
	Location    string `json:"location,omitempty"`
}

// Binding is one entry of a policy.
type Binding struct {
	Role      string     `json:"role,omitempty"`
	Members   []string   `json:"members,omitempty"`
	Condition *Condition `json:"condition,omitempty"`

	// opaque is an entry of a data set's access list that names no account: a view, a routine or
	// another data set.
	opaque json.RawMessage
}

func (b Binding) clone() Binding {
	b.Members = slices.Clone(b.Members)
	if b.Condition != nil {
		c := *b.Condition
		b.Condition = &c
	}
	return b
}

func cloneAll(bindings []Binding) []Binding {
	out := make([]Binding, len(bindings))
	for i, b := range bindings {
		out[i] = b.clone()
	}
	return out
}

// policy is one state of a resource's policy. It is not changed once it is stored.
type policy struct {
	bindings []Binding
	audit    []auditConfig
	etag     string
	since    time.Time
}

// auditConfig says what is logged, and of whom it is not.
type auditConfig struct {
	Service string     `json:"service,omitempty"`
	Logs    []auditLog `json:"auditLogConfigs,omitempty"`
}

type auditLog struct {
	LogType  string   `json:"logType,omitempty"`
	Exempted []string `json:"exemptedMembers,omitempty"`
}

// conditional reports whether some binding has a condition.
func (p *policy) conditional() bool {
	return slices.ContainsFunc(p.bindings, func(b Binding) bool { return b.Condition != nil })
}

// version is that of the policy's own form.
func (p *policy) version() int {
	if p.conditional() {
		return 3
	}
	return 1
}

// withcond is how a version below 3 shows a binding under a condition: by its role with this
// and a hash behind it, and without the condition.
// https://cloud.google.com/iam/docs/troubleshooting-withcond
const withcond = "_withcond_"

// in returns the bindings as a version shows them.
func (p *policy) in(version int, mark string) []Binding {
	out := cloneAll(p.bindings)
	if version >= 3 {
		return out
	}
	for i, b := range out {
		if b.Condition != nil {
			h := sha256.Sum256(fmt.Appendln(nil, b.Role, b.Condition.Title, b.Condition.Description, b.Condition.Expression))
			out[i].Role += mark + hex.EncodeToString(h[:10])
			out[i].Condition = nil
		}
	}
	return out
}

// withoutMark is a role as it was before a version below 3 marked it.
func withoutMark(role string) string {
	role, _, _ = strings.Cut(role, withcond)
	role, _, _ = strings.Cut(role, datasetMark)
	return role
}

// canonical is a member as IAM stores it: addresses in lower case. The prefix and the names of
// pools are taken as they are.
func canonical(member string) string {
	kind, name, ok := strings.Cut(member, ":")
	if !ok || strings.HasPrefix(kind, "principal") {
		return member
	}
	if kind == "deleted" {
		return "deleted:" + canonical(name)
	}
	address, rest, found := strings.Cut(name, "?uid=")
	if found {
		rest = "?uid=" + rest
	}
	return kind + ":" + strings.ToLower(address) + rest
}

// settle brings bindings into the form in which IAM gives them back: those with the same role
// and condition are one, members are there once, everything is sorted. An entry of a data set's
// list stays as it is and where it is.
func settle(bindings []Binding) []Binding {
	var out []Binding
	for _, b := range bindings {
		i := slices.IndexFunc(out, func(o Binding) bool { return o.Role == b.Role && sameCondition(o.Condition, b.Condition) })
		if i < 0 {
			out = append(out, b.clone())
			continue
		}
		out[i].Members = append(out[i].Members, b.Members...)
	}
	for i := range out {
		for j, m := range out[i].Members {
			out[i].Members[j] = canonical(m)
		}
		slices.Sort(out[i].Members)
		out[i].Members = slices.Compact(out[i].Members)
	}
	slices.SortStableFunc(out, func(a, b Binding) int { return cmp.Compare(a.Role, b.Role) })
	return out
}

func sameCondition(a, b *Condition) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// resource is something that has a policy.
type resource struct {
	name   string // projects/etl-prj-prd, buckets/etl-dumps, datasets/etl-prj-prd.sales, …
	parent *resource
	fine   bool      // a bucket whose objects have access lists of their own
	past   []*policy // oldest first; the last one is what stands
	writes int
}

// current is what stands.
func (r *resource) current() *policy { return r.past[len(r.past)-1] }

// at is what stood at a time.
func (r *resource) at(t time.Time) *policy {
	for i := len(r.past) - 1; i > 0; i-- {
		if !r.past[i].since.After(t) {
			return r.past[i]
		}
	}
	return r.past[0]
}

// put stores a policy. What no lag can show any more is forgotten.
func (s *Server) put(r *resource, p *policy, now time.Time) {
	r.writes++
	p.since, p.etag = now, s.etag(r)
	r.past = append(r.past, p)
	oldest := now.Add(-max(s.lag.Read, s.lag.Effect))
	for len(r.past) > 1 && !r.past[1].since.After(oldest) {
		r.past = r.past[1:]
	}
}

// etag is an opaque tag of eight bytes that changes with every write.
func (s *Server) etag(r *resource) string {
	d := sha256.Sum256(fmt.Appendln(nil, s.seed, "etag", r.name, r.writes))
	var tag [8]byte
	binary.BigEndian.PutUint32(tag[:4], uint32(r.writes))
	copy(tag[4:], d[:4])
	tag[0] = 0x07
	return base64.StdEncoding.EncodeToString(tag[:])
}
