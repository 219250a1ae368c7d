package inactivitysweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// night is one run through one system.
type night struct {
	*handler
	name   string
	rule   idle.Rule
	system system
	at     time.Time
	run    *idle.Run
	agenda *agenda
	// began is when the first attempt of the night began.
	began time.Time
	// held is how many stops the brake holds, begun how many this attempt has begun.
	held, begun int
	// warned counts the warnings that this attempt has given, as a summary has them, ended how many it
	// has taken back because the account is in use again.
	warned map[string]int
	ended  int
}

func (h *handler) sweepAll(ctx context.Context) error {
	tonight, err := h.attempts(ctx)
	if err != nil {
		return err
	}
	tonight.ticks++
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(h.policy.Inactivity.Systems)) {
		s, ok := h.systems[name]
		switch {
		case !ok:
			h.log.WarnContext(ctx, "policy looks after a system that is not configured", "system", name)
			continue
		case tonight.well(name):
			continue
		case tonight.begun[name] >= mostAttempts:
			problems = append(problems, h.giveUp(ctx, &tonight, name))
			continue
		case ctx.Err() != nil: // no attempt of this one
			problems = append(problems, fmt.Errorf("sweep %s: %w", name, ctx.Err()))
			continue
		}
		n := &night{handler: h, name: name, rule: h.policy.Inactivity.Systems[name], system: s, at: h.now(), warned: map[string]int{}}
		if err := h.attempt(ctx, &tonight, n); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(append(problems, h.conclude(ctx, &tonight, len(problems) > 0))...)
}

// sweep lists and judges all accounts before it does anything about one.
func (n *night) sweep(ctx context.Context) error {
	judge, err := n.judge(ctx)
	if unread, ok := errors.AsType[*idle.UnreadError](err); ok {
		return n.refuse(ctx, err.Error(), map[string]string{"why": idle.ErrGroupUnread.Error(), "group": unread.Group})
	}
	if err != nil {
		return err
	}
	memories, err := account.Memories(ctx, n.store, n.name)
	if err != nil {
		return err
	}
	n.run = judge.NewRun()
	if n.agenda, err = n.newAgenda(ctx, mostActs); err != nil {
		return err
	}
	reading, err := n.system.Accounts(ctx, func(a *idle.Account) error {
		before := memories.Of(a.ID)
		n.agenda.take(a, judge.Decide(a, before), before)
		return nil
	})
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	if err := idle.CheckClock(reading.Ours, reading.Theirs); err != nil {
		return n.refuse(ctx, err.Error(), clocks(reading))
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
	// Each of them is good for something where the others go wrong, also where time runs out.
	acted := n.act(ctx)
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return errors.Join(acted, account.Believe(ctx, n.store, n.name, n.run.Census()), n.sumUp(ctx))
}

// judge makes the judge of the night: the rule, and who is in the groups that it spares.
func (n *night) judge(ctx context.Context) (*idle.Judge, error) {
	groups, err := account.Spared(ctx, n.mirror, n.rule.Spare.Groups)
	if err != nil {
		return nil, err
	}
	d := idle.Directory{Groups: groups}
	if d.Aliases, err = n.aliases(ctx, groups); err != nil {
		return nil, err
	}
	return idle.NewJudge(n.rule, d, n.at)
}

// aliases are the further addresses of those whom the rule spares. Nobody else's are kept: a company
// may have a million people.
func (n *night) aliases(ctx context.Context, groups map[string][]string) (map[string]string, error) {
	spared := map[string]bool{}
	for _, list := range append(slices.Collect(maps.Values(groups)), n.rule.Spare.Emails) {
		for _, email := range list {
			spared[group.Address(email)] = true
		}
	}
	out := map[string]string{}
	if len(spared) == 0 {
		return out, nil
	}
	err := n.mirror.People(ctx, func(p group.Person) error {
		known := func(address string) bool { return spared[group.Address(address)] }
		if known(p.Email) || slices.ContainsFunc(p.Aliases, known) {
			for _, alias := range p.Aliases {
				out[alias] = p.Email
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return out, nil
}

// refuse ends a night that nothing may be done in. It is said in the audit log, in English, and to
// people in rows that say the same, and tried again the next night.
func (n *night) refuse(ctx context.Context, why string, rows ...map[string]string) error {
	n.log.ErrorContext(ctx, "nothing is done tonight", "system", n.name, "why", why)
	t := trail.Turned{Function: "inactivitysweep", Verb: "sweep", Actor: n.name, Text: why}
	if err := trail.TurnAway(ctx, n.store, n.now(), t); err != nil {
		return err
	}
	return n.alert(ctx, rows)
}

// act proposes what is to be stopped or would be, withdraws what is not any more, and warns, also
// where proposing went wrong: nobody's warnings wait for it.
func (n *night) act(ctx context.Context) error {
	if err := n.orphans(ctx); err != nil {
		return err
	}
	proposed := n.proposeAll(ctx)
	for _, a := range n.agenda.acts {
		if err := n.carry(ctx, a, proposed == nil); err != nil {
			return errors.Join(proposed, err)
		}
	}
	_, err := account.Remember(ctx, n.store, n.name, n.at, n.agenda.notes...)
	return errors.Join(proposed, err)
}

// carry tells a person what there is to say, and writes it down at once: a night that ends in the middle has lost
// nothing. Where people have decided about the account since the night began, that is for the next one: what was
// said in that moment is taken back.
func (n *night) carry(ctx context.Context, a act, proposed bool) error {
	stands, err := account.Get(ctx, n.store, n.name, a.account.ID)
	if err != nil || !stands.Equal(a.before) {
		return err
	}
	warned, err := n.tell(ctx, a)
	if err != nil || !a.decision.Remember || !proposed && a.decision.Action == idle.Stop {
		return err
	}
	written, err := account.Remember(ctx, n.store, n.name, n.at, account.Note{ID: a.account.ID, Before: a.before, After: a.decision.Next})
	switch {
	case err != nil:
		return err
	case written == 0 && warned:
		if err := n.overtaken(ctx, a); err != nil {
			return err
		}
	case written > 0:
		n.count(a.decision, warned)
	}
	if warned && first(a) {
		return account.EndTelling(ctx, n.store, n.warningID(a.account, a.decision.Step, a.decision.Next))
	}
	return nil
}

// overtaken sees to a warning whose account something else is remembered of by now. Where another attempt has warned
// of the same in the same message, that names the day which is remembered; else it is taken back.
func (n *night) overtaken(ctx context.Context, a act) error {
	stands, err := account.Get(ctx, n.store, n.name, a.account.ID)
	if err != nil {
		return err
	}
	if !slices.Contains(stands.Told, a.decision.Step) || !stands.Begun.Equal(a.decision.Next.Begun) || !stands.Kept.Equal(a.decision.Next.Kept) {
		return n.end(ctx, n.warningID(a.account, a.decision.Step, a.decision.Next), "moved")
	}
	a.decision.StopAt = stands.Stop
	_, err = n.tell(ctx, a)
	return err
}

// count counts what was said to a person, once it is remembered: what is not is said again by the next
// attempt, on the same day in the same message.
func (n *night) count(d idle.Decision, warned bool) {
	if warned {
		n.warned[d.Step.String()]++
	}
	if d.Ended {
		n.ended++
	}
}

// proposeAll proposes what is to be stopped or would be, and withdraws what is not any more.
func (n *night) proposeAll(ctx context.Context) error {
	wanted, err := n.proposals(ctx, idle.Stop)
	if err != nil {
		return err
	}
	if err := n.withdrawOthers(ctx); err != nil {
		return err
	}
	if err := n.propose(ctx, wanted); err != nil {
		return err
	}
	reports, err := n.proposals(ctx, idle.Report)
	if err != nil {
		return err
	}
	for _, p := range reports {
		if _, _, err := n.ledger.Propose(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// proposals are the stops of the night, or those that the rule only wants known.
func (n *night) proposals(ctx context.Context, of idle.Action) ([]change.Proposal, error) {
	var out []change.Proposal
	for _, a := range n.agenda.acts {
		if a.decision.Action != of {
			continue
		}
		p, err := n.proposal(ctx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// proposal is the stop of one account, in the mode of the rule.
func (n *night) proposal(ctx context.Context, a act) (change.Proposal, error) {
	p := n.stop(&a.account, a.decision)
	p.Reason = fmt.Sprintf("not used since %s, longer than %d days", day(a.decision.Since), int(n.rule.After/(24*time.Hour)))
	p.Channel, p.Batch = n.rule.Channel, n.name+"-"+n.at.UTC().Format(time.DateOnly)
	p.Policy = n.policy.Hash
	owner, known, err := n.person(ctx, a.account.Email)
	if err != nil {
		return p, err
	}
	if known {
		p.Concerned = []string{owner.ID}
	}
	p.Owners = idle.Owners(n.name, owner.ID)
	if a.decision.Action == idle.Report {
		p.Batch = "" // the summary tells of them all
	}
	return p, nil
}

// requirement is what a stop needs, in the mode of the rule.
func (n *night) requirement() change.Requirement {
	switch n.rule.Mode {
	case change.Ask:
		return n.policy.Asks(change.AccountDisable, "")
	case change.Auto:
		return change.Requirement{Mode: change.Auto}
	}
	return change.Requirement{Mode: change.Report}
}

// stop is what is proposed of an account, by which one night knows what an earlier one proposed.
func (n *night) stop(a *idle.Account, d idle.Decision) change.Proposal {
	return change.Proposal{
		Kind:   change.AccountDisable,
		Target: change.Target{ID: account.Name(n.name, a.ID), Name: a.Email},
		Diff: []change.Delta{
			{Field: "enabled", Before: "true", After: "false"},
			{Field: "last", After: day(d.Last.At)},
			{Field: "roles", After: strings.Join(a.Roles, ", ")},
		},
		Requester: rule, Quiet: idle.KeepFor, Requirement: n.requirement(),
	}
}

// person returns whose an address is. The boolean is false where nobody knows.
func (n *night) person(ctx context.Context, email string) (group.Person, bool, error) {
	p, err := n.mirror.PersonAt(ctx, email)
	if errors.Is(err, mirror.ErrUnknown) {
		return group.Person{}, false, nil
	}
	return p, err == nil, err
}

// rule is the requester of stops.
var rule = change.Actor{Kind: change.ByRule, ID: "inactivity"}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.DateOnly)
}

// withdrawOthers withdraws the stops that wait from earlier nights and do not follow any more, and
// says why: somebody signed in, is spared by now, has other roles, or the policy is another one.
func (n *night) withdrawOthers(ctx context.Context) error {
	stale := n.agenda.stale()
	for _, id := range slices.Sorted(maps.Keys(stale)) {
		_, err := n.ledger.Apply(ctx, id, change.Withdraw{By: rule, Reason: stale[id]})
		if _, refused := change.Refused(err); err != nil && !refused {
			return err
		}
	}
	return nil
}

// planTarget is what the plan of a system is about.
func (n *night) planTarget() change.Target {
	return change.Target{ID: account.Name(n.name, account.Held), Name: n.name}
}

// propose proposes the stops, or one plan for all of them where they are more than the brake lets
// pass: of a run that wants too much, nobody knows which part is the wrong one.
func (n *night) propose(ctx context.Context, wanted []change.Proposal) error {
	if err := n.plan(ctx, n.braked(wanted)); err != nil || n.held > 0 {
		return err
	}
	for _, p := range wanted {
		_, isNew, err := n.ledger.Propose(ctx, p)
		if err != nil {
			return err
		}
		if isNew {
			n.begun++
		}
	}
	return nil
}

// braked returns the stops that the brake holds, of those that are wanted: none, or all that would be
// new. What waits for people already, or what they have denied or left undecided not long ago, is no
// part of a run that wants too much.
func (n *night) braked(wanted []change.Proposal) []change.Proposal {
	if !n.rule.Brake.Check(n.run.Census().Enabled, len(n.agenda.recent), n.agenda.fresh).Held {
		return nil
	}
	n.held = n.agenda.fresh
	return slices.DeleteFunc(slices.Clone(wanted), n.agenda.answers)
}

// plan proposes to let the stops through where they are held, in place of the plan of an earlier
// night.
func (n *night) plan(ctx context.Context, held []change.Proposal) error {
	var plans []change.Proposal
	if len(held) > 0 {
		p, through, err := ledger.PlanOf(change.Proposal{
			Kind: change.AccountDisablePlan, Target: n.planTarget(), Requester: rule, Channel: n.rule.Channel, Owners: idle.Owners(n.name, ""),
			Requirement: n.policy.Asks(change.AccountDisablePlan, ""), Quiet: idle.KeepFor, Policy: n.policy.Hash,
		}, held)
		if err != nil {
			return err
		}
		p.Reason = fmt.Sprintf("%d accounts at once are more than the brake lets pass", through)
		if left := n.held - through; left > 0 {
			p.Reason += fmt.Sprintf("; %d more are left for the next plan", left)
		}
		plans = append(plans, p)
	}
	live, err := n.ledger.Live(ctx, change.AccountDisablePlan, n.planTarget().ID)
	if err != nil {
		return err
	}
	return n.ledger.Replace(ctx, rule, "the accounts that are held have changed", live, plans...)
}
