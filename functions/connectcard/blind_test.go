package connectcard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// Fivetran could not even be read at the first attempt, so that nothing was made. When the policy does not
// want the connection any more it is withdrawn, and nobody has to look for it.
func TestWhatNobodyCouldLookForWasNotMade(t *testing.T) {
	o := open(t)
	c := o.approve(t, "letters")
	posts := 0
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Approved || got.Tried || posts != 0 {
		t.Fatalf("%s tried %t, %d posts", got.State, got.Tried, posts)
	}
	o.fivetran = o.vendor
	o.Policy = fstest.MapFS{"policy.yaml": {Data: fmt.Appendf(nil, "connections:\n  defaults: {redirect: %q}\n  services: {salesforce: {}}\n", page)}}
	o.handler = o.Build(connectcard.Function)
	o.Clock.Advance(time.Hour)
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err = o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Withdrawn || strings.Contains(got.Problem, connection.WhyPerhapsMade) {
		t.Errorf("nothing was ever sent to Fivetran, and it is %s: %s", got.State, got.Problem)
	}
}
