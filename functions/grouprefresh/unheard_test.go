package grouprefresh_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// As TestAnAccountDeletedWhileItIsListed, of an account that the mirror has not heard of yet: the list of people has not come to it.
func TestAnAccountNobodyHasHeardOfDeletedWhileItIsListed(t *testing.T) {
	for name, byAddress := range map[string]bool{"heard of by the id": false, "by the address": true} {
		t.Run(name, func(t *testing.T) {
			c := large(t, 5)
			c.People = append(c.People, org.Person{Email: "u00001@example.com"})
			r := openCompany(t, c)
			u := r.user("u00001@example.com")
			at := "fresh@example.com"
			if err := r.workspace.CreateGroup(at, ""); err != nil {
				t.Fatal(err)
			}
			if err := r.workspace.AddMember(at, u.Email, "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
			news := event.RefreshPerson{Person: u.ID}
			if byAddress {
				news.Person = u.Email
			}
			deleted := false
			google := roundTrip{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if deleted && strings.Contains(q.URL.Path, "/users/") {
					noUser(w, q)
				} else {
					r.workspace.ServeHTTP(w, q)
				}
			})}
			r.Outbound = &during{next: google, path: "/members", do: func() {
				deleted = true
				if err := r.workspace.RemoveMember(at, u.Email, ""); err != nil {
					t.Error(err)
				}
				r.Clock.Advance(10 * time.Second)
				if status := r.Do(r.handler, r.Envelope(news)); status != http.StatusOK {
					t.Errorf("status %d %s", status, r.Log)
				}
			}}
			r.handler = r.Build(grouprefresh.Function)
			r.refresh(at)
			h, err := r.mirror.Find(t.Context(), at)
			if got := r.members(t, at); err == nil && h.Complete() && slices.Contains(got, u.Email) {
				t.Errorf("complete with %v", got)
			}
		})
	}
}
