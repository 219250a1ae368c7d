package accountaction_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

const day = 24 * time.Hour

// A stop that people approve, or have tried again, is not made as long as its person is to be warned before it.
func TestAStopWaitsForItsWarnings(t *testing.T) {
	const silent, warning = `inactivity: {looker: {after: 180d, mode: ask, channel: "#x"}}`, `inactivity: {looker: {after: 180d, warn: [14d, 7d, 1d], mode: ask, channel: "#x"}}`
	for name, test := range map[string]struct {
		proposed string
		told     []time.Duration // with the warnings of it, the first of them today
		state    change.State
	}{
		"policy warns since":          {proposed: silent, state: change.Withdrawn},
		"the warnings begin anew":     {proposed: warning, told: []time.Duration{14 * day}, state: change.Withdrawn},
		"policy warns nobody":         {state: change.Applied},
		"everybody has been warned":   {proposed: warning, told: []time.Duration{14 * day, 7 * day, day}, state: change.Applied},
		"the last warning is to come": {proposed: warning, told: []time.Duration{14 * day, 7 * day}, state: change.Withdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.under(silent)
			d.people()
			away, _ := d.looker.User("away@example.com")
			now := d.Clock.Now()
			if len(test.told) > 0 {
				m := idle.Memory{Told: test.told, From: away.Credentials["google"], Stop: now, Begun: now.Truncate(day)}
				if test.state == change.Withdrawn {
					m.Stop = now.Add(test.told[len(test.told)-1])
				}
				if err := account.Update(t.Context(), d.Store, "looker", away.ID, now, func(idle.Memory) idle.Memory { return m }); err != nil {
					t.Fatal(err)
				}
			}
			c := d.decided(change.Proposal{
				Kind: change.AccountDisable, Target: change.Target{ID: account.Name("looker", away.ID), Name: away.Email}, Diff: []change.Delta{{Field: "enabled", After: "false"}},
				Requester: change.Actor{Kind: change.ByRule, ID: "inactivity"}, Requirement: change.Requirement{Mode: change.Ask},
			})
			if test.proposed != "" {
				d.under(warning)
			}
			c = d.carryOut(c)
			if u, _ := d.looker.User(away.Email); c.State != test.state || u.Disabled != (test.state == change.Applied) {
				t.Errorf("%s %q, disabled %t; want %s", c.State, c.Problem, u.Disabled, test.state)
			}
		})
	}
}

// Whoever takes back what policy lets people ask for stops neither the vendor's own people nor a program, also where no
// rule looks after the accounts of the system.
func TestWhomNobodyStops(t *testing.T) {
	for name, test := range map[string]struct {
		is    string
		state change.State
		why   idle.Reason
	}{
		"a person":         {"", change.Applied, ""},
		"the vendor's own": {", staff: true", change.Withdrawn, idle.IsStaff},
		"a program's":      {", service_account: true", change.Withdrawn, idle.IsService},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesksOf(t, `
looker:
  self: sekisho@example.com
  roles: [Admin, Developer, User]
  users:
    - {email: sekisho@example.com, roles: [Admin], created: 2024-01-10T00:00:00Z, credentials: {email: 2026-11-20T00:00:00Z}}
    - {email: stopped@example.com, roles: [User], created: 2024-01-10T00:00:00Z, disabled: true, credentials: {google: 2026-01-01T00:00:00Z}`+test.is+`}
`)
			d.under(requests)
			d.people(stopped)
			undo := d.until(d.undo(d.until(d.ask(stopped, "User", change.Ask))))
			if u, _ := d.looker.User(stopped.Email); undo.State != test.state || undo.Problem != string(test.why) || u.Disabled != (test.why == "") {
				t.Errorf("%s %q, disabled %t; want %s %q", undo.State, undo.Problem, u.Disabled, test.state, test.why)
			}
		})
	}
}
