package inactivitysweep

import (
	"strconv"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// An agenda has room for so much of each kind. What is left over is counted as that, and nothing
// of it is remembered, so that the next night finds it as this one did.
func TestAnAgendaHasRoomForSoMuch(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	judge, err := idle.NewJudge(idle.Rule{After: 180 * 24 * time.Hour, Mode: change.Ask}, idle.Directory{}, at)
	if err != nil {
		t.Fatal(err)
	}
	n := &night{name: "looker", at: at, run: judge.NewRun()}
	g := &agenda{
		night: n, recent: map[string]bool{"looker:2": true}, waiting: map[string]change.Change{"of somebody who is back": {ID: "x-1"}},
		room: map[idle.Action]int{idle.Warn: 2, idle.Stop: 3, idle.Report: 0, idle.Leave: 1},
	}
	n.agenda = g
	next := idle.Memory{Active: at}
	take := func(id int, d idle.Decision) {
		g.take(&idle.Account{ID: strconv.Itoa(id), Email: "u@example.com", Sessions: []idle.Session{{}}}, d, idle.Memory{})
	}
	for i := range 5 {
		take(i, idle.Decision{Action: idle.Warn, Step: time.Hour, Next: next, Remember: true})
		take(i, idle.Decision{Action: idle.Stop, Verdict: idle.Idle})
		take(i, idle.Decision{Action: idle.Report})
		take(i, idle.Decision{Ended: true, Next: next, Remember: true})
		take(i, idle.Decision{Next: next, Remember: true})
		take(i, idle.Decision{})
	}
	got := map[idle.Action]int{}
	for _, a := range g.acts {
		got[a.decision.Action]++
		if len(a.account.Sessions) > 0 {
			t.Error("more is kept of an account than a night needs")
		}
	}
	if got[idle.Warn] != 2 || got[idle.Stop] != 3 || got[idle.Report] != 0 || got[idle.Leave] != 1 || len(g.notes) != 5 {
		t.Errorf("acts %v, notes %d", got, len(g.notes))
	}
	if g.fresh != 4 {
		t.Errorf("%d stops are new, want 4", g.fresh)
	}
	s := n.run.Summary()
	if s.Postponed != 3+2+5+4 || s.Warned["1h0m0s"] != 2 || s.Stops != 3 || s.Ended != 1 {
		t.Errorf("postponed %d, warned %v, stops %d, ended %d", s.Postponed, s.Warned, s.Stops, s.Ended)
	}
	if _, ok := g.stale()["x-1"]; !ok || len(g.stale()) != 1 {
		t.Errorf("stale %v", g.stale())
	}
}

// What earlier nights have proposed or reported takes no room: all accounts come to their turn,
// however many there are.
func TestEveryAccountComesToItsTurn(t *testing.T) {
	const most, accounts = 3, 10
	for _, mode := range []change.Mode{change.Report, change.Ask} {
		at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
		db, err := embedded.Open("", func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		h := &handler{ledger: ledger.New(db.Store(), db.Bus(), func() time.Time { return at }), mirror: mirror.New(db.Store()), policy: &policyfile.Policy{}}
		used := at.AddDate(-1, 0, 0)
		for nth, want := range []struct{ all, postponed, moved int }{{3, 7, 0}, {6, 4, 0}, {9, 1, 0}, {10, 0, 0}, {10, 0, 0}, {10, 0, 2}} {
			rule := idle.Rule{After: 180 * 24 * time.Hour, Mode: mode, Channel: "#it"}
			judge, err := idle.NewJudge(rule, idle.Directory{}, at)
			if err != nil {
				t.Fatal(err)
			}
			n := &night{handler: h, name: "looker", rule: rule, at: at, run: judge.NewRun()}
			if n.agenda, err = n.newAgenda(t.Context(), most); err != nil {
				t.Fatal(err)
			}
			for i := range accounts {
				a := idle.Account{ID: strconv.Itoa(i), Email: "u@example.com", Credentials: []idle.Credential{{Kind: idle.Google, Used: used}}}
				d := judge.Decide(&a, idle.Memory{})
				d.Moved = i < want.moved // what its person was told is taken back all the same
				n.agenda.take(&a, d, idle.Memory{})
			}
			if err := n.proposeAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			all, err := h.ledger.Since(t.Context(), change.AccountDisable, used)
			if err != nil || len(all) != want.all || n.run.Summary().Postponed != want.postponed {
				t.Errorf("mode %s, night %d: %d proposed by then, %d postponed, %v; want %+v", mode, nth, len(all), n.run.Summary().Postponed, err, want)
			}
			moved := 0
			for _, a := range n.agenda.acts {
				if a.decision.Moved {
					moved++
				}
			}
			if moved != want.moved {
				t.Errorf("mode %s, night %d: of %d people what they were told is taken back, want %d", mode, nth, moved, want.moved)
			}
			at = at.AddDate(0, 0, 1)
		}
	}
}

// A stop that waits stays as long as the listing gives the same reason for it, also where the night
// has no room for more.
func TestAStopThatWaitsStays(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	judge, err := idle.NewJudge(idle.Rule{After: 180 * 24 * time.Hour, Mode: change.Ask}, idle.Directory{}, at)
	if err != nil {
		t.Fatal(err)
	}
	n := &night{name: "looker", at: at, run: judge.NewRun()}
	a := idle.Account{ID: "7", Email: "u@example.com", Roles: []string{"User"}}
	d := idle.Decision{Action: idle.Stop, Last: idle.Activity{At: at.AddDate(-1, 0, 0)}}
	p := n.stop(&a, d)
	c := change.Change{ID: "x-1", Target: p.Target}
	for name, test := range map[string]struct {
		change func(*idle.Account, *idle.Decision)
		why    string // empty where it stays
	}{
		"the same":       {func(*idle.Account, *idle.Decision) {}, ""},
		"another role":   {func(a *idle.Account, _ *idle.Decision) { a.Roles = []string{"Admin"} }, noReason},
		"another day":    {func(_ *idle.Account, d *idle.Decision) { d.Last.At = at.AddDate(-1, 0, 1) }, noReason},
		"used since":     {func(_ *idle.Account, d *idle.Decision) { d.Action, d.Last.At = idle.Leave, at.Add(1) }, "it is in use again"},
		"another action": {func(_ *idle.Account, d *idle.Decision) { d.Action = idle.Leave }, noReason},
		"only reported":  {func(_ *idle.Account, d *idle.Decision) { d.Action = idle.Report }, "the policy only wants it known by now"},
		"spared":         {func(_ *idle.Account, d *idle.Decision) { d.Action, d.Why = idle.Leave, idle.SparedRole }, string(idle.SparedRole)},
		"another person": {func(a *idle.Account, _ *idle.Decision) { a.ID = "8" }, noReason},
	} {
		g := &agenda{
			night: n, room: map[idle.Action]int{},
			waiting: map[string]change.Change{p.Slot(): c}, met: map[string]met{c.Target.ID: {proposed: at, why: noReason}},
		}
		account, decision := a, d
		test.change(&account, &decision)
		g.take(&account, decision, idle.Memory{})
		why, stale := g.stale()[c.ID]
		if stale != (test.why != "") || why != test.why {
			t.Errorf("%s: stale %t: %s, want %s", name, stale, why, test.why)
		}
	}
}
