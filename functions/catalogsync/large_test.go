package catalogsync_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A plan that is too large for one message is carried out in parts, one after the other, in the
// same night.
func TestALargeTeamIsFilledInOneNight(t *testing.T) {
	const people = 160
	r := rig(t)
	r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: auto}\nteams: [{name: all, type: Division, group: all@example.com}]\n")}}
	company := &org.Company{Domain: "example.com"}
	var persons []group.Person
	var members []group.Member
	for i := range people {
		id, email := fmt.Sprintf("p%03d", i), fmt.Sprintf("p%03d@example.com", i)
		company.People = append(company.People, org.Person{Email: email, Name: id})
		persons = append(persons, group.Person{ID: id, Email: email})
		members = append(members, group.Member{ID: id, Email: email, Role: group.Plain, Type: group.User, Status: "ACTIVE"})
	}
	calls := &sim.Calls{}
	server, err := openmetadata.New(openmetadata.Options{
		Company: company, Now: r.Clock.Now, Seed: 1, Calls: calls,
		Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Outbound = sim.Transport{"catalog.test": server}
	m := mirror.New(r.Store)
	now := r.Clock.Now()
	if err := m.PutPeople(t.Context(), persons, now); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Replace(t.Context(), group.Snapshot{Group: group.Group{ID: "g1", Email: "all@example.com"}, Members: members, Read: now}); err != nil {
		t.Fatal(err)
	}
	if err := m.PutCensus(t.Context(), mirror.Census{Groups: 1, People: people, At: now}); err != nil {
		t.Fatal(err)
	}
	h := r.Build(catalogsync.Function)
	if status := r.Do(h, r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	l := ledger.New(r.Store, r.Bus, r.Clock.Now)
	done := 0
	for range 10 { // what the bus and the queue would bring
		live, err := l.LiveOf(t.Context(), change.CatalogApply)
		if err != nil {
			t.Fatal(err)
		}
		if len(live) == 0 {
			break
		}
		for _, c := range live {
			done++
			if status := r.Do(h, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
		}
	}
	team, _ := server.Team("all")
	if len(team.Users) != people || done != 2 {
		t.Errorf("%d people in the team after %d changes, want %d after 2", len(team.Users), done, people)
	}
	calls.Reset()
	if status := r.Do(h, r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	for _, op := range []string{"createTeam", "patchTeam", "updateTeamUsers"} {
		if n, _ := calls.Count(openmetadata.API, op); n != 0 {
			t.Errorf("a second night: %d of %s", n, op)
		}
	}
}
