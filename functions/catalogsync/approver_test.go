package catalogsync_test

import (
	"net/http"
	"strings"
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

// Who approved a plan and has lost the role by the time it is carried out does not count: it waits for another.
func TestAPlanIsNotCarriedByWhoLostTheRole(t *testing.T) {
	const policy = `
catalog: {mode: ask}
teams: [{name: all, type: Division}]
roles: [{name: approver, policies: [approve], members: [user:BY]}]
policies: [{name: approve, rules: [{name: approve, effect: allow, operations: [ApproveCatalog], resources: [catalog]}]}]
`
	people := []group.Person{{ID: "1", Email: "ken@example.com"}, {ID: "2", Email: "lena@example.com"}}
	by := func(email string) fstest.MapFS {
		return fstest.MapFS{"policy.yaml": {Data: []byte(strings.Replace(policy, "BY", email, 1))}}
	}
	for holder, want := range map[string]change.State{"lena@example.com": change.Applied, "ken@example.com": change.Proposed} {
		r := rig(t)
		r.Policy = by("lena@example.com")
		server, err := openmetadata.New(openmetadata.Options{
			Company: &org.Company{Domain: "example.com"}, Now: r.Clock.Now, Seed: 1,
			Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Outbound = sim.Transport{"catalog.test": server}
		m := mirror.New(r.Store)
		if err := m.PutPeople(t.Context(), people, r.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := m.PutCensus(t.Context(), mirror.Census{People: len(people), At: r.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if status := r.Do(r.Build(catalogsync.Function), r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		l := ledger.New(r.Store, r.Bus, r.Clock.Now)
		live, err := l.LiveOf(t.Context(), change.CatalogApply)
		if err != nil || len(live) != 1 {
			t.Fatalf("%d plans: %v", len(live), err)
		}
		lena := change.Actor{Kind: change.ByPerson, ID: "2", Name: "lena@example.com"}
		c, err := l.Apply(t.Context(), live[0].ID, change.Approve{By: lena, Revision: live[0].Revision, Counts: live[0].Requirement.Selectors(false)})
		if err != nil || c.State != change.Approved {
			t.Fatalf("approved it is %s: %v", c.State, err)
		}
		r.Policy = by(holder)
		if status := r.Do(r.Build(catalogsync.Function), r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		c, err = l.Get(t.Context(), c.ID)
		if _, made := server.Team("all"); err != nil || c.State != want || made != (want == change.Applied) {
			t.Errorf("the role is %s's: the plan is %s, want %s, the team is there: %t, %v", holder, c.State, want, made, err)
		}
	}
}
