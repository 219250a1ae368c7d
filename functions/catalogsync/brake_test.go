package catalogsync

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// With a team goes everybody who is in it: one step is as much as all of them.
func TestTheBrakeCountsThePeopleOfATeamThatGoes(t *testing.T) {
	for people, want := range map[int]int{1: 1, 2: 2} {
		plan := catalog.Plan{Steps: []catalog.Step{{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: "etl", Takes: people}}}
		out, err := proposals(parse(t, "catalog: {mode: ask, brake: {max: 2}}"), plan, catalog.Present{}, 100, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := out[0].Requirement.People(); got != want {
			t.Errorf("a team of %d: %d people are asked, want %d", people, got, want)
		}
		// What was taken away by itself counts alike the day after.
		applied := change.Change{State: change.Applied, Updated: time.Unix(9, 0), Requirement: change.Requirement{Mode: change.Auto}, Detail: out[0].Detail, Claim: &change.Claim{Fence: 1}}
		if got, err := removedLately([]change.Change{applied}, time.Unix(1, 0), catalog.Plan{}); err != nil || got != 1+people {
			t.Errorf("a team of %d: %d were taken away, %v", people, got, err)
		}
	}
}
