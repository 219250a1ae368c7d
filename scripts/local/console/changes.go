package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

const (
	changesAtOnce   = 30
	mostQuarantined = 10
	mostTurnedAway  = 5
)

// changes makes the timeline, the newest change first.
func (r *reading) changes(ctx context.Context) (changesPart, error) {
	var part changesPart
	limit := changesAtOnce * (r.view.More + 1)
	// One more than is shown tells whether there are more.
	latest, err := r.ledger.Latest(ctx, min(limit+1, store.MaxPage))
	if err != nil {
		return part, err
	}
	if len(latest) > limit {
		latest = latest[:limit]
		part.MoreHref = r.view.withMore().href("changes")
	}
	for _, c := range latest {
		line, err := r.change(ctx, c)
		if err != nil {
			return part, err
		}
		part.Lines = append(part.Lines, line)
		if c.State == change.Failed || c.Alert && c.State == change.Reported {
			part.Alerts = append(part.Alerts, fmt.Sprintf("%s: %s", c.Target.Name, strings.TrimSuffix(c.Reason+" "+c.Problem, " ")))
		}
	}
	if part.Quarantined, err = r.quarantined(ctx); err != nil {
		return part, err
	}
	part.TurnedAway, err = r.turnedAway(ctx)
	return part, err
}

// holding returns until when a change holds, the zero time where it has no end or never came into effect, and whether
// that is over.
func holding(c change.Change, now time.Time) (until time.Time, over bool) {
	switch c.State {
	case change.Undone:
		if !c.Until.IsZero() && c.Updated.Before(c.Until) {
			return c.Updated, true // it was taken back before
		}
		return c.Until, true
	case change.Applied:
		return c.Until, !now.Before(c.Until)
	case change.Denied, change.Expired, change.Withdrawn, change.Failed:
		return time.Time{}, false
	}
	return c.Until, false
}

func (r *reading) change(ctx context.Context, c change.Change) (changeLine, error) {
	line := changeLine{
		ID: c.ID, State: string(c.State), StateWords: stateWords[c.State], Kind: kindWords[c.Kind], Mode: modeWords[c.Requirement.Mode],
		Target: c.Target.Name, Undoes: c.UndoOf != "", Reason: c.Reason, Problem: c.Problem,
		Requester: "proposed by the rules", Proposed: c.Proposed, Updated: c.Updated,
		UndoOf: c.UndoOf, UndoneBy: c.UndoneBy, Alert: c.Alert, Policy: c.Policy,
		Open: slices.Contains(r.view.Open, c.ID), ToggleHref: r.view.toggled(c.ID).href("change-" + c.ID),
	}
	line.Until, line.Over = holding(c, r.world.Clock.Now())
	if line.Kind == "" {
		line.Kind = string(c.Kind)
	}
	if _, ok := r.groups[c.Target.Name]; ok {
		line.TargetHref = r.view.withGroup(c.Target.Name).href("group")
	}
	if c.Requester.Kind == change.ByPerson {
		line.Requester = "asked for by " + r.name(c.Requester.Name)
	}
	for _, d := range c.Diff {
		line.Diff = append(line.Diff, diffLine{
			Field: d.Field, Words: wordsForSetting(d.Field), Before: d.Before, After: d.After,
			BeforeWords: wordsForValue(d.Field, d.Before), AfterWords: wordsForValue(d.Field, d.After), Follows: d.Follows,
		})
	}
	for _, d := range c.Decisions {
		verdict := "approved"
		if d.Verdict == change.No {
			verdict = "denied"
		}
		line.Decisions = append(line.Decisions, decisionLine{r.name(d.By.Name), verdict, d.At, d.Void})
	}
	if c.State == change.Proposed {
		var needs []string
		for _, n := range c.Requirement.Needs {
			needs = append(needs, fmt.Sprintf("%d of %s", n.Count, wordsForSelector(n.From)))
		}
		line.Needs, line.Deadline = strings.Join(needs, " and "), c.Deadline()
	}
	if !line.Open {
		return line, nil
	}
	entries, err := trail.Of(ctx, r.world.Store(), c.ID)
	if err != nil {
		return line, fmt.Errorf("read the audit entries of change %s: %w", c.ID, err)
	}
	for _, e := range entries {
		line.Audit = append(line.Audit, r.entry(e))
	}
	return line, nil
}

func wordsForSelector(s change.Selector) string {
	switch s {
	case "approvers":
		return "the owners and administrators"
	case "owners":
		return "the owners"
	case "admins":
		return "the administrators"
	}
	_, name, ok := strings.Cut(string(s), ":")
	if !ok {
		return string(s)
	}
	return name
}

func (r *reading) entry(e audit.Entry) auditLine {
	who := e.ActorName
	if who == "" {
		who = e.Actor
	}
	return auditLine{
		At: e.At, Verb: e.Verb, Who: r.name(who), From: e.From, To: e.To, Refused: e.Outcome == audit.Refused,
		Text: e.Text, Policy: e.Policy,
	}
}

// quarantined lists the newest messages that no function could do anything with.
func (r *reading) quarantined(ctx context.Context) ([]quarantineLine, error) {
	list, _, err := cloudfn.Quarantines.Query(ctx, r.world.Store(), store.Query{OrderBy: "at", Desc: true, Limit: mostQuarantined})
	if err != nil {
		return nil, fmt.Errorf("read the quarantine: %w", err)
	}
	var out []quarantineLine
	for _, q := range list {
		out = append(out, quarantineLine{q.At, q.Function, q.Source, q.Reason})
	}
	return out, nil
}

// errEnough ends a visit that has seen what it wanted.
var errEnough = errors.New("enough")

// turnedAway lists the newest requests that were turned away before it came to any change.
func (r *reading) turnedAway(ctx context.Context) ([]auditLine, error) {
	var out []auditLine
	q := store.Query{
		Where: []store.Cond{
			{Field: "outcome", Op: store.Equal, Value: string(audit.Refused)},
			{Field: "change", Op: store.Equal, Value: ""},
		},
		OrderBy: "at", Desc: true, Limit: mostTurnedAway,
	}
	err := trail.Entries.Each(ctx, r.world.Store(), q, func(e audit.Entry) error {
		if len(out) == mostTurnedAway {
			return errEnough
		}
		out = append(out, r.entry(e))
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read what was turned away: %w", err)
	}
	return out, nil
}
