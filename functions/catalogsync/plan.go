package catalogsync

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file turns plans for the catalogue into changes that are proposed, and back. It is pure.
//
// A change holds the steps that it is about, word by word. Whoever approves it approves these and
// no others: what the plan has besides by the time it is carried out waits for the next one.

// target is what all plans are about.
var target = change.Target{ID: "openmetadata", Name: "openmetadata"}

// rule is the requester of plans.
var rule = change.Actor{Kind: change.ByRule, ID: "catalog"}

// quiet is how long a plan that was shown, denied or left undecided is not proposed again.
const quiet = 30 * 24 * time.Hour

// mostSteps is how many steps one change has. Each is about three requests, one after the other, and
// all of them have to be made before the time for one message is over.
const mostSteps = 150

// mostBytes is how large the steps of one change are at most, as they are kept ([fit]). A third of a
// record is left for what people say about the change.
const mostBytes = store.MaxData * 2 / 3

// proposals returns what to propose of a plan: nothing where there is nothing to do, and of a plan
// that takes more away than the brake lets pass two things: what may happen all the same, and what
// waits for two people. Present is the catalogue as it is, size how much of the catalogue is ours, recent what was taken away
// without people in the last 24 hours.
//
// No proposal has more than mostSteps steps, or more than fit into mostBytes: those that come first,
// which need nothing of what comes after them, and some of those by which people leave something, who are not to wait
// for thousands of others. The rest follow once these are done.
func proposals(p *policyfile.Policy, plan catalog.Plan, present catalog.Present, size, recent int) ([]change.Proposal, error) {
	asks := p.Asks(change.CatalogApply, "")
	held := p.Catalog.Brake.Check(size, recent, plan.Removals()).Held
	type part struct {
		steps []catalog.Step
		needs change.Requirement
	}
	parts := []part{{plan.Steps, change.Requirement{Mode: p.Catalog.Mode}}}
	switch {
	case p.Catalog.Mode == change.Ask && held:
		parts[0].needs = asks.AtLeast(2)
	case p.Catalog.Mode == change.Ask:
		parts[0].needs = asks
	case p.Catalog.Mode == change.Auto && held:
		parts = []part{{plan.Additions(present).Steps, parts[0].needs}, {plan.Takings(present).Steps, asks.AtLeast(2)}}
	}
	var out []change.Proposal
	for _, it := range parts {
		if len(it.steps) == 0 {
			continue
		}
		proposal := change.Proposal{Kind: change.CatalogApply, Target: target, Requester: rule, Requirement: it.needs, Quiet: quiet, Policy: p.Hash}
		proposal.Alert = it.needs.Mode == change.Report // it is shown in the channel, and that is all
		steps, err := firstOf(withLeavers(it.steps, present))
		if err != nil {
			return nil, err
		}
		kept := make([]catalog.Step, len(steps))
		for i, s := range steps {
			f, err := fit(s)
			if err != nil {
				return nil, err
			}
			kept[i], proposal.Diff = f.kept, append(proposal.Diff, f.shown...)
		}
		if more := len(it.steps) - len(steps); more > 0 {
			proposal.Reason = fmt.Sprintf("%d more steps follow after these", more)
		}
		if held && it.needs.Mode == change.Ask {
			proposal.Reason = strings.TrimPrefix(proposal.Reason+"; ", "; ") +
				fmt.Sprintf("%d removals at once are more than the brake lets pass", plan.Removals())
		}
		if proposal.Detail, err = json.Marshal(kept); err != nil {
			return nil, fmt.Errorf("encode a plan of %d steps: %w", len(steps), err)
		}
		out = append(out, proposal)
	}
	return out, nil
}

// mostLeavers is how many steps by which people leave something a change has at least, if there are as many.
const mostLeavers = mostSteps / 5

// withLeavers returns some steps with as many in front of what there is no room for by which people leave something and
// which wait for none of the others.
func withLeavers(steps []catalog.Step, present catalog.Present) []catalog.Step {
	if len(steps) <= mostSteps {
		return steps
	}
	leaves := func(s catalog.Step) bool { return s.Verb == catalog.Remove }
	n := mostSteps - mostLeavers
	if slices.ContainsFunc(steps[:n], leaves) {
		return steps
	}
	later := slices.DeleteFunc(slices.Clone(steps[n:]), leaves)
	waits := catalog.Plan{Steps: steps}.Awaiting(later, present)
	var leavers, rest []catalog.Step
	for i, s := range steps[n:] {
		if leaves(s) && !waits[n+i] && len(leavers) < mostLeavers {
			leavers = append(leavers, s)
		} else {
			rest = append(rest, s)
		}
	}
	return slices.Concat(steps[:n], leavers, rest)
}

// firstOf returns as many of some steps as one change may have, and one at least.
func firstOf(steps []catalog.Step) ([]catalog.Step, error) {
	size := 0
	for i, s := range steps[:min(len(steps), mostSteps)] {
		f, err := fit(s)
		if err != nil {
			return nil, err
		}
		if size += f.size; size > mostBytes && i > 0 {
			return steps[:i], nil
		}
	}
	return steps[:min(len(steps), mostSteps)], nil
}

// stepsOf returns the steps that a change is about.
func stepsOf(c change.Change) ([]catalog.Step, error) {
	var out []catalog.Step
	if err := json.Unmarshal(c.Detail, &out); err != nil {
		return nil, fmt.Errorf("decode plan %s: %w", c.ID, err)
	}
	return out, nil
}

// left returns those of the steps approved that are still to be done, in the plan's order. Another
// says what the plan wants by now in place of one of them; empty where it wants nothing else. What became
// of the others, [withheld] says.
//
// A plan may want more of something than was approved: what its next part is about, or what somebody has decided
// since. That is in no one's place as long as each of the steps approved about it is still to be done, or is
// there by now. Nor is what brings it to the same by another way.
func left(approved []catalog.Step, now catalog.Plan, present catalog.Present) (steps []catalog.Step, another string, err error) {
	words, planned := map[string]bool{}, map[string]bool{}
	about, deleted := map[string]bool{}, map[string]bool{}
	for _, s := range now.Steps {
		f, err := fit(s)
		if err != nil {
			return nil, "", err
		}
		planned[f.text] = true
	}
	replaced := map[string]bool{} // what a step approved is about that is neither
	for i, s := range approved {
		f, err := fit(s)
		if err != nil {
			return nil, "", err
		}
		words[f.text], about[subject(s)] = true, true
		deleted[subject(s)] = deleted[subject(s)] || s.Verb == catalog.Delete
		rest, superseded := unlike(approved[i+1:], s)
		there := (s.Policy != nil || s.Role != nil || s.Team != nil) && present.Has(rest)
		replaced[subject(s)] = replaced[subject(s)] || !planned[f.text] && !there && !superseded
	}
	// Somebody is to leave it by now. Who leaves something after all that was approved is of no part yet.
	last := 0
	for i, s := range now.Steps {
		if f, err := fit(s); err == nil && words[f.text] && !s.Removal() {
			last = i
		}
	}
	first := now.Awaiting(slices.DeleteFunc(slices.Clone(now.Steps[:last]), func(s catalog.Step) bool {
		f, err := fit(s)
		return !s.Removal() || err != nil || words[f.text]
	}), present)
	for i, s := range now.Steps {
		f, err := fit(s)
		if err != nil {
			return nil, "", err
		}
		switch {
		case words[f.text] && first[i] && !s.Removal():
			another = cmp.Or(another, "somebody is to leave something before "+s.String())
		case words[f.text]:
			steps = append(steps, s)
		case replaced[subject(s)] && isLists(s) && !first[i] && present.SameEnd(s.Kind, s.Name, approved, now.Steps):
			steps = append(steps, s) // the same update, taken apart otherwise by what is there now
		case replaced[subject(s)] && another == "":
			another = s.String()
		}
	}
	for _, f := range now.Findings {
		s := subject(catalog.Step{Kind: f.Kind, Name: f.Name})
		switch {
		case another != "" || !about[s]:
		case f.Code == catalog.FoundGroup: // everything else about it is done
		case f.Code == catalog.FoundPartly: // what can be is done
		case f.Code == catalog.FoundBelow && !deleted[s]: // it is to lose what it has
		default:
			another = strings.TrimSpace(s) + " is not ours to change, cannot be made, or is still needed"
		}
	}
	return steps, another, nil
}

// isLists reports whether a step changes what a role or a team has.
func isLists(s catalog.Step) bool {
	return s.Verb == catalog.Update && (s.Role != nil || s.Team != nil && s.Team.Type == "")
}

// withheld says which of the steps approved cannot be done as they stand, because only a part of what is
// wanted of something can be there by now; empty where none is. A step that is not left to do is done
// only if the catalogue has what it is about.
func withheld(approved []catalog.Step, now catalog.Plan, present catalog.Present) string {
	for i, s := range approved {
		rest, superseded := unlike(approved[i+1:], s)
		if superseded {
			continue
		}
		partly := slices.Contains(now.Findings, catalog.Finding{Code: catalog.FoundPartly, Kind: s.Kind, Name: s.Name})
		planned := slices.ContainsFunc(now.Steps, func(n catalog.Step) bool { return subject(n) == subject(s) })
		if partly && !planned && !present.Has(rest) {
			return strings.TrimSpace(subject(s)) + " cannot be all that was wanted of it"
		}
	}
	return ""
}

// unlike returns an update without what a later one changes once more, which leaves nothing of it to be seen, and
// whether that is all of it.
func unlike(later []catalog.Step, s catalog.Step) (rest catalog.Step, superseded bool) {
	if s.Verb != catalog.Update {
		return s, false
	}
	rest = s
	rest.Diff = slices.DeleteFunc(slices.Clone(s.Diff), func(d catalog.Difference) bool {
		return slices.ContainsFunc(later, func(other catalog.Step) bool {
			same := func(o catalog.Difference) bool { return o.Field == d.Field }
			return other.Verb == catalog.Update && subject(other) == subject(s) && slices.ContainsFunc(other.Diff, same)
		})
	})
	return rest, len(rest.Diff) == 0 && len(s.Diff) > 0
}

// inUse returns an error where something is to be deleted to which something of ours refers that stays as it is for now:
// what takes its place comes with another change, and with it goes what it denies.
func inUse(steps []catalog.Step, present catalog.Present) error {
	changed, deleted := map[string]bool{}, map[string]bool{}
	for _, s := range steps {
		changed[subject(s)] = changed[subject(s)] || s.Verb == catalog.Update || s.Verb == catalog.Delete
		deleted[subject(s)] = s.Verb == catalog.Delete
	}
	by := func(kind catalog.Kind, name string, has catalog.Kind, list []string) error {
		for _, other := range list {
			if deleted[subject(catalog.Step{Kind: has, Name: other})] && !changed[subject(catalog.Step{Kind: kind, Name: name})] {
				return fmt.Errorf("%s %s is to be deleted, and %s %s still has it", has, other, kind, name)
			}
		}
		return nil
	}
	var all []error
	for _, r := range present.Roles {
		if r.Ours() {
			all = append(all, by(catalog.KindRole, r.Name, catalog.KindPolicy, r.Policies))
		}
	}
	for _, t := range present.Teams {
		if t.Ours() || t.Name == catalog.Organization {
			all = append(all, by(catalog.KindTeam, t.Name, catalog.KindPolicy, t.Policies), by(catalog.KindTeam, t.Name, catalog.KindRole, t.DefaultRoles))
		}
	}
	return errors.Join(all...)
}

// subject is what a step is about.
func subject(s catalog.Step) string { return string(s.Kind) + " " + s.Name + " " + s.Person }

// removedLately counts what was taken away without people by these changes since a time. Of a change
// that did not come to its end, or is not there yet, that is what does not have to be taken away any
// more.
func removedLately(changes []change.Change, since time.Time, now catalog.Plan) (int, error) {
	n := 0
	for _, c := range changes {
		if c.Claim == nil || c.Requirement.Mode != change.Auto || c.Updated.Before(since) {
			continue
		}
		steps, err := stepsOf(c)
		if err != nil {
			return 0, err
		}
		n += catalog.Plan{Steps: steps}.Removals()
		if c.State == change.Applied {
			continue
		}
		undone, _, err := left(steps, now, catalog.Present{})
		if err != nil {
			return 0, err
		}
		n -= catalog.Plan{Steps: slices.DeleteFunc(steps, func(s catalog.Step) bool {
			same := func(u catalog.Step) bool { return u.Verb == s.Verb && subject(u) == subject(s) }
			return !slices.ContainsFunc(undone, same) // and as many as it counted
		})}.Removals()
	}
	return n, nil
}
