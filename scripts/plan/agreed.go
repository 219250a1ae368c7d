package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file says whether those who agreed to a policy that asks less are enough. The policy in force
// says who is.

// byQuorum reports whether a loosening takes the quorum that it lowers. Owners, of a kind as a whole or
// of what nobody could have, and managers, of nobody in particular, are nobody who could be asked.
func byQuorum(l policy.Looser) bool {
	nobody := func(n change.Need) bool {
		return n.From == change.Manager || n.From == change.Owners && l.Of == ""
	}
	return l.What == policy.LowerQuorum && l.Old.Mode == change.Ask && !slices.ContainsFunc(l.Old.Needs, nobody)
}

// agreed answers for each loosening whether it has the agreement of enough people, by the policy in
// force: a lower quorum that quorum, everything else one of those who may [policy.ChangePolicy].
func (a *asker) agreed(ctx context.Context, looser []policy.Looser, addresses []string) ([]bool, error) {
	var people []string
	persons := map[string]string{}
	mayChange := false
	for _, address := range addresses {
		p, known, err := a.resolver.Person(ctx, strings.ToLower(address))
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, fmt.Errorf("-agreed: nobody in the directory has the address %s", address)
		}
		may, err := a.resolver.MayChangePolicy(ctx, p.ID)
		if err != nil {
			return nil, fmt.Errorf("whether %s may change the policy: %w", address, err)
		}
		people, mayChange = append(people, p.ID), mayChange || may
		persons[p.ID] = a.whose(p)
	}
	out := make([]bool, len(looser))
	for i, l := range looser {
		if !byQuorum(l) {
			out[i] = mayChange
			continue
		}
		counts, err := a.resolver.Standing(ctx, a.scoped(l), people)
		if err != nil {
			return nil, fmt.Errorf("who agreed to the %s: %w", l, err)
		}
		out[i] = l.Old.Met(folded(counts, persons), false)
	}
	return out, nil
}

// whose returns by what an account is counted: several accounts of one person, as the policy in force
// has them, count once.
func (a *asker) whose(p policy.Person) string {
	for _, address := range append([]string{p.Email}, p.Aliases...) {
		if accounts := a.files[0].Accounts(address); len(accounts) > 0 {
			return accounts[0]
		}
	}
	return p.ID
}

// folded puts what holds for the accounts of one person together.
func folded(counts change.Standing, persons map[string]string) change.Standing {
	out := change.Standing{}
	for id, holds := range counts {
		out[persons[id]] = append(out[persons[id]], holds...)
	}
	return out
}

// scoped is a change as the old requirement of a loosening is about.
func (a *asker) scoped(l policy.Looser) change.Change {
	c := change.Change{Kind: l.Scope.Kind, Target: change.Target{Name: cmp.Or(l.Of, l.Scope.Entitlement)}, Requirement: l.Old}
	for _, e := range a.files[0].Access {
		if e.Name == l.Of {
			c.Owners = e.Owners()
		}
	}
	return c
}
