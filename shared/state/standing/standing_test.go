package standing_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// The company: ada owns the group eng herself, bo through the group leads, cy through leads
// and the group deputies in it. Dee is suspended and everything else that one can be. Zoe is
// administrator; her address and that of the person old are the same. Eve is from elsewhere.
var company = []group.Person{
	{ID: "ada", Email: "ada@example.com", Manager: "bo@example.com"},
	{ID: "bo", Email: "bo@example.com", Aliases: []string{"boss@example.com"}, Manager: "bo@example.com"},
	{ID: "cy", Email: "cy@example.com", Manager: "nobody@example.com"},
	{ID: "dee", Email: "dee@example.com", Suspended: true, Admin: true, Manager: "ada@example.com"},
	{ID: "flo", Email: "flo@example.com", Manager: "dee@example.com"},
	{ID: "zoe", Email: "zoe@example.com", Admin: true},
	{ID: "old", Email: "old@example.com", Aliases: []string{"zoe@example.com"}},
}

var roles = map[string][]change.Selector{
	"lead":    {"group:leads@example.com", "user:flo@example.com"},
	"nothing": nil,
}

func owner(id string, kind group.Type) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: group.Owner, Type: kind}
}

func plain(id string, kind group.Type) group.Member {
	return group.Member{ID: id, Email: id + "@example.com", Role: group.Plain, Type: kind}
}

func newResolver(t *testing.T) (*standing.Resolver, *counted) {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return start })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	c := &counted{Store: db.Store().Rehearsed()}
	m := mirror.New(c)
	if err := m.PutPeople(t.Context(), company, start); err != nil {
		t.Fatalf("PutPeople: %v", err)
	}
	for id, members := range map[string][]group.Member{
		"eng": {
			owner("ada", group.User), owner("leads", group.Nested), owner("dee", group.User), owner("eve", group.External),
			owner("C0", group.Customer), owner("elsewhere", group.Nested), plain("flo", group.User), plain("interns", group.Nested),
		},
		"leads":    {plain("bo", group.User), plain("deputies", group.Nested)},
		"deputies": {owner("cy", group.User), plain("leads", group.Nested)},
		"interns":  {plain("flo", group.User)},
		"all":      {plain("C0", group.Customer)},
	} {
		s := group.Snapshot{Group: group.Group{ID: id, Email: id + "@example.com"}, Members: members, Read: start}
		if _, err := m.Replace(t.Context(), s); err != nil {
			t.Fatalf("Replace: %v", err)
		}
	}
	listed := idle.Census{Admins: []string{"Boss@example.com", "flo@example.com", "dee@example.com", "nobody@example.com"}}
	if err := account.Believe(t.Context(), c, "looker", listed); err != nil {
		t.Fatalf("Believe: %v", err)
	}
	var model policy.Model
	for name, members := range roles {
		model.Roles = append(model.Roles, policy.Role{Name: name, Members: members})
	}
	r, err := standing.New(m, model)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return r, c
}

// counted is a store that keeps which documents of people are read, and fails when told.
type counted struct {
	store.Store
	people []string
	fails  error
}

func (c *counted) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if key.Collection == "people" {
		c.people = append(c.people, key.ID)
		if c.fails != nil {
			return store.Record{}, c.fails
		}
	}
	return c.Store.Get(ctx, key)
}

func about(target string, by change.Actor) change.Change {
	return change.Change{Kind: change.GroupSettings, Target: change.Target{ID: target}, Requester: by}
}

func person(id string) change.Actor { return change.Actor{Kind: change.ByPerson, ID: id} }

func TestPeople(t *testing.T) {
	r, _ := newResolver(t)
	c := about("eng", person("ada"))
	for _, test := range []struct {
		name     string
		change   change.Change
		selector change.Selector
		want     []string
	}{
		{"owners, also through groups, none suspended or from outside", c, change.Owners, []string{"ada", "bo", "cy"}},
		{"owners of a group that nobody knows", about("no", person("ada")), change.Owners, nil},
		{"owners of what is called like a group", about("eng@example.com", person("ada")), change.Owners, nil},
		{"owners of nothing", about("", person("ada")), change.Owners, nil},
		{"administrators", c, change.Admins, []string{"zoe"}},
		{"approvers", c, change.Approvers, []string{"ada", "bo", "cy", "zoe"}},
		{"the manager", c, change.Manager, []string{"bo"}},
		{"a manager who is their own", about("eng", person("bo")), change.Manager, []string{"bo"}},
		{"a manager who is not in the directory", about("eng", person("cy")), change.Manager, nil},
		{"a manager who is suspended", about("eng", person("flo")), change.Manager, nil},
		{"the manager of somebody without one", about("eng", person("zoe")), change.Manager, nil},
		{"the manager of somebody unknown", about("eng", person("eve")), change.Manager, nil},
		{"the manager of a rule that is called like a person", about("eng", change.Actor{Kind: change.ByRule, ID: "ada"}), change.Manager, nil},
		{"a group", c, "group:leads@example.com", []string{"bo", "cy"}},
		{"a group in other letters", c, "group:Leads@Example.com", []string{"bo", "cy"}},
		{"a group that nobody knows", c, "group:no@example.com", nil},
		{"a group without a name", c, "group:", nil},
		{"everybody in the company", c, "group:all@example.com", nil},
		{"a person", c, "user:bo@example.com", []string{"bo"}},
		{"a person by an alias", c, "user:Boss@example.com", []string{"bo"}},
		{"a person by id", c, "user:bo", nil},
		{"a person who is suspended", c, "user:dee@example.com", nil},
		{"an address of two people", c, "user:zoe@example.com", nil},
		{"a person without an address", c, "user:", nil},
		{"a role of a group and a person", c, "role:lead", []string{"bo", "cy", "flo"}},
		{"a role of nobody", c, "role:nothing", nil},
		{"a role that policy does not define", c, "role:no", nil},
		{"nothing", c, "", nil},
		{"an unknown selector", c, "everybody", nil},
		{"an unknown kind", c, "team:eng", nil},
		{"owners with a name", c, "owners:leads@example.com", nil},
		{"administrators with a name", c, "admins:", nil},
		{"administrators of a system, without who is suspended or gone", c, "admins:looker", []string{"bo", "flo"}},
		{"administrators of a system that was never listed", c, "admins:workspace", nil},
		{"approvers with a name", c, "approvers:x", nil},
		{"a manager with a name", c, "manager:ada@example.com", nil},
		{"other letters", c, "Owners", nil},
		{"a group without a colon", c, "group", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			people, _, err := r.People(t.Context(), test.change, test.selector)
			var got []string
			for _, p := range people {
				got = append(got, p.ID)
			}
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("People: %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestStanding(t *testing.T) {
	r, _ := newResolver(t)
	c := about("eng", person("flo"))
	c.Requirement = change.Requirement{
		Mode:     change.Ask,
		Needs:    []change.Need{{Count: 1, From: change.Owners}, {Count: 1, From: "group:leads@example.com"}, {Count: 2, From: change.Owners}},
		Escalate: &change.Escalation{To: "role:lead"},
	}
	got, err := r.Standing(t.Context(), c, []string{"ada", "bo", "dee", "eve", "flo", "", "bo"})
	want := change.Standing{"ada": {change.Owners}, "bo": {change.Owners, "group:leads@example.com"}, "flo": nil}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Standing: %v (-want +got):\n%s", err, diff)
	}
	c.Escalated = true
	for id, want := range map[string][]change.Selector{
		"ada": {change.Owners}, "bo": {change.Owners, "group:leads@example.com", "role:lead"}, "flo": {"role:lead"}, "zoe": nil, "dee": nil, "no": nil,
	} {
		if got, err := r.Holds(t.Context(), c, id); err != nil || !slices.Equal(got, want) {
			t.Errorf("Holds for %s: %q, %v; want %q", id, got, err, want)
		}
	}
}

// A change that happens by itself names nobody who decides. It is owners and administrators
// who deny it before it is done, try it again and take it back; nobody else holds anything.
func TestAChangeThatHappensByItselfIsInTheHandsOfApprovers(t *testing.T) {
	r, _ := newResolver(t)
	c, _, err := change.Propose(change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Diff: []change.Delta{{Field: "f", Before: "a", After: "b"}},
		Requester: change.Actor{Kind: change.ByRule, ID: "settings-rules"}, Requirement: change.Requirement{Mode: change.Auto},
	}, 1, start)
	if err != nil {
		t.Fatalf("Propose: %v", err)
	}
	for id, mayDeny := range map[string]bool{"ada": true, "cy": true, "zoe": true, "flo": false, "dee": false, "eve": false} {
		holds, err := r.Holds(t.Context(), c, id)
		if err != nil || (len(holds) > 0) != mayDeny {
			t.Errorf("Holds for %s: %q, %v; want some: %t", id, holds, err, mayDeny)
		}
		_, _, err = c.Apply(change.Deny{By: person(id), Revision: c.Revision, Counts: holds}, start)
		if r, refused := change.Refused(err); refused == mayDeny || refused && r.Code != change.RefusedStranger {
			t.Errorf("a denial by %s: %v; want it to count: %t", id, err, mayDeny)
		}
	}
}

// To know whether one person is among thousands, the thousands need not be read.
func TestHoldsReadsOnePerson(t *testing.T) {
	r, c := newResolver(t)
	ask := about("", person("flo"))
	ask.Requirement = change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "owners:eng@example.com"}, {Count: 1, From: "role:lead"}}}
	c.people = nil
	if _, err := r.Holds(t.Context(), ask, "ada"); err != nil {
		t.Fatalf("Holds: %v", err)
	}
	if got := slices.Compact(c.people); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("Holds read %q, want ada alone", got)
	}
}

// What cannot be found out is an error, not a no: the press comes again.
func TestAnErrorIsNoAnswer(t *testing.T) {
	r, c := newResolver(t)
	c.fails = errors.New("the database is away")
	if _, _, err := r.People(t.Context(), about("eng", person("ada")), change.Owners); !errors.Is(err, c.fails) {
		t.Errorf("People: %v; want %v", err, c.fails)
	}
	if _, err := r.Holds(t.Context(), about("eng", person("ada")), "ada"); !errors.Is(err, c.fails) {
		t.Errorf("Holds: %v; want %v", err, c.fails)
	}
	if _, _, err := r.People(t.Context(), about("eng", person("ada")), change.Manager); !errors.Is(err, c.fails) {
		t.Errorf("People: %v; want %v", err, c.fails)
	}
}
