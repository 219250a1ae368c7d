package accessgrant_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Who may not have access any more loses it, with the reason; whatever is not known takes nothing.
func TestAccessOfWhoMayNotHaveItAnyMore(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(t *testing.T, o *company)
		of      group.Person // who has access
		why     grant.Loss   // empty where it stays
		told    bool         // the person; else the channel
	}{
		"nothing happens": {func(*testing.T, *company) {}, aiko, "", false},
		"out of the group": {func(t *testing.T, o *company) {
			o.members(t, "team", group.Member{ID: "japan", Email: "japan@example.com", Type: group.Nested, Role: group.Plain})
		}, aiko, grant.NoLongerEligible, true},
		"out of a group in the group": {func(t *testing.T, o *company) { o.members(t, "japan") }, fay, grant.NoLongerEligible, true},
		"the group is deleted": {func(t *testing.T, o *company) {
			_, _, err := o.mirror.Remove(t.Context(), "team", o.Clock.Now().Add(time.Second))
			check(t, err)
		}, aiko, grant.NoLongerEligible, true},
		"suspended": {func(t *testing.T, o *company) {
			check(t, o.mirror.PutPeople(t.Context(), []group.Person{{ID: aiko.ID, Email: aiko.Email, Suspended: true}}, o.Clock.Now().Add(time.Second)))
		}, aiko, grant.PersonGone, false},
		"deleted": {func(t *testing.T, o *company) {
			check(t, o.mirror.RemovePerson(t.Context(), aiko.ID, o.Clock.Now().Add(time.Second)))
		}, aiko, grant.PersonGone, false},
		"the directory was not read whole": {func(t *testing.T, o *company) {
			check(t, o.mirror.RemovePerson(t.Context(), aiko.ID, o.Clock.Now().Add(time.Second)))
			check(t, o.mirror.PutCensus(t.Context(), mirror.Census{}))
		}, aiko, "", false},
		"the members of a group in the group were not read": {func(t *testing.T, o *company) {
			_, _, err := o.mirror.Remove(t.Context(), "japan", o.Clock.Now().Add(time.Second))
			check(t, err)
			check(t, o.mirror.PutDetails(t.Context(), []group.Group{{ID: "seoul", Email: "seoul@example.com"}}, o.Clock.Now()))
			o.members(t, "team", group.Member{ID: "seoul", Email: "seoul@example.com", Type: group.Nested, Role: group.Plain})
		}, fay, "", false},
		"the policy has it no longer": {func(_ *testing.T, o *company) {
			o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(strings.ReplaceAll(policyFile, "etl", "other"))}}
			o.handler = o.Build(accessgrant.Function)
		}, aiko, "", false},
		"it has ended": {func(t *testing.T, o *company) {
			o.members(t, "team")
			o.Clock.Advance(time.Hour)
		}, aiko, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			c := o.give(t, test.of, "etl")
			test.happens(t, o)
			had := o.has(test.of)
			for range 2 { // a task may come again
				o.tell(t, event.RecheckAccess{})
			}
			all := o.revocations(t)
			if test.why == "" {
				if len(all) != 0 || o.has(test.of) != had {
					t.Errorf("%d revocations, access %t, was %t", len(all), o.has(test.of), had)
				}
				return
			}
			if len(all) != 1 || all[0].Reason != string(test.why) || all[0].UndoOf != c.ID || all[0].State != change.Approved {
				t.Fatalf("the revocations are %+v", all)
			}
			if told := len(all[0].Concerned) == 1; told != test.told || !told && all[0].Channel != "#sekisho" {
				t.Errorf("told: the people %v, the channel %q", all[0].Concerned, all[0].Channel)
			}
			o.approved(t, all[0])
			if o.has(test.of) || o.state(t, c).State != change.Undone {
				t.Errorf("access %t, the change that gave it is %s", o.has(test.of), o.state(t, c).State)
			}
		})
	}
}

// The night looks whatever the events have told.
func TestTheNightTakesFromWhoMayNotHaveIt(t *testing.T) {
	o := open(t)
	o.give(t, aiko, "etl")
	o.give(t, aiko, "on-call")
	o.members(t, "team")
	o.tell(t, event.Tick{Job: accessgrant.JobClean})
	all := o.revocations(t)
	if len(all) != 2 {
		t.Fatalf("%d revocations, want 2", len(all))
	}
	for _, c := range all {
		o.approved(t, c)
	}
	if o.has(aiko) || o.member(aiko) {
		t.Errorf("has the role %t, is a member %t", o.has(aiko), o.member(aiko))
	}
}

// However many groups change within a minute, access is looked at once for all of them.
func TestGroupsThatChangeAreLookedAtTogether(t *testing.T) {
	o := open(t)
	for _, parts := range [][]string{{"details"}, {"created"}, nil} {
		o.tell(t, event.GroupChanged{ID: "team", Parts: parts})
	}
	if got := o.Queue.Take(event.QueueIAM); len(got) != 0 {
		t.Fatalf("%d tasks for what takes nobody out of a group", len(got))
	}
	o.give(t, fay, "etl")
	o.members(t, "japan")
	for _, part := range []string{"roles", "renamed", "deleted", "members"} {
		o.Clock.Advance(time.Minute)
		o.tell(t, event.GroupChanged{ID: "japan", Parts: []string{"details", part}})
		if part != "members" && len(o.Queue.Take(event.QueueIAM)) != 1 {
			t.Errorf("a group of which the %s changed is not looked at", part)
		}
	}
	for range 5 {
		o.tell(t, event.GroupChanged{ID: "team", Parts: []string{"members"}})
	}
	tasks := o.Queue.Take(event.QueueIAM)
	if len(tasks) != 1 || tasks[0].NotBefore.Sub(o.Clock.Now()) > time.Minute {
		t.Fatalf("the tasks are %+v", tasks)
	}
	if status := o.Do(o.handler, o.Task(tasks[0])); status != 200 || len(o.revocations(t)) != 1 {
		t.Errorf("status %d, %d revocations", status, len(o.revocations(t)))
	}
	o.Policy = fstest.MapFS{}
	o.handler = o.Build(accessgrant.Function)
	o.Clock.Advance(time.Hour)
	o.tell(t, event.GroupChanged{ID: "japan", Parts: []string{"members"}})
	if got := o.Queue.Take(event.QueueIAM); len(got) != 0 {
		t.Errorf("%d tasks where nobody can have access", len(got))
	}
}
