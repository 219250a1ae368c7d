package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// office is what stands behind the desks: a mirror of a small company, and a ledger.
type office struct {
	now     time.Time
	store   store.Store
	counter desk.Counter
}

func (o *office) clock() time.Time { return o.now }

// Aiko is in the group etl, Ken is nobody's member.
var (
	aiko = group.Person{ID: "1", Email: "aiko@example.com"}
	ken  = group.Person{ID: "2", Email: "ken@example.com"}
)

func open(t *testing.T) *office {
	t.Helper()
	return openBy(t, policy.Model{})
}

// openBy opens an office with roles and rules.
func openBy(t *testing.T, model policy.Model) *office {
	t.Helper()
	o := &office{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	db, err := embedded.Open("", o.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Bus().CreateTopic(event.TopicChangeEvents); err != nil {
		t.Fatal(err)
	}
	s := db.Store().Rehearsed()
	o.store = s
	m := mirror.New(s)
	if err := m.PutPeople(t.Context(), []group.Person{aiko, ken}, o.now); err != nil {
		t.Fatal(err)
	}
	etl := group.Snapshot{Group: group.Group{ID: "g1", Email: "etl@example.com"}, Read: o.now, Members: []group.Member{
		{ID: "1", Email: aiko.Email, Type: group.User, Role: group.Plain},
	}}
	if _, err := m.Replace(t.Context(), etl); err != nil {
		t.Fatal(err)
	}
	who, err := standing.New(m, model)
	if err != nil {
		t.Fatal(err)
	}
	o.counter = desk.Counter{
		Ledger: ledger.New(s, db.Bus(), o.clock), Standing: who, Policy: "p1",
		Asks: func(change.Kind, string) change.Requirement { return change.DefaultRequirement() },
	}
	return o
}

func (o *office) aiko() desk.Asker { return desk.Asker{Person: aiko, Language: "en"} }
func (o *office) ken() desk.Asker  { return desk.Asker{Person: ken, Language: "en"} }

func (o *office) japanese(a desk.Asker) desk.Asker {
	a.Language = "ja"
	return a
}

// latest returns the changes, the newest first.
func (o *office) latest(t *testing.T) []change.Change {
	t.Helper()
	all, err := o.counter.Ledger.Latest(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// held returns the access that Aiko has now.
func (o *office) held(t *testing.T) []change.Change {
	t.Helper()
	all, err := o.counter.Ledger.Held(t.Context(), change.AccessGrant, aiko.ID, o.now)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func names(f desk.Form) string {
	var out []string
	for _, field := range f.Fields {
		out = append(out, field.Name)
	}
	return strings.Join(out, ", ")
}
