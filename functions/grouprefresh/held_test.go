package grouprefresh_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// braked is a company whose mirror forgets nobody more by itself on this day, with a group of ten
// and two administrators.
func braked(t *testing.T) (*tenant, *ledger.Ledger) {
	t.Helper()
	c := large(t, 11)
	c.Groups = c.Groups[:1]
	c.People = append(c.People, org.Person{Email: "second@example.com", Admin: true})
	r := openCompany(t, c)
	r.Variables["REMOVALS_LEAST"], r.Variables["REMOVALS_MAX"] = "0", "1"
	r.handler = r.Build(grouprefresh.Function)
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	r.lose(t, "u00009@example.com") // the one that passes
	r.work(t)
	if got := r.members(t, "all@example.com"); len(got) != 10 {
		t.Fatalf("%d members, want 10: one passes", len(got))
	}
	return r, ledger.New(r.Store, r.Bus, r.Clock.Now)
}

// lose takes somebody out of the group at Google, and has the group read.
func (t *tenant) lose(tb testing.TB, email string) {
	tb.Helper()
	if err := t.workspace.RemoveMember("all@example.com", email, "root@example.com"); err != nil {
		tb.Fatal(err)
	}
	t.refresh("all@example.com")
}

// plans returns the plans with their states, oldest first.
func plans(t *testing.T, l *ledger.Ledger) (all []change.Change, states string) {
	t.Helper()
	all, err := l.Of(context.Background(), change.GroupMembersPlan, "held-removals")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		states += string(c.State) + " "
	}
	return all, strings.TrimSpace(states)
}

func TestWhatTheBrakeHoldsIsOnePlanForTwoPeople(t *testing.T) {
	r, l := braked(t)
	r.lose(t, "u00001@example.com")
	r.tick(t, grouprefresh.JobHeld)
	if _, states := plans(t, l); states != "" {
		t.Fatalf("after one reading: plans %q, want none", states)
	}
	r.work(t) // reads the group once more
	r.tick(t, grouprefresh.JobHeld)
	r.tick(t, grouprefresh.JobHeld)
	all, states := plans(t, l)
	if states != "proposed" {
		t.Fatalf("after two readings: plans %q, want one", states)
	}
	if need := all[0].Requirement.Needs; len(need) != 1 || need[0].Count != 2 {
		t.Errorf("it needs %+v, want two people", need)
	}

	// Another loss is another plan, also where as many are lost.
	r.lose(t, "u00002@example.com")
	r.tick(t, grouprefresh.JobHeld)
	r.work(t)
	r.tick(t, grouprefresh.JobHeld)
	all, states = plans(t, l)
	if states != "withdrawn proposed" {
		t.Fatalf("after another loss: plans %q", states)
	}

	// What both agree to is gone after the next reading, and nobody else.
	agree(t, r, l, all[1])
	if got := r.members(t, "all@example.com"); len(got) != 8 {
		t.Errorf("%d members, want the 8 that Google lists", len(got))
	}
	if _, states = plans(t, l); states != "withdrawn applied" {
		t.Errorf("plans %q\n%s", states, r.Log)
	}
}

func TestMembersWhoAreFoundAgainLeaveThePlan(t *testing.T) {
	r, l := braked(t)
	r.lose(t, "u00001@example.com")
	r.tick(t, grouprefresh.JobHeld)
	r.work(t)
	r.tick(t, grouprefresh.JobHeld)
	if err := r.workspace.AddMember("all@example.com", "u00001@example.com", "MEMBER", "root@example.com"); err != nil {
		t.Fatal(err)
	}
	r.refresh("all@example.com")
	r.tick(t, grouprefresh.JobHeld)
	if _, states := plans(t, l); states != "withdrawn" {
		t.Errorf("plans %q, want none that waits", states)
	}
}

func TestAnAgreementIsForWhatWasShown(t *testing.T) {
	r, l := braked(t)
	r.lose(t, "u00001@example.com")
	r.tick(t, grouprefresh.JobHeld)
	r.work(t)
	r.tick(t, grouprefresh.JobHeld)
	all, _ := plans(t, l)
	r.lose(t, "u00002@example.com") // after it was shown, before anybody withdraws it
	agree(t, r, l, all[0])
	if got := r.members(t, "all@example.com"); len(got) != 10 {
		t.Errorf("%d members: two people agreed to lose one, and two were lost", len(got))
	}
}

// Two people have agreed, and the process ends between the release and the task that reads the
// group: a plan that counts as carried out is carried out.
func TestWhatWasReleasedIsReadAlthoughTheProcessEnded(t *testing.T) {
	r, l := braked(t)
	r.lose(t, "u00001@example.com")
	r.tick(t, grouprefresh.JobHeld)
	r.work(t)
	r.tick(t, grouprefresh.JobHeld)
	held, err := r.mirror.HeldRemovals(t.Context())
	if err != nil || len(held) != 1 {
		t.Fatalf("held %v, %v; want one group", held, err)
	}
	if err := r.mirror.Release(t.Context(), held[0].Group, held[0].Sum, r.Clock.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	// The first reading that is queued is lost too: there is another after the next window.
	r.tick(t, grouprefresh.JobHeld)
	r.tick(t, grouprefresh.JobHeld)
	if tasks := r.Queue.Take(event.QueueDirectory); len(tasks) != 1 {
		t.Fatalf("tasks %v, want one reading", tasks)
	}
	r.Clock.Advance(time.Hour)
	r.tick(t, grouprefresh.JobHeld)
	r.work(t)
	if got := r.members(t, "all@example.com"); len(got) != 9 {
		t.Errorf("%d members, want the 9 that Google lists\n%s", len(got), r.Log)
	}
	r.tick(t, grouprefresh.JobHeld)
	if all, states := plans(t, l); states != "withdrawn" || len(r.Queue.Tasks()) != 0 {
		t.Errorf("afterwards: plans %v, tasks %v; want nothing that waits", all, r.Queue.Tasks())
	}
}

// agree lets both administrators approve a plan, and the function do what follows.
func agree(t *testing.T, r *tenant, l *ledger.Ledger, c change.Change) {
	t.Helper()
	for _, admin := range []string{"root@example.com", "second@example.com"} {
		p, err := r.mirror.PeopleAt(context.Background(), admin)
		if err != nil || len(p) != 1 {
			t.Fatalf("%s: %v, %v", admin, p, err)
		}
		by := change.Actor{Kind: change.ByPerson, ID: p[0].ID, Name: admin}
		if c, err = l.Apply(context.Background(), c.ID, change.Approve{By: by, Revision: c.Revision, Counts: []change.Selector{change.Approvers}}); err != nil {
			t.Fatal(err)
		}
	}
	r.Clock.Advance(time.Second)
	moved := event.ChangeMoved{Change: c.ID, Seq: c.Seq, Kind: string(c.Kind), State: string(c.State)}
	if status := r.Do(r.handler, r.Envelope(moved)); status != http.StatusOK {
		t.Fatal(fmt.Errorf("status %d\n%s", status, r.Log))
	}
	r.work(t)
}
