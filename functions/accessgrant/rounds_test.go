package accessgrant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	want := []map[string]string{{"limit": "principals", "have": "1301", "most": "1500"}}
	if n := told(); n.Over || n.Channel != "#sekisho" || !cmp.Equal(n.Rows, want) {
		t.Errorf("the notice is %+v", n)
	}
	check(t, o.cloud.EditByHand("prd", func(all []cloud.Binding) []cloud.Binding {
		return slices.DeleteFunc(all, func(b cloud.Binding) bool { return b.Role == "roles/browser" })
	}))
	if n := told(); !n.Over {
		t.Errorf("the notice is %+v", n)
	}
}

// At night the channel hears of what others did to bindings of ours and beside them. Nothing of theirs
// is removed, and what an extension replaced is no news.
func TestDriftIsTold(t *testing.T) {
	o := open(t)
	o.give(t, aiko, "etl")
	o.Clock.Advance(20 * time.Minute)
	longer := o.give(t, aiko, "etl")
	night := func() (notice.Notice, error) {
		o.Clock.Advance(time.Minute)
		o.tell(t, event.Tick{Job: accessgrant.JobClean})
		return notice.Get(t.Context(), o.Store, "access-drift-project-prd")
	}
	if n, err := night(); err == nil {
		t.Fatalf("told of what was only extended: %+v", n)
	}
	var edited []cloud.Binding
	check(t, o.cloud.EditByHand("prd", func(all []cloud.Binding) []cloud.Binding {
		for i, b := range all {
			if b.Condition != nil && b.Condition.Description == longer.ID {
				all[i].Condition.Expression = `request.time < timestamp("2030-01-01T00:00:00Z")`
			}
		}
		edited = append(all, cloud.Binding{
			Role: "roles/browser", Members: []string{"user:zed@example.com"}, Condition: &cloud.Condition{Title: "mine", Expression: "true"},
		})
		return edited
	}))
	n, err := night()
	check(t, err)
	var kinds []string
	for _, r := range n.Rows {
		kinds = append(kinds, strings.TrimSpace(r["what"]+" "+r["role"]+" "+r["part"]+r["title"]))
	}
	slices.Sort(kinds)
	if got, want := strings.Join(kinds, ", "), "changed roles/run.admin end, outside roles/browser mine"; got != want || n.Channel != "#sekisho" {
		t.Errorf("told of %s in %s, want %s", got, n.Channel, want)
	}
	if got := o.cloud.Bindings("prd"); got != len(edited) {
		t.Errorf("%d bindings, want the %d that there were", got, len(edited))
	}
}
