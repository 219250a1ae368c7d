package groupsettings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file has groups of which one field is not known, and what people have said of the others.

// joinRule is a second rule besides that of whoCanViewGroup.
const joinRule = "      - {field: whoCanJoin, needles: [ANYONE_CAN_JOIN], replace: INVITED_CAN_JOIN}\n"

// asks returns a policy that asks people, or one that does not.
func asks(mode, policy string) string { return strings.Replace(policy, "mode: auto", "mode: "+mode, 1) }

// denied checks a group and has what is proposed for it denied, of which there is one.
func (r *tenant) denied(tb testing.TB, address string) change.Change {
	tb.Helper()
	r.check(address)
	var proposed []change.Change
	for _, c := range r.changes(tb, address) {
		if c.State == change.Proposed || c.State == change.Approved {
			proposed = append(proposed, c)
		}
	}
	if len(proposed) != 1 {
		tb.Fatalf("%d changes can be denied", len(proposed))
	}
	c := proposed[0]
	return r.press(tb, c, change.Deny{By: r.person(tb, "root@example.com"), Revision: c.Revision, Counts: []change.Selector{change.Approvers}})
}

// unanswered returns what is proposed or done about a group besides one change.
func (r *tenant) unanswered(tb testing.TB, address string, besides change.Change) (out []change.Change) {
	tb.Helper()
	for _, c := range r.changes(tb, address) {
		if c.ID != besides.ID && c.State != change.Reported && c.State != change.Withdrawn {
			out = append(out, c)
		}
	}
	return out
}

// A denial is about all fields of a correction. An answer that lacks one of them, or one that only follows, makes
// no other correction of it.
func TestADenialHoldsAfterAnAnswerWithoutOneOfItsFields(t *testing.T) {
	for name, of := range map[string]struct{ policy, lacks string }{
		"of a rule":         {viewRule + joinRule, "whoCanViewGroup"},
		"one that follows":  {rules("whoCanDiscoverGroup", "ANYONE_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"), "whoCanViewMembership"},
		"of the other rule": {viewRule + joinRule, "whoCanJoin"},
	} {
		for _, mode := range []string{"auto", "ask"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				r := open(t, cloudfntest.New(t), asks(mode, of.policy))
				c := r.denied(t, "open@example.com")
				again := r.lacks(of.lacks)
				for range 2 {
					r.Clock.Advance(time.Hour)
					r.check("open@example.com")
					for _, other := range r.unanswered(t, "open@example.com", c) {
						t.Errorf("denied lately, and now %s %v", other.State, other.Diff)
					}
					again()
				}
			})
		}
	}
}

// What is known of one field is judged, whatever another one is.
func TestAnUnknownFieldDoesNotAnswerForAnother(t *testing.T) {
	r := open(t, cloudfntest.New(t), asks("ask", viewRule+joinRule))
	r.lacks("whoCanViewGroup") // for good
	c := r.denied(t, "open@example.com")
	for _, v := range []string{"INVITED_CAN_JOIN", "ANYONE_CAN_JOIN"} {
		r.Clock.Advance(time.Hour)
		if err := r.workspace.SetSetting("open@example.com", "whoCanJoin", v, "ken@example.com"); err != nil {
			t.Fatal(err)
		}
		r.check("open@example.com")
	}
	if asked := r.unanswered(t, "open@example.com", c); len(asked) != 1 || asked[0].State != change.Proposed {
		t.Errorf("it was mended and broken again, and people are asked %+v", asked)
	}
}

// A brake that held one field lets go when that is mended, whatever another one is.
func TestAnUnknownFieldDoesNotHoldAnother(t *testing.T) {
	policy := strings.Replace(rules("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"), "general:\n",
		"general:\n      - {field: whoCanViewGroup, needles: [ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}\n", 1)
	r := open(t, cloudfntest.New(t), policy+"  brake: {max: 1}\n")
	r.check("open@example.com")
	set := func(v string) (held bool) {
		t.Helper()
		r.Clock.Advance(time.Hour)
		if err := r.workspace.SetSetting("closed@example.com", "whoCanJoin", v, "ken@example.com"); err != nil {
			t.Fatal(err)
		}
		r.check("closed@example.com")
		s, err := r.mirror.Settings(t.Context(), r.ids["closed@example.com"])
		if err != nil {
			t.Fatal(err)
		}
		return s.Held
	}
	if !set("ANYONE_CAN_JOIN") {
		t.Fatal("the brake holds nothing")
	}
	before := r.Outbound
	r.Outbound = rewrite{before, `"ALL_MEMBERS_CAN_VIEW"`, `"SOME_CAN_VIEW"`} // for good
	r.handler = r.Build(groupsettings.Function)
	if set("INVITED_CAN_JOIN") {
		t.Error("it is held though it is mended")
	}
	r.Clock.Advance(72 * time.Hour)
	if set("ANYONE_CAN_JOIN") {
		t.Error("it is held though there is room")
	}
}

// A field that stays unknown does not make the record longer with every check.
func TestWhatIsOpenDoesNotGrow(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	r.check("open@example.com")
	r.Outbound = rewrite{r.Outbound, `"ANYONE_CAN_VIEW"`, `"SOME_CAN_VIEW"`}
	r.handler = r.Build(groupsettings.Function)
	for range 20 {
		r.Clock.Advance(time.Hour)
		r.check("open@example.com")
	}
	s, err := r.mirror.Settings(t.Context(), r.ids["open@example.com"])
	if err != nil || len(s.Open) != 2 {
		t.Errorf("%d are open: %v, %v", len(s.Open), s.Open, err)
	}
}

// Whoever sets another forbidden value shortly before people's time is over does not have it left alone for
// [Quiet] without anybody having seen it.
func TestAForbiddenValueOfTheLastMinuteIsAskedAboutAgain(t *testing.T) {
	for _, before := range []time.Duration{time.Minute, 25 * time.Hour} {
		r := open(t, cloudfntest.New(t), asks("ask", viewRule))
		if err := r.workspace.SetSetting("open@example.com", "whoCanViewGroup", "ALL_IN_DOMAIN_CAN_VIEW", "ken@example.com"); err != nil {
			t.Fatal(err)
		}
		r.check("open@example.com")
		c := r.only(t, "open@example.com")
		r.Clock.Advance(c.Deadline().Sub(r.Clock.Now()) - before)
		if err := r.workspace.SetSetting("open@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "ken@example.com"); err != nil {
			t.Fatal(err)
		}
		r.check("open@example.com")
		r.Clock.Advance(before)
		c = r.press(t, r.only(t, "open@example.com"), change.Expire{By: change.Actor{Kind: change.ByFunction, ID: "changesweep"}})
		r.Clock.Advance(24 * time.Hour)
		r.check("open@example.com")
		if asked := r.unanswered(t, "open@example.com", c); c.State != change.Expired || (len(asked) == 1) != (before == time.Minute) {
			t.Errorf("seen for %s: %s, and asked again %d times", before, c.State, len(asked))
		}
	}
}

// closedHeld is a tenant in which the brake holds one group.
func closedHeld(t *testing.T) *tenant {
	t.Helper()
	both := strings.Replace(rules("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_OWNERS_CAN_VIEW"), "needles: ['ANYONE_CAN_VIEW']", "needles: [ANYONE_CAN_VIEW, ALL_MEMBERS_CAN_VIEW]", 1)
	r := open(t, cloudfntest.New(t), both+"  brake: {max: 1}\n")
	r.check("open@example.com")
	r.check("closed@example.com")
	return r
}

// agrees has one more person approve a plan.
func (r *tenant) agrees(t *testing.T, c change.Change, who string) change.Change {
	t.Helper()
	p, err := r.mirror.PersonAt(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return r.press(t, c, change.Approve{By: change.Actor{Kind: change.ByPerson, ID: p.ID}, Revision: c.Revision, Counts: []change.Selector{c.Requirement.Needs[0].From}})
}

// What one person has agreed to, and what two have, is still the plan after an answer that lacks the field.
func TestAPlanOutlivesAnAnswerWithoutTheField(t *testing.T) {
	for agreed, people := range [][]string{{}, {"ken@example.com"}, {"ken@example.com", "root@example.com"}} {
		r := closedHeld(t)
		p := r.plan(t)
		for _, who := range people {
			p = r.agrees(t, p, who)
		}
		again := r.lacks("whoCanViewGroup")
		r.Clock.Advance(time.Minute)
		r.check("closed@example.com")
		if agreed < 2 {
			r.plan(t)
			if now, err := r.ledger.Get(t.Context(), p.ID); err != nil || now.State != change.Proposed || len(now.Decisions) != agreed {
				t.Errorf("%d agreed: it is %s with %d decisions, %v", agreed, now.State, len(now.Decisions), err)
			}
			continue
		}
		p = r.carry(t, p)
		again()
		s, err := r.mirror.Settings(t.Context(), r.ids["closed@example.com"])
		if p.State != change.Applied || s.Held || len(r.unanswered(t, "closed@example.com", p)) != 1 {
			t.Errorf("two agreed: it is %s, held %t, %v: %+v", p.State, s.Held, err, r.changes(t, "closed@example.com"))
		}
	}
}
