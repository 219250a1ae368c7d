package grouprefresh_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// A slow reading of somebody carries what a list has brought since: a listing that began in between is older than that,
// and not than the reading.
func TestASlowReadingCarriesWhatAListHasBroughtSince(t *testing.T) {
	c := large(t, 5)
	c.People = append(c.People, org.Person{Email: "u00001@example.com"})
	r := openCompany(t, c)
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	r.Clock.Advance(24 * time.Hour)
	u := r.user("u00001@example.com")
	at := "fresh@example.com"
	if err := r.workspace.CreateGroup(at, ""); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.AddMember(at, u.Email, "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	id := r.workspace.GroupID(at)
	var began time.Time
	var listed []group.Member
	r.Outbound = &during{next: r.Outbound, path: "/users/" + u.Email, do: func() {
		r.Clock.Advance(15 * time.Second) // a slow answer
		began = r.Clock.Now()             // the first listing of the group begins
		listed = []group.Member{{ID: u.ID, Email: u.Email, Role: group.Plain, Type: group.User, Status: "ACTIVE"}}
		r.Clock.Advance(2 * time.Second)
		if err := r.workspace.Suspend(u.Email); err != nil {
			t.Error(err)
		}
		r.Clock.Advance(time.Second)
		// the walk stores its list, and has not come to carryPeople (or its process ends)
		p, err := r.mirror.Person(t.Context(), u.ID)
		if err != nil {
			t.Error(err)
		}
		p.Suspended = true
		if err := r.mirror.PutPeople(t.Context(), []group.Person{p}, r.Clock.Now()); err != nil {
			t.Error(err)
		}
	}}
	r.handler = r.Build(grouprefresh.Function)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: u.Email})); status != http.StatusOK {
		t.Fatalf("status %d %s", status, r.Log)
	}
	// the walk's page goes on, or comes again
	run := r.Clock.Now().UTC().Format("20060102")
	if status := r.Do(r.handler, r.Envelope(event.Walk{Run: run, Page: 0})); status != http.StatusOK {
		t.Fatalf("status %d %s", status, r.Log)
	}
	// the listing is stored
	if err := r.mirror.PutDetails(t.Context(), []group.Group{{ID: id, Email: at, Count: 1}}, began); err != nil {
		t.Fatal(err)
	}
	if _, err := r.mirror.PutMembers(t.Context(), id, listed, began); err != nil {
		t.Fatal(err)
	}
	// the audit log tells
	r.Clock.Advance(time.Minute)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: u.Email})); status != http.StatusOK {
		t.Fatalf("status %d %s", status, r.Log)
	}
	h, _ := r.mirror.Find(t.Context(), at)
	s, err := r.mirror.Snapshot(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if h.Complete() && s.Members[0].Status != "SUSPENDED" {
		t.Errorf("complete with %+v", s.Members)
	}
}

// A group of which nobody has heard, and that is deleted while another one that has it is listed, does not stay in that.
func TestAGroupNobodyHasHeardOfDeletedWhileItIsListed(t *testing.T) {
	for _, known := range []bool{false, true} {
		t.Run(fmt.Sprint("outer known ", known), func(t *testing.T) {
			r := openCompany(t, large(t, 5))
			r.tick(t, grouprefresh.JobWalk)
			r.work(t)
			r.Clock.Advance(time.Hour)
			at := "g000@example.com"
			if !known {
				at = "fresh@example.com"
				if err := r.workspace.CreateGroup(at, ""); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.workspace.CreateGroup("inner@example.com", ""); err != nil {
				t.Fatal(err)
			}
			if err := r.workspace.AddMember(at, "inner@example.com", "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
			r.Outbound = &during{next: r.Outbound, path: "/members", do: func() {
				if err := r.workspace.DeleteGroup("inner@example.com", ""); err != nil {
					t.Error(err)
				}
				r.Clock.Advance(10 * time.Second)
				if status := r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "inner@example.com", Noticed: r.Clock.Now()})); status != http.StatusOK {
					t.Errorf("status %d %s", status, r.Log)
				}
			}}
			r.handler = r.Build(grouprefresh.Function)
			r.refresh(at)
			for night := range 3 {
				h, err := r.mirror.Find(t.Context(), at)
				if err != nil || night > 0 && !h.Complete() {
					t.Errorf("night %d: %v, complete %t", night, err, h.Complete())
				}
				if got := r.members(t, at); h.Complete() && slices.Contains(got, "inner@example.com") {
					t.Errorf("night %d: complete with %v", night, got)
				}
				r.Clock.Advance(24 * time.Hour)
				r.tick(t, grouprefresh.JobWalk)
				r.work(t)
			}
		})
	}
}

// A nested group is made and deleted before anybody is told of it, and the outer one was read in between.
func TestAGroupThatWasMadeAndDeletedBeforeAnybodyHeardOfIt(t *testing.T) {
	r := openCompany(t, large(t, 5))
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	r.Clock.Advance(time.Hour)
	at := "g000@example.com"
	if err := r.workspace.CreateGroup("inner@example.com", ""); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.AddMember(at, "inner@example.com", "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	// the outer group is read, and its tasks run but for the question about the unknown
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: at, Noticed: r.Clock.Now()}))
	for _, task := range r.Queue.Take(event.QueueDirectory) {
		r.Do(r.handler, r.Task(task))
	}
	if err := r.workspace.DeleteGroup("inner@example.com", ""); err != nil {
		t.Fatal(err)
	}
	r.work(t) // the question
	r.Do(r.handler, r.Envelope(event.RefreshGroup{Group: "inner@example.com", Noticed: r.Clock.Now()}))
	r.work(t)
	h, err := r.mirror.Find(t.Context(), at)
	if got := r.members(t, at); err != nil || !h.Complete() || slices.Contains(got, "inner@example.com") {
		t.Errorf("%v, complete %t with %v", err, h.Complete(), got)
	}
}
