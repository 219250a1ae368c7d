package catalogsync

import (
	"encoding/json"
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

// mostBytes is how large the steps of one change are at most, as they are kept: word by word, and again
// as differences. A third of a record is left for what people say about the change.
const mostBytes = store.MaxData * 2 / 3

// proposals returns what to propose of a plan: nothing where there is nothing to do, and of a plan
// that takes more away than the brake lets pass two things: what may happen all the same, and what
// waits for two people. Size is how much of the catalogue is ours, recent what was taken away
// without people in the last 24 hours.
//
// No proposal has more than mostSteps steps, or more than fit into mostBytes: those that come first,
// which need nothing of what comes after them. The others follow once these are done.
func proposals(p *policyfile.Policy, plan catalog.Plan, size, recent int) ([]change.Proposal, error) {
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
		removals := slices.DeleteFunc(slices.Clone(plan.Steps), func(s catalog.Step) bool { return !s.Removal() })
		parts = []part{{plan.Additions().Steps, parts[0].needs}, {removals, asks.AtLeast(2)}}
	}
	var out []change.Proposal
	for _, it := range parts {
		if len(it.steps) == 0 {
			continue
		}
		proposal := change.Proposal{Kind: change.CatalogApply, Target: target, Requester: rule, Requirement: it.needs, Quiet: quiet, Policy: p.Hash}
		proposal.Alert = it.needs.Mode == change.Report // it is shown in the channel, and that is all
		steps, err := firstOf(it.steps)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			proposal.Diff = append(proposal.Diff, deltas(s)...)
		}
		if more := len(it.steps) - len(steps); more > 0 {
			proposal.Reason = fmt.Sprintf("%d more steps follow after these", more)
		}
		if held && it.needs.Mode == change.Ask {
			proposal.Reason = strings.TrimPrefix(proposal.Reason+"; ", "; ") +
				fmt.Sprintf("%d removals at once are more than the brake lets pass", plan.Removals())
		}
		if proposal.Detail, err = json.Marshal(unsigned(steps)); err != nil {
			return nil, fmt.Errorf("encode a plan of %d steps: %w", len(steps), err)
		}
		out = append(out, proposal)
	}
	return out, nil
}

// firstOf returns as many of some steps as one change may have, and one at least.
func firstOf(steps []catalog.Step) ([]catalog.Step, error) {
	size := 0
	for i, s := range steps[:min(len(steps), mostSteps)] {
		text, err := json.Marshal(struct {
			Step   catalog.Step
			Deltas []change.Delta
		}{s, deltas(s)})
		if err != nil {
			return nil, fmt.Errorf("encode step %s: %w", s, err)
		}
		if size += len(text); size > mostBytes && i > 0 {
			return steps[:i], nil
		}
	}
	return steps[:min(len(steps), mostSteps)], nil
}

// unsigned returns steps without who changed something in the catalogue: it is no part of what is
// done.
func unsigned(steps []catalog.Step) []catalog.Step {
	out := slices.Clone(steps)
	for i := range out {
		out[i].Drift = ""
	}
	return out
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
func left(approved []catalog.Step, now catalog.Plan) (steps []catalog.Step, another string, err error) {
	words := map[string]bool{}
	about := map[string]bool{}
	for _, s := range unsigned(approved) {
		text, err := json.Marshal(s)
		if err != nil {
			return nil, "", fmt.Errorf("encode step %s: %w", s, err)
		}
		words[string(text)], about[subject(s)] = true, true
	}
	for i, s := range unsigned(now.Steps) {
		text, err := json.Marshal(s)
		if err != nil {
			return nil, "", fmt.Errorf("encode step %s: %w", s, err)
		}
		switch {
		case words[string(text)]:
			steps = append(steps, now.Steps[i])
		case about[subject(s)] && another == "":
			another = s.String()
		}
	}
	for _, f := range now.Findings {
		s := subject(catalog.Step{Kind: f.Kind, Name: f.Name})
		switch {
		case another != "" || !about[s]:
		case f.Code == catalog.FoundGroup: // everything else about it is done
		case f.Code == catalog.FoundPartly: // what can be is done
		default:
			another = strings.TrimSpace(s) + " is not ours to change, cannot be made, or is still needed"
		}
	}
	return steps, another, nil
}

// withheld says which of the steps approved cannot be done as they stand, because only a part of what is
// wanted of something can be there by now; empty where none is. A step that is not left to do is done
// only if the catalogue has what it is about.
func withheld(approved []catalog.Step, now catalog.Plan, present catalog.Present) string {
	for _, s := range approved {
		partly := slices.Contains(now.Findings, catalog.Finding{Code: catalog.FoundPartly, Kind: s.Kind, Name: s.Name})
		planned := slices.ContainsFunc(now.Steps, func(n catalog.Step) bool { return subject(n) == subject(s) })
		if partly && !planned && !present.Has(s) {
			return strings.TrimSpace(subject(s)) + " cannot be all that was wanted of it"
		}
	}
	return ""
}

// subject is what a step is about.
func subject(s catalog.Step) string { return string(s.Kind) + " " + s.Name + " " + s.Person }

// deltas shows one step as differences: everything that it does stands in their fields and in what
// comes after, so that plans which do the same have the same slot and no others.
func deltas(s catalog.Step) []change.Delta {
	head := fmt.Sprintf("%s %s %s", s.Verb, s.Kind, s.Name)
	var out []change.Delta
	switch {
	case s.Person != "":
		return []change.Delta{{Field: head + ": " + s.Person}}
	case len(s.Diff) > 0:
		for _, d := range s.Diff {
			out = append(out, change.Delta{Field: head + ": " + d.Field, Before: d.Before, After: d.After})
		}
		return out
	case s.Verb == catalog.Create && s.Policy != nil:
		for _, r := range s.Policy.Rules {
			text := r.Effect + " " + strings.Join(r.Operations, ", ") + " on " + strings.Join(r.Resources, ", ")
			if r.Condition != "" {
				text += " if " + r.Condition
			}
			out = append(out, change.Delta{Field: head + ": rule " + r.Name, After: text})
		}
		return out
	case s.Verb == catalog.Create && s.Role != nil:
		return []change.Delta{{Field: head + ": policies", After: strings.Join(s.Role.Policies, ", ")}}
	case s.Verb == catalog.Create && s.Team != nil && len(s.Team.Parents) > 0:
		return []change.Delta{{Field: head, After: s.Team.Type + " below " + strings.Join(s.Team.Parents, ", ")}}
	case s.Verb == catalog.Create && s.Team != nil:
		return []change.Delta{{Field: head, After: s.Team.Type}}
	}
	return []change.Delta{{Field: head}}
}

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
		undone, _, err := left(steps, now)
		if err != nil {
			return 0, err
		}
		n -= catalog.Plan{Steps: undone}.Removals()
	}
	return n, nil
}
