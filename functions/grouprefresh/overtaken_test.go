package grouprefresh_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// A group is listed for the first time while somebody in it is stopped. The list of people comes to them before the listing
// is stored, and the audit event after that.
func TestAListOfPeopleOvertakesAFirstListing(t *testing.T) {
	c := large(t, 5)
	c.People = append(c.People, org.Person{Email: "u00001@example.com"})
	r := openCompany(t, c)
	inner := group.Group{ID: r.workspace.GroupID("g001@example.com"), Email: "g001@example.com"}
	if _, err := r.mirror.Replace(t.Context(), group.Snapshot{Group: inner, Read: r.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := r.workspace.AddMember("g000@example.com", "u00001@example.com", "MEMBER", ""); err != nil {
		t.Fatal(err)
	}
	r.Outbound = &during{next: r.Outbound, path: "/members", do: func() {
		r.Clock.Advance(10 * time.Second)
		if err := r.workspace.Suspend("u00001@example.com"); err != nil {
			t.Error(err)
		}
		r.Clock.Advance(time.Second)
		run := r.Clock.Now().UTC().Format("20060102")
		if status := r.Do(r.handler, r.Envelope(event.Walk{Run: run, Page: 0})); status != http.StatusOK {
			t.Errorf("status %d %s", status, r.Log)
		}
	}}
	r.handler = r.Build(grouprefresh.Function)
	r.refresh("g000@example.com")
	r.Clock.Advance(time.Minute)
	// the audit log tells
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: "u00001@example.com"})); status != http.StatusOK {
		t.Errorf("status %d %s", status, r.Log)
	}
	u := r.user("u00001@example.com")
	got, err := r.mirror.Snapshot(t.Context(), r.workspace.GroupID("g000@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	h, _ := r.mirror.Find(t.Context(), "g000@example.com")
	i := slices.IndexFunc(got.Members, func(m group.Member) bool { return m.ID == u.ID })
	if i < 0 || got.Members[i].Status != "SUSPENDED" {
		t.Errorf("complete %t; the group has %+v", h.Complete(), got.Members)
	}
}
