package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// world is a small company with a policy, made at random: full of cycles, names that almost
// match, accounts that are not quite people and rules at odds with one another.
type world struct {
	model    policy.Model
	people   policy.Roster
	requests []policy.Request
	// meaning has the conditions of the model as trees, by their texts.
	meaning map[string]expr
}

// expr is a condition as the generator means it.
type expr struct {
	// op is &&, ||, ! or the name of a function.
	op    string
	parts []expr
	names []string
}

var (
	worldTeams      = []string{"Organization", "data", "etl", "Etl", "ops night", "o'neill"}
	worldRoles      = []string{"reader", "steward", "Steward", "on call"}
	worldPolicies   = []string{"p", "q", "P", "s"}
	worldTypes      = []string{"table", "topic", "group", "scim", "Scim", "Table"}
	worldRuleTypes  = []string{"table", "topic", "group", "scim", "SCIM", "all", "All", "Table"}
	worldOperations = []policy.Operation{"EditTags", "EditOwners", "Editor", "ViewBasic", "Delete", "Create", "RequestAccess", "edit", "Execute", "Visit"}
	worldRuleOps    = []policy.Operation{"EditTags", "EditOwners", "ViewBasic", "Delete", "Create", "RequestAccess", "All", "EditAll", "ViewAll", "all"}
	worldTags       = []string{"Tier.Tier1", "PII.Sensitive", "tier.tier1", `it's`}
	worldDomains    = []string{"sales", "sales.eu", "Sales"}
	worldGroups     = []string{"data@example.com", "etl@example.com", "leads@example.com", "all@example.com"}
)

func some[T any](r *rand.Rand, all []T, p float64) []T {
	var out []T
	for _, it := range all {
		if r.Float64() < p {
			out = append(out, it)
		}
	}
	return out
}

func one[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

func newWorld(tb testing.TB, seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 0x5e15))
	w := world{meaning: map[string]expr{}}
	teams, roles, policies := some(r, worldTeams, 0.7), some(r, worldRoles, 0.6), some(r, worldPolicies, 0.6)
	for _, name := range policies {
		p := policy.Policy{Name: name}
		for i := range 1 + r.IntN(4) {
			p.Rules = append(p.Rules, w.rule(tb, r, i, teams, roles))
		}
		w.model.Policies = append(w.model.Policies, p)
	}
	for _, name := range roles {
		role := policy.Role{Name: name, Policies: some(r, policies, 0.5)}
		for _, g := range some(r, worldGroups, 0.25) {
			role.Members = append(role.Members, change.Selector("group:"+inSomeCase(r, g)))
		}
		for i := range 5 {
			if r.IntN(8) == 0 {
				role.Members = append(role.Members, change.Selector("user:"+inSomeCase(r, one(r, addresses(i)))))
			}
		}
		w.model.Roles = append(w.model.Roles, role)
	}
	organization := r.IntN(4) > 0
	for i, name := range teams {
		t := policy.Team{Name: name, Type: policy.Department, Parents: some(r, teams, 0.25), Policies: some(r, policies, 0.45), DefaultRoles: some(r, roles, 0.25)}
		if i == 0 && organization {
			t.Type = policy.Organization
		}
		if r.IntN(3) > 0 {
			t.Group = inSomeCase(r, one(r, worldGroups))
		}
		w.model.Teams = append(w.model.Teams, t)
	}
	if r.IntN(3) == 0 {
		w.model.Tags = worldTags
	}
	for i := range 2 + r.IntN(4) {
		w.people = append(w.people, newPerson(r, i))
	}
	for range 12 {
		w.requests = append(w.requests, newRequest(r, len(w.people), teams))
	}
	return w
}

// addresses are what the i-th person can be called by, the immutable id first. Every other id
// has a capital letter, by which alone it is found.
func addresses(i int) []string {
	return []string{[]string{"Id-", "id-"}[i%2] + strconv.Itoa(i), fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("alias%d@example.com", i)}
}

func inSomeCase(r *rand.Rand, address string) string {
	if r.IntN(4) == 0 {
		return strings.ToUpper(address[:1]) + address[1:]
	}
	return address
}

func newPerson(r *rand.Rand, i int) policy.Person {
	names := addresses(i)
	p := policy.Person{
		ID: names[0], Email: inSomeCase(r, names[1]), Aliases: []string{names[2]},
		Domains: some(r, worldDomains, 0.25), Admin: r.IntN(12) == 0, Bot: r.IntN(5) == 0, Suspended: r.IntN(10) == 0,
	}
	for _, g := range some(r, worldGroups, 0.4) {
		in := policy.InGroup{Group: inSomeCase(r, g)}
		if r.IntN(4) == 0 { // the group was renamed
			in = policy.InGroup{Group: "renamed@example.com", Aliases: []string{"older@example.com", in.Group}}
		}
		p.Groups = append(p.Groups, in)
	}
	if r.IntN(12) == 0 {
		p.Aliases = append(p.Aliases, one(r, addresses(r.IntN(5)))) // perhaps somebody else's
	}
	return p
}

func newRequest(r *rand.Rand, people int, teams []string) policy.Request {
	reference := func() policy.Reference {
		if r.IntN(2) == 0 && len(teams) > 0 {
			return policy.Reference{Type: policy.TypeTeam, Name: one(r, teams)}
		}
		return policy.Reference{Type: one(r, []string{policy.TypeUser, policy.TypeUser, policy.TypeTeam, "bot"}), Name: one(r, addresses(r.IntN(people+1)))}
	}
	q := policy.Request{
		Subject:    inSomeCase(r, one(r, addresses(r.IntN(people)))),
		Operations: []policy.Operation{one(r, worldOperations)},
		Resource:   policy.Resource{Type: one(r, worldTypes), Name: "sales.orders", Tags: some(r, worldTags, 0.4), Domains: some(r, worldDomains, 0.25)},
	}
	for r.IntN(3) == 0 {
		q.Operations = append(q.Operations, one(r, append(worldOperations, "All", "EditAll")))
	}
	for r.IntN(2) == 0 {
		q.Resource.Owners = append(q.Resource.Owners, reference())
	}
	if r.IntN(3) == 0 {
		q.Resource.Reviewers = append(q.Resource.Reviewers, reference())
	}
	if r.IntN(3) == 0 {
		q.Resource.Certification = one(r, worldTags)
	}
	switch r.IntN(40) {
	case 0:
		q.Resource.Name = ""
	case 1:
		q.Resource.Type = ""
	case 2:
		q.Operations = nil
	case 3:
		q.Subject = "nobody@example.com"
	}
	return q
}

func (w *world) rule(tb testing.TB, r *rand.Rand, i int, teams, roles []string) policy.Rule {
	rule := policy.Rule{Name: fmt.Sprintf("r%d", i), Effect: policy.Allow}
	if r.IntN(4) == 0 {
		rule.Effect = policy.Deny
	}
	for len(rule.Operations) == 0 || r.IntN(2) == 0 {
		rule.Operations = append(rule.Operations, one(r, worldRuleOps))
	}
	for len(rule.Resources) == 0 || r.IntN(3) == 0 {
		rule.Resources = append(rule.Resources, one(r, worldRuleTypes))
	}
	if r.IntN(2) == 0 {
		e := newExpr(r, 2, teams, roles)
		text := e.write(r)
		w.meaning[text] = e
		rule.Condition = condition(tb, text)
	}
	return rule
}

// newExpr makes a condition of a depth.
func newExpr(r *rand.Rand, depth int, teams, roles []string) expr {
	if depth > 0 && r.IntN(2) == 0 {
		op := one(r, []string{"&&", "||", "!"})
		e := expr{op: op, parts: []expr{newExpr(r, depth-1, teams, roles)}}
		for op != "!" && (len(e.parts) < 2 || r.IntN(4) == 0) {
			e.parts = append(e.parts, newExpr(r, depth-1, teams, roles))
		}
		return e
	}
	takes := map[string][]string{
		"noOwner": nil, "isOwner": nil, "isReviewer": nil, "matchTeam": nil, "hasDomain": nil, "noDomain": nil,
		"matchAllTags": worldTags, "matchAnyTag": worldTags, "matchAnyCertification": worldTags, "inAnyTeam": teams, "hasAnyRole": roles,
	}
	for {
		e := expr{op: one(r, []string{
			"noOwner", "isOwner", "isReviewer", "matchTeam", "matchTeam", "hasDomain", "noDomain",
			"matchAllTags", "matchAnyTag", "matchAnyCertification", "inAnyTeam", "hasAnyRole",
		})}
		from := takes[e.op]
		if from == nil && (e.op == "inAnyTeam" || e.op == "hasAnyRole") {
			continue // There is nothing to name.
		}
		for from != nil && (len(e.names) == 0 || r.IntN(2) == 0) {
			e.names = append(e.names, one(r, from))
		}
		return e
	}
}

// write writes the condition, with parentheses and spaces as people may set them.
func (e expr) write(r *rand.Rand) string {
	space := func() string { return one(r, []string{"", "", " ", "\n\t"}) }
	switch e.op {
	case "!":
		return "!" + space() + e.parts[0].within(r, "!")
	case "&&", "||":
		words := make([]string, len(e.parts))
		for i, p := range e.parts {
			words[i] = p.within(r, e.op)
		}
		return strings.Join(words, space()+e.op+space())
	}
	names := make([]string, len(e.names))
	for i, n := range e.names {
		quote := one(r, []string{"'", `"`})
		if strings.Contains(n, quote) {
			quote = `"`
		}
		names[i] = quote + n + quote
	}
	return e.op + space() + "(" + space() + strings.Join(names, space()+","+space()) + ")"
}

// within writes the condition as a part of another, in parentheses where it needs them.
func (e expr) within(r *rand.Rand, outer string) string {
	text := e.write(r)
	binds := map[string]int{"||": 1, "&&": 2, "!": 3}
	inner, joined := binds[e.op]
	if joined && inner < binds[outer] || r.IntN(5) == 0 {
		return "(" + text + ")"
	}
	return text
}
