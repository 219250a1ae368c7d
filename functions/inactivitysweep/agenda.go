package inactivitysweep

import (
	"context"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// This file keeps what a night is to do until the listing has ended well and is believed. A system
// may have a million accounts, and on the first night all of them may be due: so a night does so
// much of each kind, and what is left over comes the next nights. What an earlier night has done
// takes no room of it. Nobody loses by it: who is warned later has the whole time of the warnings
// from then on.

const (
	// mostActs bounds how many people a night warns, how many stops it proposes and how many it
	// only reports, each. It is what fits into the time that a night has.
	mostActs = 5_000
	// mostNotes bounds what else it remembers: the sessions of people who stay signed in.
	mostNotes = 50_000
)

// act is one account about which something is to be done tonight.
type act struct {
	account  idle.Account
	decision idle.Decision
	before   idle.Memory
}

// agenda is what a night is to do.
type agenda struct {
	night *night
	acts  []act
	notes []account.Note
	// room is how much more of each action the night does; to leave an account is to say so, or to
	// bring up to date what was proposed.
	room map[idle.Action]int
	// recent are the targets that count for the brake already, fresh how many stops are wanted
	// besides them and besides those that are under way.
	recent map[string]bool
	fresh  int
	// answered are the slots of stops, or of reports, that need not be proposed: they are under way,
	// or were denied, left undecided or reported not long ago.
	answered map[string]bool
	// live are the stops that are under way, and waiting those of them that wait from earlier nights
	// and were not met in the listing yet, by their slots. Met says by their targets why they do not
	// follow any more.
	live, waiting map[string]change.Change
	met           map[string]met
}

// met is what is known of a stop that waits: when it was proposed, and why it does not follow any
// more, unless it does.
type met struct {
	proposed time.Time
	why      string
}

// newAgenda returns an agenda with room for so many of each action.
func (n *night) newAgenda(ctx context.Context, most int) (*agenda, error) {
	g := &agenda{
		night: n, recent: map[string]bool{}, live: map[string]change.Change{}, waiting: map[string]change.Change{}, met: map[string]met{},
		room: map[idle.Action]int{idle.Warn: most, idle.Stop: most, idle.Report: most, idle.Leave: most},
	}
	braked, err := n.ledger.Braked(ctx, change.AccountDisable)
	if err != nil {
		return nil, err
	}
	for target := range braked {
		if system, _ := account.Split(target); system == n.name {
			g.recent[target] = true // each system has a brake of its own
		}
	}
	// People may have had all their time to decide, and once more where the policy asked for others.
	within := n.requirement().Deadline(time.Time{}).Sub(time.Time{})
	if g.answered, err = n.ledger.Answered(ctx, n.stop(&idle.Account{}, idle.Decision{}), n.at.Add(-idle.KeepFor-2*within)); err != nil {
		return nil, err
	}
	live, err := n.ledger.LiveOf(ctx, change.AccountDisable)
	if err != nil {
		return nil, err
	}
	for _, c := range live {
		system, _ := account.Split(c.Target.ID)
		if system != n.name {
			continue
		}
		slot, _, _ := change.SlotOf(c.ID)
		g.live[slot] = c
		if c.Requester.Kind == change.ByRule && c.State != change.Applying {
			g.waiting[slot], g.met[c.Target.ID] = c, met{proposed: c.Proposed, why: noReason}
		}
	}
	return g, nil
}

// take counts one account, and keeps what is to be done about it.
func (g *agenda) take(a *idle.Account, d idle.Decision, before idle.Memory) {
	if len(g.met) > 0 {
		target := account.Name(g.night.name, a.ID)
		if m, ok := g.met[target]; ok {
			m.why = ended(d, m.proposed)
			g.met[target] = m
		}
	}
	due, room := d.Action != idle.Leave, d.Action
	if d.Action == idle.Stop || d.Action == idle.Report {
		p := g.night.stop(a, d)
		if d.Action == idle.Stop {
			delete(g.waiting, p.Slot())
		}
		if g.answers(p) {
			due, room = g.renews(p), idle.Leave
		} else if d.Action == idle.Stop && !g.recent[p.Target.ID] {
			g.fresh++
		}
	}
	switch due = due || d.Ended || d.Void || d.Moved; {
	case due && g.room[room] == 0:
		g.night.run.Postpone()
		d.Action, d.Ended, d.Void, d.Moved = idle.Leave, false, false, false
	case due:
		g.room[room]--
		g.acts = append(g.acts, act{kept(a), d, before})
	case d.Remember && len(g.notes) < mostNotes:
		g.notes = append(g.notes, account.Note{ID: a.ID, Before: before, After: d.Next})
	}
	g.night.run.Add(a, d)
}

// answers reports whether a change of an earlier night answers a proposal.
func (g *agenda) answers(p change.Proposal) bool {
	c, live := g.live[p.Slot()]
	return g.answered[p.Slot()] || live && c.Holds(p, g.night.at)
}

// renews reports whether what waits for people is to say what a proposal says now.
func (g *agenda) renews(p change.Proposal) bool {
	c, live := g.live[p.Slot()]
	if !live {
		return false
	}
	p.Policy = g.night.policy.Hash
	return c.Renewed(p, rule) != nil
}

// kept is what a night still needs of an account when the listing has gone on: how it was used is
// judged by then.
func kept(a *idle.Account) idle.Account {
	return idle.Account{ID: a.ID, Email: a.Email, Name: a.Name, Roles: slices.Clone(a.Roles)}
}

// noReason is why a stop is not wanted any more that an earlier night proposed, where nothing better
// is known.
const noReason = "the latest listing gives no reason for it any more"

// ended says why a stop that waits does not follow from what is decided about its account now.
func ended(d idle.Decision, proposed time.Time) string {
	switch {
	case d.Last.At.After(proposed):
		return "it is in use again"
	case d.Why != "":
		return string(d.Why)
	case d.Action == idle.Report:
		return "the policy only wants it known by now"
	}
	return noReason
}

// stale are the stops that wait and that the listing gives no reason for, by their ids, and for each
// why that is so.
func (g *agenda) stale() map[string]string {
	out := map[string]string{}
	for _, c := range g.waiting {
		out[c.ID] = g.met[c.Target.ID].why
	}
	return out
}
