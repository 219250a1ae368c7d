package policy

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file has the words in which two policies are compared. What an explanation says is in
// explainwords.go.

// plural chooses a word by a number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sayLooser says one way in which a policy asks less than another.
func sayLooser(l Looser) string {
	switch l.What {
	case LowerQuorum:
		scope := string(l.Scope.Kind)
		if l.Scope.Entitlement != "" {
			scope += " of " + l.Scope.Entitlement
		}
		if l.Scope.Part != "" {
			scope += " of " + l.Scope.Part
		}
		old, now := sayRequirement(l.Old), sayRequirement(l.New)
		if old == now {
			return fmt.Sprintf("%s needs %s, which has other members now", scope, now)
		}
		return fmt.Sprintf("%s needs %s in place of %s", scope, now, old)
	case LostDeny:
		return fmt.Sprintf("the deny %s of the policy %s does not hold as before for %s", l.Rule, l.Policy, l.Reach)
	case MoreApprovers:
		if l.Rule == "" {
			return fmt.Sprintf("no rule lets anybody %s on %s any more: then %s", l.Operation, l.Type, Unspoken(l.Operation))
		}
		return fmt.Sprintf("the rule %s of the policy %s lets %s decide about others", l.Rule, l.Policy, l.Reach)
	case MorePeople:
		return fmt.Sprintf("%s were of one person, and each of them counts now", strings.Join(l.Accounts, " and "))
	case MovedTeam:
		return fmt.Sprintf("the team %s, to which denies apply, has another group, another type or other teams above it", l.Team)
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
	out := english.sentence(words)
	if r.Escalate != nil {
		out += fmt.Sprintf(", after %s %s", r.Escalate.After, r.Escalate.To)
	}
	return out
}
