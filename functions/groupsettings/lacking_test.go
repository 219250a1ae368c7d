package groupsettings_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// This file has an answer of Google's without the field that a rule is about, once. It says nothing about the
// group, and changes nothing that holds.

// lacks has answers lack a field until the function that it returns is called.
func (r *tenant) lacks(field string) (again func()) {
	before := r.Outbound
	r.Outbound = rewrite{before, `"` + field + `"`, `"` + field + `s"`}
	r.handler = r.Build(groupsettings.Function)
	return func() { r.Outbound = before; r.handler = r.Build(groupsettings.Function) }
}

// tried has a person try a change again that failed.
func (r *tenant) tried(tb testing.TB, c change.Change) change.Change {
	tb.Helper()
	return r.press(tb, c, change.Retry{By: r.person(tb, "root@example.com"), Revision: c.Revision, Counts: []change.Selector{change.Approvers}})
}

func TestACorrectionIsNotWithdrawnByAnAnswerWithoutTheField(t *testing.T) {
	for _, mode := range []string{"auto", "ask"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), strings.Replace(viewRule, "mode: auto", "mode: "+mode, 1))
			r.check("open@example.com")
			c := r.only(t, "open@example.com")
			if mode == "ask" {
				c = r.press(t, c, change.Approve{By: r.person(t, "root@example.com"), Revision: c.Revision, Counts: []change.Selector{change.Approvers}})
			}
			again := r.lacks("whoCanViewGroup")
			if c = r.carry(t, c); c.State != change.Failed || !strings.Contains(c.Problem, "has no whoCanViewGroup") {
				t.Fatalf("after all attempts the change is %s: %s", c.State, c.Problem)
			}
			again()
			if c = r.carry(t, r.tried(t, c)); c.State != change.Applied {
				t.Errorf("the change is %s: %s", c.State, c.Problem)
			}
		})
	}
}

func TestAnUndoIsNotWithdrawnByAnAnswerWithoutTheField(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	undo := r.undone(t)
	again := r.lacks("whoCanViewGroup")
	if undo = r.carry(t, undo); undo.State != change.Failed {
		t.Fatalf("after all attempts the undo is %s: %s", undo.State, undo.Problem)
	}
	again()
	if undo = r.carry(t, r.tried(t, undo)); undo.State != change.Applied {
		t.Errorf("the undo is %s: %s", undo.State, undo.Problem)
	}
}

func TestADenialHoldsAfterAnAnswerWithoutTheField(t *testing.T) {
	for _, mode := range []string{"auto", "ask"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := open(t, cloudfntest.New(t), strings.Replace(viewRule, "mode: auto", "mode: "+mode, 1))
			r.check("open@example.com")
			c := r.only(t, "open@example.com")
			r.press(t, c, change.Deny{By: r.person(t, "root@example.com"), Revision: c.Revision, Counts: []change.Selector{change.Approvers}})
			again := r.lacks("whoCanViewGroup")
			for range 2 {
				r.Clock.Advance(time.Hour)
				r.check("open@example.com")
				again()
			}
			for _, other := range r.changes(t, "open@example.com") {
				if other.ID != c.ID && other.State != change.Reported && other.State != change.Withdrawn {
					t.Errorf("denied two hours ago, and now %s %v", other.State, other.Diff)
				}
			}
		})
	}
}

func TestTheBrakeHoldsAfterAnAnswerWithoutTheField(t *testing.T) {
	both := strings.Replace(rules("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_OWNERS_CAN_VIEW"), "needles: ['ANYONE_CAN_VIEW']", "needles: [ANYONE_CAN_VIEW, ALL_MEMBERS_CAN_VIEW]", 1)
	r := open(t, cloudfntest.New(t), both+"  brake: {max: 1}\n")
	r.check("open@example.com")
	r.check("closed@example.com")
	held := func() bool {
		t.Helper()
		s, err := r.mirror.Settings(t.Context(), r.ids["closed@example.com"])
		if err != nil {
			t.Fatal(err)
		}
		return s.Held
	}
	if !held() {
		t.Fatal("nothing is held")
	}
	r.Clock.Advance(48 * time.Hour)
	again := r.lacks("whoCanViewGroup")
	for range 2 {
		r.check("closed@example.com")
		r.Clock.Advance(time.Minute)
		again()
		if !held() {
			t.Error("it is not held any more, and nobody has agreed")
		}
	}
	for _, c := range r.changes(t, "closed@example.com") {
		if c.Requirement.Mode == change.Auto {
			t.Errorf("nobody has agreed to %s, which is %s", c.ID, c.State)
		}
	}
}

// Who sets one forbidden value after another does not put off when people decide, or that it is escalated.
func TestAnotherForbiddenValueDoesNotPutTheDecisionOff(t *testing.T) {
	r := open(t, cloudfntest.New(t), strings.Replace(viewRule, "mode: auto", "mode: ask", 1))
	r.check("open@example.com")
	first := r.only(t, "open@example.com")
	for i, value := range []string{"ALL_IN_DOMAIN_CAN_VIEW", "ANYONE_CAN_VIEW"} {
		r.Clock.Advance(3 * 24 * time.Hour)
		if err := r.workspace.SetSetting("open@example.com", "whoCanViewGroup", value, "ken@example.com"); err != nil {
			t.Fatal(err)
		}
		if status := r.check("open@example.com"); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		c := r.only(t, "open@example.com")
		if c.Revision != first.Revision+i+1 || c.Diff[0].Before != value {
			t.Errorf("people are shown %+v in revision %d", c.Diff, c.Revision)
		}
		if !c.Deadline().Equal(first.Deadline()) {
			t.Errorf("they have until %s, and had until %s", c.Deadline(), first.Deadline())
		}
	}
}

// An undo that people approved in a secure group holds there.
func TestAnUndoInASecureGroup(t *testing.T) {
	policy := strings.Replace(strings.Replace(viewRule, "  mode: auto\n", "  mode: auto\n  anchor: secure_anchor@example.com\n", 1), "general:", "secureGroup:", 1)
	r := open(t, cloudfntest.New(t), policy)
	anchor := group.Member{ID: "anchor", Email: "secure_anchor@example.com", Role: group.Plain, Type: group.User}
	s, err := r.mirror.Snapshot(t.Context(), r.ids["open@example.com"])
	if err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Second)
	s.Read, s.Members = r.Clock.Now(), append(s.Members, anchor)
	if _, err := r.mirror.Replace(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	undo := r.carry(t, r.undone(t))
	if undo.State != change.Applied {
		t.Fatalf("the undo is %s: %s", undo.State, undo.Problem)
	}
	r.Clock.Advance(time.Hour)
	r.check("open@example.com")
	if all := r.changes(t, "open@example.com"); len(all) != 2 {
		t.Errorf("it is corrected again: %+v", all[len(all)-1].Diff)
	}
}
