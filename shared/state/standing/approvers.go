package standing

import (
	"context"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file says who decides about a change: those whom the policy's roles and rules let, and where
// the policy does not speak of it, those who own what it is about, and the administrators. Which of
// both it is, and what counts of somebody's standing, [policy.Engine.Counting] answers.

// counting returns which selectors count for some people who press on a change, of those that
// hold for them by the directory alone. Who is not in the directory is left out.
func (r *Resolver) counting(ctx context.Context, c change.Change, held change.Standing) (change.Standing, error) {
	about, owners, err := r.resource(ctx, c)
	if err != nil {
		return nil, err
	}
	out := change.Standing{}
	for id, holds := range held {
		v, err := r.press(ctx, policy.Press{Person: id, Kind: c.Kind, Verb: change.VerbApprove, Resource: about, Holds: holds}, owners)
		if err != nil {
			return nil, err
		}
		if v.Decision.Reason != policy.Unknown {
			out[id] = v.Counts
		}
	}
	return out, nil
}

// press puts one press to the policy.
func (r *Resolver) press(ctx context.Context, p policy.Press, owners policy.Roster) (policy.Verdict, error) {
	engine, err := r.with(ctx, p.Person, owners)
	if err != nil {
		return policy.Verdict{}, err
	}
	return engine.Counting(p), nil
}

// with returns the engine for a question about one person and some owners. It knows the person if
// the directory does.
func (r *Resolver) with(ctx context.Context, person string, owners policy.Roster) (*policy.Engine, error) {
	p, known, err := r.Person(ctx, person)
	if err != nil {
		return nil, err
	}
	people := slices.DeleteFunc(slices.Clone(owners), func(o policy.Person) bool { return o.ID == p.ID || o.ID == person })
	if known {
		people = append(people, p)
	}
	return r.engine.With(people), nil
}

// mostApprovers is how many people are looked for who may decide, mostLookedUp how many are looked up one
// by one to find them: some may be suspended, and some barred. Where there are more, the channel is asked.
const mostApprovers, mostLookedUp = 100, 300

// ruled returns what is needed to decide about a change, and whether the policy speaks of that.
func (r *Resolver) ruled(c change.Change) (policy.Permission, bool) {
	needed, ok := policy.Needed(c.Kind, change.VerbApprove)
	return needed, ok && !r.engine.Silent(needed.Operation, needed.Type)
}

// approvers returns the ids of those in [change.Approvers]. Whole is false where there may be others.
func (r *Resolver) approvers(ctx context.Context, c change.Change, seen map[change.Selector]bool) (who []string, whole bool, err error) {
	needed, ruled := r.ruled(c)
	if !ruled {
		who, err = r.union(ctx, c, []change.Selector{change.Owners, change.Admins}, seen)
		return who, true, err
	}
	among := r.model.Allowing(needed.Operation, needed.Type)
	sets := slices.Clone(among.Among)
	if among.Owners {
		sets = append(sets, change.Owners)
	}
	if among.Everybody {
		sets = append(sets, change.Owners, change.Admins)
	}
	ids, err := r.union(ctx, c, sets, seen)
	if err != nil {
		return nil, false, err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	looked := 0
	for some := range slices.Chunk(ids, mostApprovers) {
		if len(who) >= mostApprovers || looked >= mostLookedUp {
			break
		}
		held := change.Standing{}
		for _, id := range some {
			held[id] = nil
		}
		if held, err = r.counting(ctx, c, held); err != nil {
			return nil, false, err
		}
		looked += len(some)
		for _, id := range some {
			if slices.Contains(held[id], change.Approvers) {
				who = append(who, id)
			}
		}
	}
	return who, looked == len(ids), nil
}
