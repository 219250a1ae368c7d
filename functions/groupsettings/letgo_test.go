package groupsettings_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A correction may wait long for its turn: what the policy asks for then is what counts.
func TestACorrectionThatPolicyWantsOtherwiseByNow(t *testing.T) {
	for _, mode := range []string{"report", "ask"} {
		for name, checked := range map[string]bool{"checked again": true, "its turn comes": false} {
			t.Run(mode+", "+name, func(t *testing.T) {
				r := open(t, cloudfntest.New(t), viewRule)
				r.check("open@example.com")
				c := r.only(t, "open@example.com")
				r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(strings.Replace(viewRule, "mode: auto", "mode: "+mode, 1))}}
				r.handler = r.Build(groupsettings.Function)
				if checked {
					r.check("open@example.com")
				}
				r.Calls.Made()
				got := r.carry(t, c)
				if p := r.patches(t); len(p) != 0 || got.State != change.Withdrawn {
					t.Errorf("patched %v, the change is %s: %s", p, got.State, got.Problem)
				}
				all, err := r.ledger.Live(t.Context(), change.GroupSettings, r.ids["open@example.com"])
				if waits := len(all) == 1 && all[0].State == change.Proposed; err != nil || waits != (checked && mode == "ask") {
					t.Errorf("under way: %+v, %v", all, err)
				}
			})
		}
	}
}

// hold has the mirror know a group as one that the brake holds.
func (r *tenant) hold(t *testing.T, address string) {
	t.Helper()
	err := r.mirror.UpdateSettings(t.Context(), r.ids[address], func(s *mirror.Settings) {
		s.Values, s.Held, s.Read = map[string]string{"email": address, "whoCanViewGroup": "ANYONE_CAN_VIEW"}, true, r.Clock.Now()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plan has a plan made of what is held, and returns the newest one.
func (r *tenant) plan(t *testing.T) change.Change {
	t.Helper()
	if s := r.Do(r.handler, r.Envelope(event.PlanCorrections{})); s != http.StatusOK {
		t.Fatalf("status %d\n%s", s, r.Log)
	}
	all, err := r.ledger.Of(t.Context(), change.GroupSettingsPlan, "held-groups")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d plans, %v", len(all), err)
	}
	return all[len(all)-1]
}

// What two people have agreed to is done, whatever else is held while it waits for its turn.
func TestAPlanThatPeopleAgreedToIsDone(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule+"  brake: {max: 1}\n")
	r.hold(t, "open@example.com")
	agreed := r.plan(t)
	for _, who := range []string{"ken@example.com", "root@example.com"} {
		p, err := r.mirror.PersonAt(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		agreed, err = r.ledger.Apply(t.Context(), agreed.ID, change.Approve{
			By: change.Actor{Kind: change.ByPerson, ID: p.ID}, Revision: agreed.Revision, Counts: []change.Selector{agreed.Requirement.Needs[0].From},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Clock.Advance(20 * time.Second)
	r.hold(t, "closed@example.com")
	other := r.plan(t)
	if other.ID == agreed.ID || len(other.Diff) != 1 || !strings.HasPrefix(other.Diff[0].Field, "closed@example.com ") {
		t.Errorf("the other plan is %s: %+v", other.State, other.Diff)
	}
	if got := r.carry(t, agreed); got.State != change.Applied {
		t.Errorf("what people agreed to is %s: %s", got.State, got.Problem)
	}
}

// A plan lets a correction through in two steps: a check in between leaves it alone, and does not
// hold the group again.
func TestACheckWhileAPlanIsCarriedOut(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule+"  brake: {max: 1}\n")
	r.check("open@example.com") // proposes the correction, as the plan does
	c := r.only(t, "open@example.com")
	r.hold(t, "open@example.com")
	r.check("open@example.com")
	s, err := r.mirror.Settings(t.Context(), r.ids["open@example.com"])
	if err != nil || s.Held {
		t.Errorf("held %t, %v", s.Held, err)
	}
	if got := r.carry(t, c); got.State != change.Applied {
		t.Errorf("the correction that people let through is %s: %s", got.State, got.Problem)
	}
}

// Past the brake a correction is neither made nor asked for: its group is held, and stays so the next day, until two
// people let the plan of all that are held go.
func TestTheBrakeHoldsACorrection(t *testing.T) {
	r := open(t, cloudfntest.New(t), strings.Replace(rules("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_OWNERS_CAN_VIEW"),
		"needles: ['ANYONE_CAN_VIEW']", "needles: [ANYONE_CAN_VIEW, ALL_MEMBERS_CAN_VIEW]", 1)+"  brake: {max: 1}\n")
	check := func(address string, changes int, held bool) {
		t.Helper()
		if status := r.check(address); status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", address, status, r.Log)
		}
		s, err := r.mirror.Settings(t.Context(), r.ids[address])
		if all := r.changes(t, address); err != nil || len(all) != changes || s.Held != held {
			t.Errorf("%s: %d changes, held %t, %v; want %d and %t", address, len(all), s.Held, err, changes, held)
		}
	}
	check("open@example.com", 1, false)
	check("closed@example.com", 0, true)
	if c := r.carry(t, r.only(t, "open@example.com")); c.State != change.Applied {
		t.Fatalf("within the brake it is %s: %s", c.State, c.Problem)
	}
	r.Clock.Advance(48 * time.Hour)
	check("closed@example.com", 0, true)
	p := r.plan(t)
	if p.State != change.Proposed || p.Requirement.Needs[0].Count != 2 || len(p.Diff) != 1 || !strings.HasPrefix(p.Diff[0].Field, "closed@example.com ") {
		t.Errorf("the plan is %s, needs %+v: %+v", p.State, p.Requirement.Needs, p.Diff)
	}
}
