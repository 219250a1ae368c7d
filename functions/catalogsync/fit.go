package catalogsync

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file fits steps into changes. What an update changes stands in a change three times: as what is
// wanted, as differences of the step, and as differences for people. Of a policy of a thousand rules that
// is more than the store takes.

// fitted is a step as a change has it.
type fitted struct {
	kept catalog.Step
	// shown are the differences for people: those that have room.
	shown []change.Delta
	// text is what is done, encoded; size that of both in bytes.
	text string
	size int
}

// fit returns a step as a change has it: without who changed something in the catalogue, which is no part
// of what is done. Where all of it is more than mostBytes, the digest of the step's differences stands for
// them, and as many as there is room for are shown to people, with how many are not. Fitted once more, a
// step stays as it is.
func fit(s catalog.Step) (fitted, error) {
	s.Drift = ""
	f := fitted{kept: s, shown: deltas(s)}
	encoded := func(what any) (string, error) {
		text, err := json.Marshal(what)
		if err != nil {
			return "", fmt.Errorf("encode step %s %s %s: %w", s.Verb, s.Kind, s.Name, err)
		}
		return string(text), nil
	}
	all, err := encoded(f.shown)
	if err != nil {
		return fitted{}, err
	}
	if f.text, err = encoded(done(f.kept)); err != nil {
		return fitted{}, err
	}
	if f.size = len(f.text) + len(all); f.size <= mostBytes {
		return f, nil
	}
	digest := fmt.Sprintf("sha256 %x", sha256.Sum256([]byte(all)))
	if len(s.Diff) > 0 {
		f.kept.Diff = []catalog.Difference{{Field: fmt.Sprintf("%d differences", len(s.Diff)), After: digest}}
	}
	if f.text, err = encoded(done(f.kept)); err != nil {
		return fitted{}, err
	}
	f.size = len(f.text)
	for i, d := range f.shown {
		one, err := encoded(d)
		if err != nil {
			return fitted{}, err
		}
		if f.size+len(one) > mostBytes-1<<10 { // the last line has room too
			last := change.Delta{Field: fmt.Sprintf("%s: %d more differences than can be shown", head(s), len(f.shown)-i), After: digest}
			f.shown = append(f.shown[:i:i], last)
			break
		}
		f.size += len(one) + 1
	}
	f.size += 1 << 10
	return f, nil
}

// done returns what a step does, whoever is in what it takes away by the time it is carried out.
func done(s catalog.Step) catalog.Step {
	s.Takes = 0
	return s
}

// head begins the line of every difference that is shown of a step.
func head(s catalog.Step) string { return fmt.Sprintf("%s %s %s", s.Verb, s.Kind, s.Name) }

// deltas shows one step as differences: everything that it does stands in their fields and in what
// comes after, so that plans which do the same have the same slot and no others.
func deltas(s catalog.Step) []change.Delta {
	head := head(s)
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

// tooLarge lists the steps of a plan that no change can have, however little is shown of them.
func tooLarge(plan catalog.Plan) ([]problem, error) {
	var out []problem
	for _, s := range plan.Steps {
		f, err := fit(s)
		if err != nil {
			return nil, err
		}
		if f.size > mostBytes {
			text := fmt.Sprintf("is too large for one change: %d bytes of at most %d. Make several of it", f.size, mostBytes)
			out = append(out, problem{s.Kind, s.Name, text})
		}
	}
	return out, nil
}
