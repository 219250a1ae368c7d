package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// book is a model in the form in which it is asked: names are numbers, teams know all that is
// above them. It never changes.
type book struct {
	model Model

	teamNumbers, roleNumbers, policyNumbers map[string]int

	teams    []hierarchy
	roles    [][]*ruleset
	policies []*ruleset

	// operations and types number what some rule names.
	operations map[Operation]int
	types      map[string]int

	// teamsOf and rolesOf say what a group's members are in, and what a selector gives.
	teamsOf map[string][]int
	rolesOf map[change.Selector][]int
	// organization is the team of those who are in no other; noTeam where there is none.
	organization int
	// silent has what people can do here and no rule allows to anybody.
	silent map[matter]bool
}

// matter is an operation on a type of resource.
type matter struct {
	operation Operation
	resource  string
}

// hierarchy is a team with its place among the others.
type hierarchy struct {
	parents  []int
	defaults []int
	policies []*ruleset
	// chain has the team and all above it, each once, the nearer before the farther on every
	// way up; under holds the same.
	chain []int
	under set
	// denies and allows are those of its own policies, as they reach people from outside of the
	// team to whose resources they come.
	denies, allows []link
}

// ruleset is a policy.
type ruleset struct {
	name           string
	denies, allows []*rule
}

// rule is one rule, ready to be matched.
type rule struct {
	*Rule
	policy string

	everything, edits, views bool // All, EditAll, ViewAll
	operations               set
	anyType, scim            bool
	types                    set
	sieve                    sieve
	condition                *node
}

// sieve tells quickly, and in little memory, which rules cannot match: a bit for each type of
// resource and each operation that a rule is about, several of them sharing one.
type sieve struct{ types, operations uint64 }

// every is the half of a sieve that lets all through.
const every = ^uint64(0)

// bit returns the bit of a number. One that is negative has a bit as well: it passes where all
// do.
func bit(number int) uint64 { return 1 << (uint(number) % 64) }

// way is how a policy reaches somebody.
type way struct {
	policy string
	// role is the number of the role that has the policy, noRole where a team has it itself.
	role int
	// team is the number of the team that brought it, noTeam for a role of one's own.
	team int
	// owning says that it came with the resource: the team is its owner, or above its owner.
	owning bool
}

const noRole = -1

// link is a rule on its way.
type link struct {
	sieve
	rule *rule
	way  *way
}

// newBook compiles a model. The error joins all that is wrong with it.
func newBook(m Model) (*book, error) {
	b := &book{
		model: m, operations: map[Operation]int{}, types: map[string]int{},
		teamsOf: map[string][]int{}, rolesOf: map[change.Selector][]int{}, organization: noTeam,
	}
	c := compiler{book: b}
	b.teamNumbers = numbered(&c, "team", m.Teams, func(t Team) string { return t.Name })
	b.roleNumbers = numbered(&c, "role", m.Roles, func(r Role) string { return r.Name })
	b.policyNumbers = numbered(&c, "policy", m.Policies, func(p Policy) string { return p.Name })
	c.policies()
	c.roles()
	c.teams()
	b.silent = m.silent()
	return b, errors.Join(c.problems...)
}

// compiler gathers what is wrong on the way.
type compiler struct {
	*book
	problems []error
}

func (c *compiler) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

// numbered gives each thing its number by its name.
func numbered[T any](c *compiler, what string, all []T, name func(T) string) map[string]int {
	out := make(map[string]int, len(all))
	for i, it := range all {
		n := name(it)
		if _, twice := out[n]; twice || n == "" {
			c.problem("the %s %q has no name of its own", what, n)
		}
		out[n] = i
	}
	return out
}

// lookUp returns the numbers of names, each once.
func (c *compiler) lookUp(who string, kind NameKind, in map[string]int, names []string) []int {
	var out []int
	for _, name := range names {
		i, ok := in[name]
		switch {
		case !ok:
			c.problem("%s refers to the %s %q, which is not defined", who, kind, name)
		case !slices.Contains(out, i):
			out = append(out, i)
		}
	}
	return out
}

// policyName is a kind of name beside those that conditions use.
const policyName NameKind = "policy"

func (c *compiler) policies() {
	for _, p := range c.model.Policies {
		set := &ruleset{name: p.Name}
		for i := range p.Rules {
			r := c.rule(p.Name, &p.Rules[i])
			if r.Effect == Deny {
				set.denies = append(set.denies, r)
			} else {
				set.allows = append(set.allows, r)
			}
		}
		c.book.policies = append(c.book.policies, set)
	}
}

func (c *compiler) rule(policy string, from *Rule) *rule {
	who := fmt.Sprintf("the rule %q of the policy %q", from.Name, policy)
	if from.Effect != Allow && from.Effect != Deny {
		c.problem("%s neither allows nor denies", who)
	}
	if len(from.Operations) == 0 || len(from.Resources) == 0 {
		c.problem("%s has no operations or no resources", who)
	}
	r := &rule{Rule: from, policy: policy}
	for _, o := range from.Operations {
		switch o {
		case All:
			r.everything = true
		case EditAll:
			r.edits = true
		case ViewAll:
			r.views = true
		}
		i := number(c.operations, o)
		r.operations = r.operations.with(i)
		r.sieve.operations |= bit(i)
	}
	for i, t := range from.Resources {
		r.anyType = r.anyType || i == 0 && strings.EqualFold(t, anyType)
		r.scim = r.scim || strings.EqualFold(t, scim)
		i := number(c.types, t)
		r.types = r.types.with(i)
		r.sieve.types |= bit(i)
	}
	if r.everything || r.edits || r.views {
		r.sieve.operations = every
	}
	if r.anyType || r.scim {
		r.sieve.types = every
	}
	if from.Condition != nil {
		c.checkNames(who, from.Condition)
		bound := from.Condition.root.bind(c.book)
		r.condition = &bound
	}
	return r
}

func (c *compiler) checkNames(who string, condition *Condition) {
	c.lookUp(who, TeamName, c.teamNumbers, condition.Names(TeamName))
	c.lookUp(who, RoleName, c.roleNumbers, condition.Names(RoleName))
	for _, name := range condition.Names(TagName) {
		if len(c.model.Tags) > 0 && !slices.Contains(c.model.Tags, name) {
			c.problem("%s refers to the tag %q, which is not defined", who, name)
		}
	}
}

// number returns the number of something, giving the next one where it has none.
func number[T comparable](in map[T]int, it T) int {
	i, ok := in[it]
	if !ok {
		i = len(in)
		in[it] = i
	}
	return i
}

func (c *compiler) rulesets(who string, names []string) []*ruleset {
	var out []*ruleset
	for _, i := range c.lookUp(who, policyName, c.policyNumbers, names) {
		out = append(out, c.book.policies[i])
	}
	return out
}

func (c *compiler) roles() {
	for i, r := range c.model.Roles {
		who := fmt.Sprintf("the role %q", r.Name)
		c.book.roles = append(c.book.roles, c.rulesets(who, r.Policies))
		for _, s := range r.Members {
			kind, address, _ := strings.Cut(string(s), ":")
			if kind != "group" && kind != "user" || address == "" {
				c.problem("%s has the member %q: only groups and people can have one", who, s)
				continue
			}
			s = selector(kind, address)
			c.rolesOf[s] = append(c.rolesOf[s], i)
		}
	}
}

// selector writes a set of people in the one way in which it is compared.
func selector(kind, address string) change.Selector {
	return change.Selector(kind + ":" + group.Address(address))
}

func (c *compiler) teams() {
	for i, t := range c.model.Teams {
		if t.Type == Organization {
			if c.organization != noTeam {
				c.problem("the teams %q and %q are both of type Organization", c.model.Teams[c.organization].Name, t.Name)
			}
			c.organization = i
		}
	}
	for i, t := range c.model.Teams {
		who := fmt.Sprintf("the team %q", t.Name)
		h := hierarchy{
			parents:  c.lookUp(who, TeamName, c.teamNumbers, t.Parents),
			defaults: c.lookUp(who, RoleName, c.roleNumbers, t.DefaultRoles),
			policies: c.rulesets(who, t.Policies),
		}
		if len(t.Parents) == 0 && c.organization != noTeam && c.organization != i {
			h.parents = []int{c.organization}
		}
		if t.Group != "" {
			address := group.Address(t.Group)
			c.teamsOf[address] = append(c.teamsOf[address], i)
		}
		for _, p := range h.policies {
			h.denies, h.allows = p.on(&way{policy: p.name, role: noRole, team: i, owning: true}, h.denies, h.allows)
		}
		c.book.teams = append(c.book.teams, h)
	}
	for i := range c.book.teams {
		h := &c.book.teams[i]
		h.chain, h.under = c.climb(nil, nil, i)
	}
}

// climb adds a team and all above it to a way up, which may lead in circles.
func (b *book) climb(chain []int, under set, team int) ([]int, set) {
	if under.has(team) {
		return chain, under
	}
	chain, under = append(chain, team), under.with(team)
	for _, p := range b.teams[team].parents {
		chain, under = b.climb(chain, under, p)
	}
	return chain, under
}

// on adds the policy's rules, as they come on a way, to the denies and allows of somebody.
func (p *ruleset) on(w *way, denies, allows []link) ([]link, []link) {
	for _, r := range p.denies {
		denies = append(denies, link{r.sieve, r, w})
	}
	for _, r := range p.allows {
		allows = append(allows, link{r.sieve, r, w})
	}
	return denies, allows
}
