package catalogsync_test

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A plan that was to be carried out by itself is not once policy wants people asked, or nothing done: a
// policy may have come into force between.
func TestAPlanIsCarriedOutInTheModeOfNow(t *testing.T) {
	const teams = "teams: [{name: all, type: Division}]\n"
	for mode, want := range map[string]change.State{"auto": change.Applied, "ask": change.Withdrawn, "report": change.Withdrawn} {
		t.Run(mode, func(t *testing.T) {
			r := rig(t)
			r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: auto}\n" + teams)}}
			server, err := openmetadata.New(openmetadata.Options{
				Company: &org.Company{Domain: "example.com"}, Now: r.Clock.Now, Seed: 1,
				Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			r.Outbound = sim.Transport{"catalog.test": server}
			if err := mirror.New(r.Store).PutCensus(t.Context(), mirror.Census{At: r.Clock.Now()}); err != nil {
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
			r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: " + mode + "}\n" + teams)}}
			if status := r.Do(r.Build(catalogsync.Function), r.Envelope(event.ApplyChange{Change: live[0].ID})); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			c, err := l.Get(t.Context(), live[0].ID)
			if err != nil || c.State != want {
				t.Errorf("the plan is %s, want %s: %v", c.State, want, err)
			}
			if _, made := server.Team("all"); made != (want == change.Applied) {
				t.Errorf("the team is there: %t", made)
			}
		})
	}
}
