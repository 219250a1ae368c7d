package catalogsync_test

import (
	"net/http"
	"testing"
	"testing/fstest"
	"time"

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

// Somebody gets another first address, and the catalogue has the account under the former one: nothing is to be done.
func TestWhoIsRenamedStaysInTheCatalogue(t *testing.T) {
	r := rig(t)
	r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`
catalog: {mode: auto}
roles: [{name: reader, policies: [look], members: [user:ken@example.com]}]
policies: [{name: look, rules: [{name: look, effect: allow, operations: [ViewAll], resources: [table]}]}]
`)}}
	server, err := openmetadata.New(openmetadata.Options{
		Company: &org.Company{Domain: "example.com", People: []org.Person{{Email: "ken@example.com"}}}, Now: r.Clock.Now, Seed: 1,
		Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Outbound = sim.Transport{"catalog.test": server}
	m, l := mirror.New(r.Store), ledger.New(r.Store, r.Bus, r.Clock.Now)
	plans := func(ken group.Person) int {
		t.Helper()
		r.Clock.Advance(time.Hour)
		if err := m.PutPeople(t.Context(), []group.Person{ken}, r.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := m.PutCensus(t.Context(), mirror.Census{People: 1, At: r.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if status := r.Do(r.Build(catalogsync.Function), r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		live, err := l.LiveOf(t.Context(), change.CatalogApply)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range live {
			r.Do(r.Build(catalogsync.Function), r.Envelope(event.ApplyChange{Change: c.ID}))
		}
		return len(live)
	}
	if n := plans(group.Person{ID: "1", Email: "ken@example.com"}); n != 1 {
		t.Fatalf("%d plans at the beginning", n)
	}
	if n := plans(group.Person{ID: "1", Email: "ken.mori@example.com", Aliases: []string{"ken@example.com"}}); n != 0 {
		t.Errorf("%d plans when ken has another address", n)
	}
}
