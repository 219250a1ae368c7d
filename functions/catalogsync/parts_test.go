package catalogsync_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// 160 teams that have a policy are made in parts: a team in the first, what it has in the second.
func TestManyTeamsWithAPolicyAreMadeInParts(t *testing.T) {
	for _, n := range []int{60, 160} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			r := rig(t)
			var b strings.Builder
			b.WriteString("catalog: {mode: auto}\npolicies: [{name: p, rules: [{name: r, effect: allow, operations: [ViewAll], resources: [table]}]}]\nteams:\n")
			for i := range n {
				fmt.Fprintf(&b, "  - {name: t%03d, type: Division, policies: [p]}\n", i)
			}
			r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(b.String())}}
			calls := &sim.Calls{}
			server, err := openmetadata.New(openmetadata.Options{
				Company: &org.Company{Domain: "example.com"}, Now: r.Clock.Now, Seed: 1, Calls: calls,
				Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			r.Outbound = sim.Transport{"catalog.test": server}
			if err := mirror.New(r.Store).PutCensus(t.Context(), mirror.Census{At: r.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			h := r.Build(catalogsync.Function)
			if status := r.Do(h, r.Envelope(event.Tick{Job: catalogsync.JobSync})); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			l := ledger.New(r.Store, r.Bus, r.Clock.Now)
			for range 12 {
				live, err := l.LiveOf(t.Context(), change.CatalogApply)
				if err != nil {
					t.Fatal(err)
				}
				if len(live) == 0 {
					break
				}
				for _, c := range live {
					status := r.Do(h, r.Envelope(event.ApplyChange{Change: c.ID}))
					after, err := l.Get(t.Context(), c.ID)
					if err != nil || status != http.StatusOK || after.State != change.Applied {
						t.Fatalf("status %d, %s, %s, %v", status, after.State, after.Problem, err)
					}
				}
				r.Clock.Advance(time.Minute)
			}
			have := 0
			for _, team := range server.Teams() {
				if len(team.Policies) > 0 && team.Name != "Organization" {
					have++
				}
			}
			if have != n {
				t.Errorf("%d of %d teams have the policy", have, n)
			}
		})
	}
}
