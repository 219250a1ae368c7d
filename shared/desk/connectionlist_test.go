package desk_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

func TestWhatConnectionsThereAre(t *testing.T) {
	d := connectionDesk(t)
	if lines, err := d.List(t.Context(), d.aiko()); err != nil || len(lines) != 0 {
		t.Errorf("before there is one: %q, %v", lines, err)
	}
	for id, h := range map[string]connection.Request{
		"c1": {Name: "sales", Service: "mysql", Owner: ken.ID}, "c2": {Name: "letters", Service: "odd", Owner: "left"}, "c3": {Name: "over", Service: "odd", Owner: ken.ID},
	} {
		if err := d.shelf.Begin(t.Context(), connection.Begin(id, h, connection.Plan{}, aiko.ID, d.now)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := d.shelf.Apply(t.Context(), "c3", connection.Event{Verb: connection.VerbEnd}, aikoActor(d)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		asker desk.Asker
		want  []string
	}{
		{d.ken(), []string{"letters (odd): incomplete. Owner of the data: somebody who has left.", "sales (mysql): incomplete. Owner of the data: ken@example.com."}},
		{d.japanese(d.ken()), []string{"letters (odd): 設定未完了。データの所有者: 退職者", "sales (mysql): 設定未完了。データの所有者: ken@example.com"}},
	} {
		got, err := d.List(t.Context(), test.asker)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Whoever may not ask for a connection does not see which there are.
func TestConnectionsAreNotForEverybody(t *testing.T) {
	d := connectionDesk(t)
	var err error
	d.Connection.Standing, err = standing.New(mirror.New(d.store), policy.Model{Policies: []policy.Policy{{
		Name: "p", Rules: []policy.Rule{{Name: "r", Effect: policy.Deny, Operations: []policy.Operation{policy.RequestConnection}, Resources: []string{"connection"}}},
	}}, Teams: []policy.Team{{Name: "Organization", Type: policy.Organization, Policies: []string{"p"}}}})
	if err != nil {
		t.Fatal(err)
	}
	var no *desk.Refused
	if lines, err := d.List(t.Context(), d.ken()); !errors.As(err, &no) {
		t.Errorf("got %q, %v", lines, err)
	}
}
