package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// past decisions of a comparison, each as a line.
func otherDecisions(c comparison) []string {
	var out []string
	for _, d := range c.Decisions {
		out = append(out, fmt.Sprintf("%s %s on %s was allowed %t", d.Person, d.Operation, d.Resource, d.Was))
	}
	return out
}

// A request that the policy refused never became a change, and is a past decision all the same: Aiko was
// not let ask for access, because leads alone were. What she typed is not recorded, unless it is the name
// of an entitlement.
func TestWhatThePolicyDidNotLetSomebodyAskFor(t *testing.T) {
	leadsAlone := edited(t, shared, "  - name: approve\n    rules:\n", "  - name: approve\n    rules:\n      - {name: ask, effect: allow, operations: [RequestAccess], resources: [access]}\n")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(leadsAlone), 0o600); err != nil {
		t.Fatal(err)
	}
	store := livedUnder(t, os.DirFS(folder), func(w *world.World) error {
		for _, typed := range []string{"prod-write", "hunter2"} {
			var no *world.Refused
			if err := w.Command(t.Context(), "aiko@example.com", "/access", typed); !errors.As(err, &no) {
				return fmt.Errorf("/access %s: %w, want it refused", typed, err)
			}
		}
		return nil
	})
	for name, test := range map[string]struct {
		after string
		want  []string
	}{
		"everybody may ask": {shared, []string{
			"aiko@example.com RequestAccess on access: was allowed false", "aiko@example.com RequestAccess on access:prod-write was allowed false",
		}},
		"still leads alone": {leadsAlone, nil},
	} {
		after := t.TempDir()
		if err := os.WriteFile(filepath.Join(after, "policy.yaml"), []byte(test.after), 0o600); err != nil {
			t.Fatal(err)
		}
		d := company(t)
		answer, err := options{policy: after, store: store, rate: 10, log: io.Discard}.whatIf(t.Context(), &d.platform, os.DirFS(folder))
		if err != nil {
			t.Fatal(err)
		}
		got := otherDecisions(answer.(comparison))
		if len(got) == 2 && got[0] > got[1] { // entries of one minute are in the order of their sums
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// So is the undo that the policy did not let somebody have.
func TestWhatThePolicyDidNotLetSomebodyHaveUndone(t *testing.T) {
	barring := edited(t, shared, "policies:\n", "policies:\n  - {name: bar, rules: [{name: bar, effect: deny, operations: [Undo], resources: [group]}]}\n",
		"roles:\n", "roles:\n  - {name: barred, policies: [bar], members: [user:ken@example.com]}\n")
	undo := past{
		Entry: turnedAway(audit.Entry{
			ID: "turned.1", Verb: "slackinteract.undo", Actor: "T1/U1", ActorName: "ken@example.com", Outcome: audit.Refused,
			Change: "x-1", Kind: string(change.GroupSettings), Target: "payroll@example.com",
		}),
		Of: change.Change{ID: "x-1", Kind: change.GroupSettings, Target: change.Target{Name: "payroll@example.com"}},
	}
	for after, want := range map[string][]string{shared: {"ken@example.com Undo on group:payroll@example.com was allowed false"}, barring: nil} {
		c, err := opened(t, company(t), "").compare(t.Context(), written(t, barring), written(t, after), []past{undo}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, otherDecisions(c)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
