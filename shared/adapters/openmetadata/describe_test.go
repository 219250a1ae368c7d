package openmetadata_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim"
	server "github.com/sekisho/sekisho/shared/sim/openmetadata"
)

func TestATableIsDescribed(t *testing.T) {
	w := newWorld(t)
	got, err := w.client.Describe(t.Context(), "table", "sample.fact_table")
	want := policy.Resource{
		Type: "table", Name: "sample.fact_table", Tags: []string{"PersonalData.Personal"}, Domains: []string{"sales.emea"},
		Owners: []policy.Reference{{Type: policy.TypeUser, Name: aiko}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = w.client.Describe(t.Context(), "table", "club.members")
	if diff := cmp.Diff([]policy.Reference{{Type: policy.TypeTeam, Name: "club"}}, got.Owners); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// What is not there is told apart from what cannot be read.
func TestWhatIsNotDescribed(t *testing.T) {
	w := newProvokingWorld(t)
	for _, thing := range []struct{ kind, name string }{{"table", "no.such"}, {"glossary", "words"}, {"table", ""}, {"kite", "red"}} {
		if _, err := w.client.Describe(t.Context(), thing.kind, thing.name); !errors.Is(err, openmetadata.ErrNotDescribed) {
			t.Errorf("%s %s: %v, want ErrNotDescribed", thing.kind, thing.name, err)
		}
	}
	w.faults.Add(sim.Fault{API: server.API, Kind: sim.Fault500, Rate: 1, Left: 1})
	if _, err := w.client.Describe(t.Context(), "table", "sample.fact_table"); err == nil || errors.Is(err, openmetadata.ErrNotDescribed) {
		t.Errorf("a catalogue that fails: %v", err)
	}
}
