package slackinteract_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// A queue delivers at least once. What counted and comes again, when its effect has come already and its
// end was not recorded, is not refused for what it did itself.

const selfPolicy = "access:\n  - {name: etl, project: etl-prj-prd, roles: [roles/run.admin], eligible: [user:ken@example.com], max: 2h, approval: self}\n"

// deliver delivers tasks as the queue does.
func (o *office) deliver(t *testing.T, tasks []queue.Task) {
	t.Helper()
	if len(tasks) == 0 {
		t.Fatal("no tasks")
	}
	for _, task := range tasks {
		if status := o.Do(o.handler, o.Task(task)); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, o.Log)
		}
	}
}

// forget loses what became of presses, as where a function ends before it has recorded that.
func (o *office) forget(t *testing.T, tasks []queue.Task) {
	t.Helper()
	presses := store.Collection[json.RawMessage]{Name: "presses"}
	for _, task := range tasks {
		if err := o.Store.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
			return presses.Delete(tx, strings.TrimPrefix(task.Name, "press-"))
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// nobodyIsRefused fails where somebody was told of a refusal, or the trail has one.
func (o *office) nobodyIsRefused(t *testing.T) {
	t.Helper()
	for _, task := range o.Queue.Take(event.QueueSlack) {
		if strings.Contains(string(task.Body), event.SubjectPress) {
			t.Errorf("somebody is told: %s", task.Body)
		}
	}
	for _, line := range o.Audit() {
		if strings.Contains(line, "refused") {
			t.Errorf("audit: %s", line)
		}
	}
}

// given carries out the grant that was asked for last, for as long as it says.
func (o *office) given(t *testing.T, long time.Duration) change.Change {
	t.Helper()
	c := o.latest(t)[0]
	now := o.Clock.Now()
	until := now.Add(long)
	result, err := json.Marshal(grant.Grant{
		ID: c.ID, Entitlement: "etl", Scope: grant.Scope{Kind: grant.Project, Name: "etl-prj-prd"}, Member: "user:ken@example.com",
		Roles: []string{"roles/run.admin"}, Since: now, Until: until,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []change.Action{change.ClaimIt{By: applier, For: time.Minute}, change.Complete{By: applier, Fence: 1, Result: result, Until: until}} {
		if c, err = o.ledger.Apply(t.Context(), c.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// askedForAll has Ken ask for access for as long as can be, and returns the tasks of it.
func askedForAll(t *testing.T) (*office, []queue.Task) {
	t.Helper()
	o := asking(t, selfPolicy)
	o.command(t, "ken@example.com", "/access", "etl")
	o.Clock.Advance(time.Second)
	if out, err := o.slack.Submit(t.Context(), "ken@example.com", map[string]string{"duration": "2h", "reason": "x"}); err != nil || !out.OK() {
		t.Fatalf("%+v, %v", out, err)
	}
	tasks := o.Queue.Take(event.QueuePresses)
	o.deliver(t, tasks)
	return o, tasks
}

func TestARequestThatWasTakenIsNotRefusedWhenItComesAgain(t *testing.T) {
	o, tasks := askedForAll(t)
	o.given(t, 2*time.Hour)
	o.deliver(t, tasks)
	o.nobodyIsRefused(t)
	if all := o.latest(t); len(all) != 1 {
		t.Errorf("%d changes, want 1", len(all))
	}
}

func TestAPressThatCountedIsNotRefusedWhenItComesAgain(t *testing.T) {
	for _, action := range []string{event.ButtonUndo, event.ButtonExtend} {
		t.Run(action, func(t *testing.T) {
			o, _ := askedForAll(t)
			c := o.given(t, time.Hour)
			o.Clock.Advance(time.Minute)
			if status := o.Do(o.handler, o.signed(t, o.payload("ken@example.com", action, c.ID+" 1", nil))); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			tasks := o.Queue.Take(event.QueuePresses)
			o.deliver(t, tasks)
			if all := o.latest(t); len(all) != 2 {
				t.Fatalf("%d changes, want 2", len(all))
			}
			next := o.latest(t)[slices.IndexFunc(o.latest(t), func(other change.Change) bool { return other.ID != c.ID })]
			for _, a := range []change.Action{change.ClaimIt{By: applier, For: time.Minute}, change.Complete{By: applier, Fence: 1}} {
				if _, err := o.ledger.Apply(t.Context(), next.ID, a); err != nil {
					t.Fatal(err)
				}
			}
			o.Clock.Advance(3 * time.Hour) // whatever it was is over
			o.forget(t, tasks)
			o.deliver(t, tasks)
			o.nobodyIsRefused(t)
			if got, _ := o.outcome(t, tasks[0].Name); got != "accepted" {
				t.Errorf("outcome %q, want accepted", got)
			}
		})
	}
}

func TestAPressOnAllThatCountedIsNotRefusedWhenItComesAgain(t *testing.T) {
	o := openOffice(t, cloudfntest.New(t))
	stop := func(account string, requester change.Actor) change.Change {
		c, _, err := o.ledger.Propose(t.Context(), change.Proposal{
			Kind: change.AccountDisable, Target: change.Target{ID: "looker:" + account, Name: account + "@example.com"},
			Diff: []change.Delta{{Field: "enabled", Before: "true", After: "false"}}, Requester: requester, Channel: "#admins", Batch: "night-1",
			Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Approvers}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b := stop("a", rule), stop("b", rule)
	if status := o.Do(o.handler, o.signed(t, o.payload("root@example.com", event.ButtonApproveAll, "night-1 2", nil))); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	tasks := o.Queue.Take(event.QueuePresses)
	o.deliver(t, tasks)
	again := func() {
		t.Helper()
		o.forget(t, tasks)
		o.deliver(t, tasks)
		o.nobodyIsRefused(t)
		if got := []change.State{o.state(t, a).State, o.state(t, b).State}; !slices.Equal(got, []change.State{change.Approved, change.Approved}) {
			t.Errorf("got %v", got)
		}
	}
	again()
	stop("c", rule) // the batch is not the one that was shown any more
	again()
}
