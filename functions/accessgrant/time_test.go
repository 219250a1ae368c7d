package accessgrant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/place"
)

var prd = grant.Scope{Kind: grant.Project, Name: "prd"}

// crowd has others put many members into the policy.
func (o *company) crowd(t *testing.T, members int) {
	t.Helper()
	check(t, o.cloud.EditByHand("prd", func(all []cloud.Binding) []cloud.Binding {
		b := cloud.Binding{Role: "roles/browser"}
		for i := range members {
			b.Members = append(b.Members, fmt.Sprintf("user:u%d@example.com", i))
		}
		return append(all, b)
	}))
}

// Every hour the policies of all places are read, so that desks know what there is no room for; what
// has ended goes on the way.
func TestPlacesAreReadEveryHour(t *testing.T) {
	o := open(t)
	o.give(t, aiko, "etl")
	o.Clock.Advance(3 * grant.Grace)
	o.crowd(t, 3)
	o.tell(t, event.Tick{Job: accessgrant.JobPlaces})
	known, ok, err := place.Get(t.Context(), o.Store, prd)
	if err != nil || !ok || !known.At.Equal(o.Clock.Now()) || len(known.Policy.Bindings) != 3 {
		t.Fatalf("known: %t, %+v, %v", ok, known, err)
	}
	o.Clock.Advance(grant.Grace * 20)
	o.tell(t, event.Tick{Job: accessgrant.JobPlaces})
	if got := o.cloud.Bindings("prd"); got != 2 {
		t.Errorf("%d bindings, want those of others", got)
	}
}

// The channel hears of a policy that is nearly full, and that it is not any more.
func TestAPolicyThatIsNearlyFull(t *testing.T) {
	o := open(t)
	told := func() notice.Notice {
		t.Helper()
		o.tell(t, event.Tick{Job: accessgrant.JobClean})
		n, err := notice.Get(t.Context(), o.Store, "access-crowded-project-prd")
		check(t, err)
		return n
	}
	o.tell(t, event.Tick{Job: accessgrant.JobClean})
	if _, err := notice.Get(t.Context(), o.Store, "access-crowded-project-prd"); err == nil {
		t.Error("told of a policy that is nearly empty")
	}
	o.crowd(t, 1300)
	if n := told(); n.Over || n.Channel != "#sekisho" || len(n.Rows) != 1 || !strings.Contains(n.Rows[0]["text"], "1301 of at most 1500 principals") {
		t.Errorf("the notice is %+v", n)
	}
	check(t, o.cloud.EditByHand("prd", func(all []cloud.Binding) []cloud.Binding {
		return slices.DeleteFunc(all, func(b cloud.Binding) bool { return b.Role == "roles/browser" })
	}))
	if n := told(); !n.Over {
		t.Errorf("the notice is %+v", n)
	}
}
