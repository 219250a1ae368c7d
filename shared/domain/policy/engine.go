package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Engine answers questions by one model and one directory. It is immutable and may be used
// concurrently. A nil engine allows nothing.
type Engine struct {
	book *book
	// byID and byAddress find people; a key that means several of them has nil.
	byID, byAddress map[string]*member
	// everybody is in the directory's order.
	everybody []*member
}

// Compile makes an engine. The error joins everything that is wrong with the model: names that
// are not unique or refer to nothing, rules without operations or resources, roles that are
// given to something else than groups and people. Teams above themselves are no error: each
// counts once. A nil directory knows nobody.
//
// A person who is in no team's group is in the team of type [Organization], as in
// OpenMetadata, and so is a team without parents below it.
func Compile(m Model, people Directory) (*Engine, error) {
	b, err := newBook(m)
	if err != nil {
		return nil, fmt.Errorf("compile the policy: %w", err)
	}
	return (&Engine{book: b}).With(people), nil
}

// With returns an engine for the same model and another directory. It is cheaper than
// [Compile]: for a question about one resource, a directory of the person who asks and the
// people who own or review it is enough.
func (e *Engine) With(people Directory) *Engine {
	if e == nil {
		return nil
	}
	out := &Engine{book: e.book}
	out.enrol(people)
	return out
}

// Empty reports whether there is no policy: no team, no role and no policy are defined.
func (e *Engine) Empty() bool {
	return e == nil || len(e.book.teams)+len(e.book.roles)+len(e.book.policies) == 0
}

// Request is a question: may the subject do all of these operations to the resource?
type Request struct {
	// Subject is a person's id or one of the person's addresses.
	Subject    string
	Operations []Operation
	Resource   Resource
}

// Resource is what an operation is done to.
type Resource struct {
	// Type is the kind of thing: "table", "group". See operations.go for those of Sekisho.
	Type string
	// Name is the thing itself, as people name it. It is empty where a question is about the
	// type as a whole, such as a listing.
	Name string
	// Owners and Reviewers are people and teams.
	Owners, Reviewers []Reference
	// Tags are full names: "Tier.Tier1". Certification is the tag that certifies the thing.
	Tags          []string
	Certification string
	Domains       []string
}

// String returns the resource as it is written in scenarios and commands: "table:sales.orders".
func (r Resource) String() string { return r.Type + ":" + r.Name }

// Reference names an owner or a reviewer.
type Reference struct {
	// Type is [TypeUser] or [TypeTeam].
	Type string
	// Name is a person's id or address, or the name of a team.
	Name string
}

// The types of reference, in OpenMetadata's words.
const (
	TypeUser = "user"
	TypeTeam = "team"
)

// Reason is why an answer is what it is.
type Reason string

// The reasons. Only the first two allow.
const (
	Allowed       Reason = "allowed"        // rules allow every operation, and none denies
	Administrator Reason = "administrator"  // the catalogue's administrators are not asked
	Denied        Reason = "denied"         // a rule denies
	NotAllowed    Reason = "not allowed"    // no rule allows one of the operations
	NoPolicy      Reason = "no policy"      // there is no policy
	Unknown       Reason = "unknown person" // the directory does not know the person, or knows two
	Suspended     Reason = "suspended"      // the person's account is suspended
	NothingAsked  Reason = "nothing asked"  // no operation, or no type of resource, was named
	Program       Reason = "program"        // a bot does not decide about changes: see Counting
)

// Decision is an answer. Its zero value is a no. Decisions of one engine can be compared with ==.
type Decision struct {
	Allowed bool
	Reason  Reason
	by      link
}

// Rule returns the names of the policy and the rule that decided: for a yes, those that allow
// the operation asked first. Both are empty where no rule did.
func (d Decision) Rule() (policy, rule string) {
	if d.by.rule == nil {
		return "", ""
	}
	return d.by.rule.policy, d.by.rule.Name
}

// String returns the answer in a few words: "denied by the rule team-only of the policy etl".
func (d Decision) String() string { return english.decision(d) }

// Decide answers a question. It allocates nothing where owners and operations are few and their
// addresses are in small letters.
//
// It evaluates as the path does on which OpenMetadata enforces (its PolicyEvaluator,
// CompiledRule, SubjectContext and RuleEvaluator), which is not the path on which OpenMetadata
// lists permissions for its pages. Two things differ, both towards a no: nothing asked is not
// allowed, and administrators are asked about Sekisho's own operations. Of what OpenMetadata
// does in several ways in its versions, matchTeam() looks at every owner, and hasDomain() is the
// stricter one, without the list of types that it passes over.
func (e *Engine) Decide(r Request) Decision {
	m, reason := e.admit(&r)
	if reason != "" {
		return Decision{Allowed: reason == Administrator, Reason: reason}
	}
	// What is few stays on the stack.
	var fewOwners [6]principal
	var fewOperations [4]asked
	owners, all := fewOwners[:0], fewOperations[:0]
	for _, o := range r.Resource.Owners {
		owners = append(owners, e.find(o))
	}
	for _, o := range r.Operations {
		all = append(all, e.book.asked(o))
	}
	q := question{book: e.book, subject: m, resource: &r.Resource, owners: owners}
	about := e.book.kind(r.Resource.Type)
	if by := q.first(Deny, about, all); by.rule != nil {
		return Decision{Reason: Denied, by: by}
	}
	var by link
	for i := range all {
		allow := q.first(Allow, about, all[i:i+1])
		if allow.rule == nil {
			return Decision{Reason: NotAllowed}
		}
		if i == 0 {
			by = allow
		}
	}
	return Decision{Allowed: true, Reason: Allowed, by: by}
}

// admit returns the person whom a question is about, or the reason why no rule is read. Who is unknown or
// suspended may nothing, whether or not there are rules: where there are none, what holds without them
// holds for others.
func (e *Engine) admit(r *Request) (*member, Reason) {
	if e == nil {
		return nil, NoPolicy
	}
	m := e.member(r.Subject)
	switch {
	case m == nil:
		return nil, Unknown
	case m.Suspended:
		return m, Suspended
	case e.Empty():
		return m, NoPolicy
	case len(r.Operations) == 0 || r.Resource.Type == "":
		return m, NothingAsked
	case m.Admin && !slices.ContainsFunc(r.Operations, Operation.own):
		return m, Administrator
	}
	return m, ""
}

// asked is an operation that is asked for.
type asked struct {
	number     int // -1 where no rule names it
	edit, view bool
}

func (b *book) asked(o Operation) asked {
	number, ok := b.operations[o]
	if !ok {
		number = -1
	}
	return asked{number, strings.HasPrefix(string(o), "Edit"), strings.HasPrefix(string(o), "View")}
}

// kind is a type of resource that is asked about.
type kind struct {
	number int // -1 where no rule names it
	scim   bool
}

func (b *book) kind(t string) kind {
	number, ok := b.types[t]
	if !ok {
		number = -1
	}
	return kind{number, strings.EqualFold(t, scim)}
}

// about reports whether a rule is about a type of resource.
func (r *rule) about(k kind) bool {
	if k.scim {
		return r.scim
	}
	return r.anyType || r.types.has(k.number)
}

// covers reports whether a rule is about one of some operations.
func (r *rule) covers(some []asked) bool {
	if r.everything {
		return true
	}
	for _, a := range some {
		if r.edits && a.edit || r.views && a.view || r.operations.has(a.number) {
			return true
		}
	}
	return false
}

// first returns the first rule of an effect that matches the question: those that reach the
// subject by roles and teams, and then those of the teams that own the resource, unless a team
// was counted before.
func (q *question) first(effect Effect, about kind, some []asked) link {
	p := q.subject.profile
	links := p.allows
	if effect == Deny {
		links = p.denies
	}
	if i := q.match(links, about, some); i >= 0 {
		return links[i]
	}
	for _, o := range q.owners {
		if o.team == noTeam {
			continue
		}
		for _, up := range q.teams[o.team].chain {
			if p.visited.has(up) {
				continue
			}
			links := q.teams[up].allows
			if effect == Deny {
				links = q.teams[up].denies
			}
			if i := q.match(links, about, some); i >= 0 {
				return links[i]
			}
		}
	}
	return link{}
}

// match returns the index of the first link that matches, -1 where none does.
func (q *question) match(links []link, about kind, some []asked) int {
	want := sieve{types: bit(about.number)}
	for _, a := range some {
		want.operations |= bit(a.number)
	}
	for i := range links {
		if links[i].types&want.types == 0 || links[i].operations&want.operations == 0 {
			continue
		}
		r := links[i].rule
		if r.about(about) && r.covers(some) && (r.condition == nil || r.condition.holds(q, links[i].way)) {
			return i
		}
	}
	return -1
}
