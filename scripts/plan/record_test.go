package main

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/sim/emulator"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// silent is a bus on which nobody listens.
type silent struct{}

// Publish implements [bus.Publisher].
func (silent) Publish(context.Context, string, bus.Message) (string, error) { return "", nil }

// requested is what Aiko asks for, once a day.
func requested(day int) change.Proposal {
	return change.Proposal{
		Kind: change.AccessGrant, Target: change.Target{ID: "prod-write:aiko", Name: "prod-write"},
		Diff: []change.Delta{{Field: "day", After: string(rune('a' + day))}}, Reason: "release 12",
		Requester:   change.Actor{Kind: change.ByPerson, ID: "aiko", Name: "aiko@example.com"},
		Requirement: change.DefaultRequirement(),
	}
}

// The record of a deployment is in Firestore. Of it the last 30 days are compared.
func TestTheRecordOfADeployment(t *testing.T) {
	t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Firestore(t))
	d := company(t)
	o := options{store: "firestore:plan-record"}
	s, err := openStore(t.Context(), o.store, d.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := d.Now().Add(-31 * 24 * time.Hour)
	l := ledger.New(s.Store, silent{}, func() time.Time { return now })
	for day := range 3 { // 31, 21 and 11 days ago
		if _, _, err := l.Propose(t.Context(), requested(day)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(10 * 24 * time.Hour)
	}
	record, err := o.record(t.Context(), &d.platform, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(record) != 2 {
		t.Fatalf("%d entries, want those of the last 30 days, which are 2", len(record))
	}
	for i, want := range []string{"c", "b"} {
		e := record[i]
		if e.Of.Diff[0].After != want || e.Actor != "aiko" || e.Outcome != audit.Accepted || e.Verb != string(change.VerbPropose) {
			t.Errorf("entry %d is %+v, want that of day %s", i, e, want)
		}
	}
}

func TestAStoreOfNoProjectIsRefused(t *testing.T) {
	for _, name := range []string{"firestore:", "firestore:/other"} {
		if _, err := openStore(t.Context(), name, time.Now); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}
