package accountaction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// An account that was given back otherwise than by its stop's own message is in use: the stop counts as taken
// back by what gave it back, so that nobody is offered it once more. A stop that came later stands.
func TestAStopThatWasOvertakenIsTakenBack(t *testing.T) {
	who := group.Person{ID: "2", Email: "away@example.com"}
	for name, test := range map[string]struct {
		by   func(*desks, string) change.Change
		ends change.State // of what gave it back, if it is not carried out
		then bool         // it is stopped again, and what gave it back is told once more
	}{
		"by a request": {by: func(d *desks, _ string) change.Change { return d.until(d.ask(who, "User", change.Ask)) }},
		"by an administrator, and asked for": {by: func(d *desks, _ string) change.Change {
			if err := d.looker.SetDisabled(who.Email, false); err != nil {
				d.TB.Fatal(err)
			}
			return d.until(d.ask(who, "User", change.Ask))
		}},
		"by a proposal of its own": {by: func(d *desks, id string) change.Change {
			return d.carry(change.AccountEnable, id, "")
		}},
		"by an administrator, before a proposal is carried out": {by: func(d *desks, id string) change.Change {
			if err := d.looker.SetDisabled(who.Email, false); err != nil {
				d.TB.Fatal(err)
			}
			return d.carry(change.AccountEnable, id, "")
		}, ends: change.Withdrawn},
		"and stopped again": {by: func(d *desks, _ string) change.Change { return d.until(d.ask(who, "User", change.Ask)) }, then: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.under(`inactivity: {looker: {after: 180d, mode: auto}, requests: {looker: {roles: [User], mode: ask}}}`)
			d.people()
			if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{who}, d.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			u, _ := d.looker.User(who.Email)
			stop := d.carry(change.AccountDisable, u.ID, "")
			if stop.State != change.Applied || !stop.Reversible(d.Clock.Now()) {
				t.Fatalf("the stop is %s, %s", stop.State, stop.Problem)
			}
			d.Clock.Advance(time.Hour)
			back := test.by(d, u.ID)
			stands := func(id string) change.Change {
				c, err := d.ledger.Get(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			ends := test.ends
			if ends == "" {
				ends = change.Applied
			}
			if now := stands(stop.ID); back.State != ends || now.State != change.Undone || now.UndoneBy != back.ID {
				t.Errorf("%s, %s; the stop is %s, by %q, want it undone by %q", back.State, back.Problem, now.State, now.UndoneBy, back.ID)
			}
			if !test.then {
				return
			}
			d.Clock.Advance(time.Hour)
			again := d.decided(change.Proposal{
				Kind: change.AccountDisable, Target: stop.Target, Diff: slices.Clone(stop.Diff), Reason: "again",
				Requester: change.Actor{Kind: change.ByFunction, ID: "test"}, Requirement: change.Requirement{Mode: change.Auto},
			})
			if again = d.until(again); again.State != change.Applied {
				t.Fatalf("the second stop is %s, %s", again.State, again.Problem)
			}
			d.carryOut(back)
			if now := stands(again.ID); now.State != change.Applied {
				t.Errorf("the later stop is %s", now.State)
			}
		})
	}
}
