package grouprefresh_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// The outer group is read while the mirror is filled, the nested one is renamed before the list comes to it; the audit
// log is replayed after that, and finds nothing new about the nested group itself.
func TestARenameDuringTheFilling(t *testing.T) {
	r := openCompany(t, large(t, 5))
	outer, inner := r.workspace.GroupID("g000@example.com"), r.workspace.GroupID("g001@example.com")
	m := r.mirror
	if err := m.PutDetails(t.Context(), []group.Group{{ID: outer, Email: "g000@example.com"}}, r.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	former := group.Member{ID: inner, Email: "former@example.com", Type: group.Nested, Role: group.Plain}
	if _, err := m.PutMembers(t.Context(), outer, []group.Member{former}, r.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	g := group.Snapshot{Group: group.Group{ID: inner, Email: "g001@example.com"}, Read: r.Clock.Now()}
	parts, err := m.Replace(t.Context(), g) // the list comes to it
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Told(t.Context(), inner, g.Read, parts); err != nil {
		t.Fatal(err)
	}
	if err := m.PutCensus(t.Context(), mirror.Census{Groups: 301, Memberships: 1000, At: r.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	r.refresh("g001@example.com") // the audit log tells of the new address
	if got := r.members(t, "g000@example.com"); !slices.Equal(got, []string{"g001@example.com"}) {
		h, err := m.Find(t.Context(), outer)
		t.Errorf("the outer group has %v; complete %t, %v", got, h.Complete(), err)
	}
}

// user returns an account as Google has it.
func (t *tenant) user(email string) simworkspace.User {
	users := t.workspace.Users()
	return users[slices.IndexFunc(users, func(u simworkspace.User) bool { return u.Email == email })]
}

// noUser answers for Google that nobody has an account.
func noUser(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"error":{"code":404,"message":"Resource Not Found: userKey","errors":[{"domain":"global","reason":"notFound","message":"Resource Not Found: userKey"}]}}`))
}

// Somebody joins a group, and their account is deleted while the listing that has them is on its way; it may be the
// group's first, and fill the mirror.
func TestAnAccountDeletedWhileItIsListed(t *testing.T) {
	for name, test := range map[string]struct {
		fresh, filling bool // the group is new, the mirror is being filled
		others         int  // who are in the group besides
	}{
		"a group that is held":                      {},
		"a new group":                               {fresh: true},
		"a new group of many pages":                 {fresh: true, others: 450},
		"a group, while it is filled":               {fresh: true, filling: true},
		"a group of many pages, while it is filled": {fresh: true, filling: true, others: 450},
	} {
		t.Run(name, func(t *testing.T) {
			c := large(t, 5)
			c.People = append(c.People, org.Person{Email: "u00001@example.com"})
			r := openCompany(t, c)
			at := "g000@example.com"
			if test.filling {
				u := r.user("u00001@example.com")
				if err := r.mirror.PutPeople(t.Context(), []group.Person{{ID: u.ID, Email: u.Email}}, r.Clock.Now()); err != nil {
					t.Fatal(err)
				}
			} else {
				r.tick(t, grouprefresh.JobWalk)
				r.work(t)
			}
			p, err := r.mirror.PersonAt(t.Context(), "u00001@example.com")
			if err != nil {
				t.Fatal(err)
			}
			r.Clock.Advance(time.Hour)
			if test.fresh {
				at = "fresh@example.com"
				if err := r.workspace.CreateGroup(at, ""); err != nil {
					t.Fatal(err)
				}
			}
			joins := []string{p.Email}
			for i := range test.others {
				joins = append(joins, fmt.Sprintf("v%05d@partner.example", i))
			}
			for _, one := range joins {
				if err := r.workspace.AddMember(at, one, "MEMBER", ""); err != nil {
					t.Fatal(err)
				}
			}
			deleted := false
			google := roundTrip{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if deleted && strings.Contains(q.URL.Path, "/users/") {
					noUser(w, q)
				} else {
					r.workspace.ServeHTTP(w, q)
				}
			})}
			r.Outbound = &during{next: google, path: "/members", skip: test.others / 200, do: func() {
				deleted = true
				if err := r.workspace.RemoveMember(at, p.Email, ""); err != nil {
					t.Error(err)
				}
				r.Clock.Advance(10 * time.Second)
				if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: p.ID})); status != http.StatusOK {
					t.Errorf("status %d %s", status, r.Log)
				}
			}}
			r.handler = r.Build(grouprefresh.Function)
			r.refresh(at)
			if got := r.members(t, at); slices.Contains(got, p.Email) || len(got) < test.others {
				t.Errorf("%d members, %s among them %t", len(got), p.Email, slices.Contains(got, p.Email))
			}
		})
	}
}

// asked is a store in which something happens once somebody has been told in which groups a member is.
type asked struct {
	store.Store
	do func()
}

func (a *asked) Query(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := a.Store.Query(ctx, q)
	if do := a.do; do != nil && slices.ContainsFunc(q.Where, func(c store.Cond) bool { return c.Op == store.Contains && c.Field == "ids" }) {
		a.do = nil
		do()
	}
	return page, err
}

// An account is deleted, and a listing that still has it is stored just after it was asked in which groups it is.
func TestAListingBetweenTheQuestionsAboutAnAccountThatIsGone(t *testing.T) {
	c := large(t, 5)
	c.People = append(c.People, org.Person{Email: "u00001@example.com"})
	r := openCompany(t, c)
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	p, err := r.mirror.PersonAt(t.Context(), "u00001@example.com")
	if err != nil {
		t.Fatal(err)
	}
	g := r.workspace.GroupID("g000@example.com")
	before, err := r.mirror.Snapshot(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	began := r.Clock.Now().Add(time.Second)
	r.Clock.Advance(time.Minute)
	inner := r.Store.Store
	r.Store.Store = &asked{Store: inner, do: func() {
		listed := group.Member{ID: p.ID, Email: p.Email, Type: group.User, Role: group.Plain, Status: "ACTIVE"}
		s := group.Snapshot{Group: before.Group, Read: began, Members: append(slices.Clone(before.Members), listed)}
		if _, err := mirror.New(inner).Replace(t.Context(), s); err != nil {
			t.Error(err)
		}
	}}
	r.Outbound = roundTrip{http.HandlerFunc(noUser)}
	r.handler = r.Build(grouprefresh.Function)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: p.ID})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	h, err := r.mirror.Find(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.members(t, "g000@example.com"); h.Complete() && slices.Contains(got, p.Email) {
		t.Errorf("the group is complete with %v, and the account is gone", got)
	}
}

// A group is read while the mirror is filled, one of its members is renamed and stopped, and the list of people comes
// after that; the audit log is replayed then, and finds nothing new about the person.
func TestAPersonRenamedDuringTheFilling(t *testing.T) {
	c := large(t, 5)
	c.People = append(c.People, org.Person{Email: "u00001@example.com"})
	r := openCompany(t, c)
	g := r.workspace.GroupID("g000@example.com")
	p := r.user("u00001@example.com")
	former := group.Member{ID: p.ID, Email: "former@example.com", Type: group.User, Role: group.Plain, Status: "SUSPENDED"}
	s := group.Snapshot{Group: group.Group{ID: g, Email: "g000@example.com"}, Read: r.Clock.Now(), Members: []group.Member{former}}
	if _, err := r.mirror.Replace(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	if err := r.mirror.PutPeople(t.Context(), []group.Person{{ID: p.ID, Email: p.Email}}, r.Clock.Now()); err != nil { // the list
		t.Fatal(err)
	}
	r.Clock.Advance(time.Minute)
	if status := r.Do(r.handler, r.Envelope(event.RefreshPerson{Person: p.ID})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	got, err := r.mirror.Snapshot(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if m := got.Members[0]; m.Email != p.Email || m.Status != "ACTIVE" {
		t.Errorf("the group has %+v", m)
	}
}

// While the mirror is filled, somebody is stopped and a nested group renamed while the first listing that has both is on
// its way, and both are read by themselves before it is stored.
func TestWhatIsReadWhileAListingFillsTheMirror(t *testing.T) {
	c := large(t, 5)
	c.People = append(c.People, org.Person{Email: "u00001@example.com"})
	for name, test := range map[string]struct {
		member  string
		happens func(r *tenant) (news event.Payload, err error)
		want    func(m group.Member) bool
	}{
		"an account that is stopped": {
			"u00001@example.com",
			func(r *tenant) (event.Payload, error) {
				return event.RefreshPerson{Person: "u00001@example.com"}, r.workspace.Suspend("u00001@example.com")
			},
			func(m group.Member) bool { return m.Status == "SUSPENDED" },
		},
		"a group that is renamed": {
			"g001@example.com",
			func(r *tenant) (event.Payload, error) {
				err := r.workspace.RenameGroup("g001@example.com", "other@example.com", "")
				return event.RefreshGroup{Group: r.workspace.GroupID("other@example.com"), Noticed: r.Clock.Now()}, err
			},
			func(m group.Member) bool { return m.Email == "other@example.com" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := openCompany(t, c)
			for _, p := range r.workspace.Users() {
				if err := r.mirror.PutPeople(t.Context(), []group.Person{{ID: p.ID, Email: p.Email}}, r.Clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			inner := group.Group{ID: r.workspace.GroupID("g001@example.com"), Email: "g001@example.com"}
			if _, err := r.mirror.Replace(t.Context(), group.Snapshot{Group: inner, Read: r.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			if err := r.workspace.AddMember("g000@example.com", test.member, "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
			r.Outbound = &during{next: r.Outbound, path: "/members", do: func() {
				r.Clock.Advance(10 * time.Second)
				news, err := test.happens(r)
				if err != nil {
					t.Error(err)
				}
				if status := r.Do(r.handler, r.Envelope(news)); status != http.StatusOK {
					t.Errorf("status %d %s", status, r.Log)
				}
				r.work(t)
			}}
			r.handler = r.Build(grouprefresh.Function)
			r.refresh("g000@example.com")
			got, err := r.mirror.Snapshot(t.Context(), r.workspace.GroupID("g000@example.com"))
			if err != nil || !slices.ContainsFunc(got.Members, test.want) {
				t.Errorf("the group has %+v, %v", got.Members, err)
			}
		})
	}
}
