package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file has all words that explanations say to people.

// sayDecision says an answer in a few words.
func sayDecision(d Decision) string {
	policy, rule := d.Rule()
	switch d.Reason {
	case Allowed:
		return fmt.Sprintf("allowed by the rule %s of the policy %s", rule, policy)
	case Denied:
		return fmt.Sprintf("denied by the rule %s of the policy %s", rule, policy)
	case Administrator:
		return "allowed to administrators of the catalogue"
	case NotAllowed:
		return "no rule allows it"
	case NoPolicy:
		return "there is no policy, and what no policy allows is not allowed"
	case Unknown:
		return "the directory knows no such person, or several"
	case Suspended:
		return "the account is suspended"
	case Program:
		return "a program does not decide about what others ask for"
	case NothingAsked:
		return "no operation or no type of resource was named"
	}
	return "not allowed"
}

// shown is how many rules of a sort are shown; the rest is counted.
const shown = 5

// String says the explanation in English, in several lines without a line break at the end.
func (x Explanation) String() string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	answer := "No"
	if x.Decision.Allowed {
		answer = "Yes"
	}
	line("%s: %s, %s on %s.", answer, x.Person, listed(x.Request.Operations), x.Request.Resource)
	findings := func(head string, list []Finding, say func(Finding) string) {
		if len(list) == 0 {
			return
		}
		line("%s", head)
		for _, f := range list[:min(len(list), shown)] {
			line("- %s", say(f))
		}
		if more := len(list) - shown; more > 0 {
			line("- and %d more", more)
		}
	}
	switch x.Decision.Reason {
	case Allowed:
		findings("Allowed:", x.Because, sayFinding)
		if x.Besides > 0 {
			line("%d other %s it as well.", x.Besides, plural(x.Besides, "rule allows", "rules allow"))
		}
		findings("It would be denied if a condition were otherwise:", x.Nearly, sayFinding)
	case Denied:
		findings("Denied:", x.Because, sayFinding)
		if len(x.Missing) == 0 {
			line("Without that it would be allowed.")
		} else {
			line("Without that, still no rule would allow %s.", listed(x.Missing))
		}
	case NotAllowed:
		if len(x.Nearly)+len(x.Elsewhere) == 0 {
			line("No rule allows %s on %s to anybody.", listed(x.Missing), x.Request.Resource.Type)
		} else {
			line("No rule allows %s.", listed(x.Missing))
		}
	default:
		line("Because: %s.", x.Decision)
	}
	if !x.Decision.Allowed {
		findings(fmt.Sprintf("What could allow %s, if its condition were otherwise:", listed(x.Missing)), x.Nearly, sayFinding)
		findings(fmt.Sprintf("What allows %s to others:", listed(x.Missing)), x.Elsewhere, sayElsewhere)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// plural chooses a word by a number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sayFinding says one rule that reaches the person: the way to it, and its condition.
func sayFinding(f Finding) string {
	out := fmt.Sprintf("%s: %s", f.Operation, sayPath(f.Path))
	if f.Condition == "" {
		return out
	}
	checks := make([]string, len(f.Checks))
	for i, c := range f.Checks {
		does := "does not hold"
		if c.Holds {
			does = "holds"
		}
		checks[i] = fmt.Sprintf("%s %s, because %s", c.Text, does, c.Why)
	}
	return fmt.Sprintf("%s\n  under the condition %s: %s", out, f.Condition, strings.Join(checks, "; "))
}

// sayElsewhere says one rule that reaches others.
func sayElsewhere(f Finding) string {
	out := fmt.Sprintf("%s: %s", f.Operation, sayPath(f.Path))
	open := make([]string, len(f.Open))
	for i, s := range f.Open {
		open[i] = string(s)
	}
	if len(open) > shown {
		open = append(open[:shown:shown], fmt.Sprintf("%d more", len(f.Open)-shown))
	}
	out += ", for " + sentence(open)
	if f.Condition != "" {
		out += "\n  under the condition " + f.Condition
	}
	return out
}

func sayPath(path []Step) string {
	words := make([]string, len(path))
	for i, s := range path {
		switch s.Kind {
		case PersonStep, ResourceStep:
			words[i] = s.Name
		case OwnerStep:
			words[i] = "owned by the team " + s.Name
		default:
			words[i] = string(s.Kind) + " " + s.Name
		}
	}
	return strings.Join(words, " → ")
}

// sayTest says one function of a condition as it is called.
func sayTest(n *node) string {
	names := make([]string, len(n.names))
	for i, name := range n.names {
		names[i] = "'" + name + "'"
	}
	return functionOf[n.test].name + "(" + strings.Join(names, ", ") + ")"
}

// why says what a function looked at.
func (x *explainer) why(n *node, at *way) string {
	person, res := x.explanation.Person, x.resource
	switch n.test {
	case noOwner, isOwner:
		if len(res.Owners) == 0 {
			return "it has no owner"
		}
		return plural(len(res.Owners), "its owner is ", "its owners are ") + references(res.Owners)
	case isReviewer:
		if len(res.Reviewers) == 0 {
			return "it has no reviewer"
		}
		return plural(len(res.Reviewers), "its reviewer is ", "its reviewers are ") + references(res.Reviewers)
	case matchAllTags, matchAnyTag:
		if len(res.Tags) == 0 {
			return "it has no tags"
		}
		return plural(len(res.Tags), "its only tag is ", "its tags are ") + listed(res.Tags)
	case matchAnyCertification:
		if res.Certification == "" {
			return "it is not certified"
		}
		return "its certification is " + res.Certification
	case matchTeam:
		return x.whyMatchTeam(at)
	case inAnyTeam:
		return fmt.Sprintf("%s is in %s", person, members(x.teamNames(x.subject.under), "team"))
	case hasAnyRole:
		return fmt.Sprintf("%s has %s", person, members(x.roleNames(x.subject.roles), "role"))
	case hasDomain:
		if res.Name == "" {
			return "the question is about a listing"
		}
		return fmt.Sprintf("%s has %s and it has %s", person, members(x.subject.Domains, "domain"), members(res.Domains, "domain"))
	case noDomain:
		return "it has " + members(res.Domains, "domain")
	}
	return ""
}

func (x *explainer) whyMatchTeam(at *way) string {
	if at.team == noTeam {
		return "the policy comes by a role of " + x.explanation.Person + " and not by a team"
	}
	team := x.model.Teams[at.team].Name
	switch {
	case len(x.owners) == 0:
		return "it has no owner"
	case !slices.ContainsFunc(x.owners, func(o principal) bool { return x.under(o, at.team) }):
		return fmt.Sprintf("no owner of it is in the team %s: %s", team, references(x.resource.Owners))
	case !x.subject.under.has(at.team):
		return fmt.Sprintf("%s is not in the team %s", x.explanation.Person, team)
	}
	return fmt.Sprintf("%s and an owner of it are in the team %s", x.explanation.Person, team)
}

func (x *explainer) teamNames(s set) []string {
	var out []string
	for i, t := range x.model.Teams {
		if s.has(i) {
			out = append(out, t.Name)
		}
	}
	return out
}

func (x *explainer) roleNames(s set) []string {
	var out []string
	for i, r := range x.model.Roles {
		if s.has(i) {
			out = append(out, r.Name)
		}
	}
	return out
}

// members says which things of a sort there are: "no team", "the team a", "the teams a and b".
func members(names []string, what string) string {
	switch len(names) {
	case 0:
		return "no " + what
	case 1:
		return "the " + what + " " + names[0]
	}
	return "the " + what + "s " + listed(names)
}

func references(all []Reference) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = r.Name
		if r.Type == TypeTeam {
			words[i] = "the team " + r.Name
		}
	}
	return sentence(words)
}

// listed joins names as a sentence does.
func listed[T ~string](names []T) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return sentence(words)
}

func sentence(words []string) string {
	switch len(words) {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// The heads of what another policy changes.
const (
	headGains     = "May then and may not now"
	headLoses     = "May now and may not then"
	headDecisions = "Past decisions that would be others"
)

// sayShift says one thing that somebody may do under one policy only.
func sayShift(s Shift) string {
	return fmt.Sprintf("%s: %s on %s; now: %s; then: %s", s.Name, s.Operation, s.Resource, s.Before, s.After)
}

// sayDiffering says one past decision that would be another.
func sayDiffering(d Differing) string {
	was := "not allowed"
	if d.Allowed {
		was = "allowed"
	}
	out := fmt.Sprintf("%s: %s asked for %s on %s and was %s; then: %s", d.ID, d.Name, listed(d.Operations), d.Resource, was, d.After)
	if d.Before.Allowed != d.Allowed {
		out += fmt.Sprintf(" (by now it is otherwise already: %s)", d.Before)
	}
	return out
}

// sayLooser says one way in which a policy asks less than another.
func sayLooser(l Looser) string {
	switch l.What {
	case LowerQuorum:
		scope := string(l.Scope.Kind)
		if l.Scope.Entitlement != "" {
			scope += " of " + l.Scope.Entitlement
		}
		return fmt.Sprintf("%s needs %s in place of %s", scope, sayRequirement(l.New), sayRequirement(l.Old))
	case LostDeny:
		return fmt.Sprintf("the deny %s of the policy %s does not hold as before for %s", l.Rule, l.Policy, l.Reach)
	case MoreApprovers:
		return fmt.Sprintf("the rule %s of the policy %s lets %s decide about others", l.Rule, l.Policy, l.Reach)
	case MovedTeam:
		return fmt.Sprintf("the team %s, to which denies apply, has another group or other teams above it", l.Team)
	}
	return string(l.What)
}

func sayRequirement(r change.Requirement) string {
	if r.Mode != change.Ask {
		return "mode " + string(r.Mode)
	}
	words := make([]string, len(r.Needs))
	for i, n := range r.Needs {
		words[i] = fmt.Sprintf("%d of %s", n.Count, n.From)
	}
	out := sentence(words)
	if r.Escalate != nil {
		out += fmt.Sprintf(", after %s %s", r.Escalate.After, r.Escalate.To)
	}
	return out
}
