package inactivitysweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// act is one account about which something is to be done tonight.
type act struct {
	account  idle.Account
	decision idle.Decision
}

// night is one run through one system.
type night struct {
	*handler
	name   string
	rule   idle.Rule
	system system
	at     time.Time
	people map[string]group.Person // by address
	// acts are the warnings, stops and reports, remember what else is to be remembered.
	acts     []act
	remember map[string]idle.Memory
	run      *idle.Run
	held     bool
}

func (h *handler) sweepAll(ctx context.Context) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(h.policy.Inactivity.Systems)) {
		s, ok := h.systems[name]
		if !ok {
			h.log.WarnContext(ctx, "policy looks after a system that is not configured", "system", name)
			continue
		}
		n := &night{handler: h, name: name, rule: h.policy.Inactivity.Systems[name], system: s, at: h.now(), remember: map[string]idle.Memory{}}
		if err := n.sweep(ctx); err != nil {
			problems = append(problems, fmt.Errorf("sweep %s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// sweep lists and judges all accounts before it does anything about one.
func (n *night) sweep(ctx context.Context) error {
	judge, err := n.judge(ctx)
	if errors.Is(err, idle.ErrGroupUnread) {
		return n.refuse(ctx, err.Error())
	}
	if err != nil {
		return err
	}
	memories, err := account.Memories(ctx, n.store, n.name)
	if err != nil {
		return err
	}
	n.run = judge.NewRun()
	reading, err := n.system.Accounts(ctx, func(a *idle.Account) error {
		d := judge.Decide(a, memories[a.ID])
		n.run.Add(a, d)
		switch {
		case d.Action == idle.Warn, d.Action == idle.Stop, d.Action == idle.Report, d.Ended:
			n.acts = append(n.acts, act{*a, d})
		case d.Remember:
			n.remember[a.ID] = d.Next
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	if err := idle.CheckClock(reading.Ours, reading.Theirs); err != nil {
		return n.refuse(ctx, err.Error())
	}
	before, err := account.Census(ctx, n.store, n.name)
	if err != nil {
		return err
	}
	if doubts := n.run.Census().Doubts(before); len(doubts) > 0 {
		return n.doubt(ctx, before, doubts)
	}
	if err := n.question(ctx); err != nil {
		return err
	}
	if err := n.act(ctx); err != nil {
		return err
	}
	if err := account.Believe(ctx, n.store, n.name, n.run.Census()); err != nil {
		return err
	}
	return n.sumUp(ctx)
}

func words(doubts []idle.Doubt) string {
	out := make([]string, len(doubts))
	for i, d := range doubts {
		out[i] = string(d)
	}
	return strings.Join(out, "; ")
}

// judge makes the judge of the night: the rule, and who is in the groups that it spares.
func (n *night) judge(ctx context.Context) (*idle.Judge, error) {
	d := idle.Directory{Aliases: map[string]string{}}
	n.people = map[string]group.Person{}
	err := n.mirror.People(ctx, func(p group.Person) error {
		n.people[group.Address(p.Email)] = p
		for _, alias := range p.Aliases {
			n.people[group.Address(alias)] = p
			d.Aliases[alias] = p.Email
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	if d.Groups, err = account.Spared(ctx, n.mirror, n.rule.Spare.Groups); err != nil {
		return nil, err
	}
	return idle.NewJudge(n.rule, d, n.at)
}

// refuse ends a night that nothing may be done in. It is said in the audit log and to people, and
// tried again the next night.
func (n *night) refuse(ctx context.Context, why string) error {
	n.log.ErrorContext(ctx, "nothing is done tonight", "system", n.name, "why", why)
	t := trail.Turned{Function: "inactivitysweep", Verb: "sweep", Actor: n.name, Text: why}
	if err := trail.TurnAway(ctx, n.store, n.now(), t); err != nil {
		return err
	}
	return n.alert(ctx, why)
}

// act warns, proposes what is to be stopped or would be, and withdraws what is not any more.
func (n *night) act(ctx context.Context) error {
	wanted := n.proposals(idle.Stop)
	if err := n.withdrawOthers(ctx, wanted); err != nil {
		return err
	}
	if err := n.propose(ctx, wanted); err != nil {
		return err
	}
	for _, p := range n.proposals(idle.Report) {
		if _, _, err := n.ledger.Propose(ctx, p); err != nil {
			return err
		}
	}
	for _, a := range n.acts {
		if err := n.tell(ctx, a); err != nil {
			return err
		}
		if a.decision.Remember {
			n.remember[a.account.ID] = a.decision.Next
		}
	}
	for _, id := range slices.Sorted(maps.Keys(n.remember)) {
		next := n.remember[id]
		err := account.Update(ctx, n.store, n.name, id, n.at, func(idle.Memory) idle.Memory { return next })
		if err != nil {
			return err
		}
	}
	return nil
}

// proposals are the stops of the night, or those that the rule only wants known.
func (n *night) proposals(of idle.Action) []change.Proposal {
	var out []change.Proposal
	for _, a := range n.acts {
		if a.decision.Action != of {
			continue
		}
		p := change.Proposal{
			Kind:   change.AccountDisable,
			Target: change.Target{ID: account.Name(n.name, a.account.ID), Name: a.account.Email},
			Diff: []change.Delta{
				{Field: "enabled", Before: "true", After: "false"},
				{Field: "last", After: day(a.decision.Last.At)},
				{Field: "roles", After: strings.Join(a.account.Roles, ", ")},
			},
			Reason:    fmt.Sprintf("not used since %s, longer than %d days", day(a.decision.Since), int(n.rule.After/(24*time.Hour))),
			Requester: rule, Channel: n.rule.Channel, Batch: n.name + "-" + n.at.UTC().Format(time.DateOnly),
			Quiet: idle.KeepFor, Policy: n.policy.Hash,
		}
		owner, known := n.people[group.Address(a.account.Email)]
		if known {
			p.Concerned = []string{owner.ID}
		}
		p.Owners = desk.AccountOwners(n.name, owner.ID)
		switch {
		case of == idle.Report:
			// The summary tells of them all.
			p.Requirement, p.Batch = change.Requirement{Mode: change.Report}, ""
		case n.rule.Mode == change.Ask:
			p.Requirement = n.policy.Asks(change.AccountDisable, "")
		default:
			p.Requirement = change.Requirement{Mode: change.Auto}
		}
		out = append(out, p)
	}
	return out
}

// rule is the requester of stops.
var rule = change.Actor{Kind: change.ByRule, ID: "inactivity"}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.DateOnly)
}

// withdrawOthers withdraws the stops that wait from earlier nights and do not follow any more:
// somebody signed in, or is spared by now.
func (n *night) withdrawOthers(ctx context.Context, wanted []change.Proposal) error {
	live, err := n.ledger.LiveOf(ctx, change.AccountDisable)
	if err != nil {
		return err
	}
	ours := slices.DeleteFunc(live, func(c change.Change) bool {
		system, _ := account.Split(c.Target.ID)
		return system != n.name || c.Requester.Kind != change.ByRule
	})
	return n.ledger.WithdrawOthers(ctx, rule, "it is in use again, or spared", ours, wanted...)
}

// planTarget is what the plan of a system is about.
func (n *night) planTarget() change.Target {
	return change.Target{ID: account.Name(n.name, "held"), Name: n.name}
}

// propose proposes the stops, or one plan for all of them where they are more than the brake lets
// pass: of a run that wants too much, nobody knows which part is the wrong one.
func (n *night) propose(ctx context.Context, wanted []change.Proposal) error {
	recent, err := n.ledger.Braked(ctx, change.AccountDisable)
	if err != nil {
		return err
	}
	fresh := 0
	for _, p := range wanted {
		if !recent[p.Target.ID] {
			fresh++
		}
	}
	verdict := n.rule.Brake.Check(n.run.Census().Enabled, len(recent), fresh)
	n.held = verdict.Held
	if err := n.plan(ctx, wanted); err != nil || n.held {
		return err
	}
	for _, p := range wanted {
		if _, _, err := n.ledger.Propose(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// plan proposes to let the stops through where they are held, in place of the plan of an earlier
// night.
func (n *night) plan(ctx context.Context, wanted []change.Proposal) error {
	var plans []change.Proposal
	if n.held {
		p, err := ledgerPlan(n, wanted)
		if err != nil {
			return err
		}
		plans = append(plans, p)
	}
	live, err := n.ledger.Live(ctx, change.AccountDisablePlan, n.planTarget().ID)
	if err != nil {
		return err
	}
	return n.ledger.Replace(ctx, rule, "the accounts that are held have changed", live, plans...)
}
