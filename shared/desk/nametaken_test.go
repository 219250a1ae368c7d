package desk_test

import (
	"errors"
	"testing"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// People may ask for connections to data of their own. Whose name is taken hears that, and not that the policy does not
// let them ask: whose the other one is does not matter.
func TestANameThatIsTakenIsNotBarred(t *testing.T) {
	c, err := policy.ParseCondition("isOwner()")
	if err != nil {
		t.Fatal(err)
	}
	o := openBy(t, policy.Model{
		Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{{Name: "r", Effect: policy.Allow, Operations: []policy.Operation{policy.RequestConnection}, Resources: []string{"connection"}, Condition: c}}}},
		Teams:    []policy.Team{{Name: "Organization", Type: policy.Organization, Policies: []string{"p"}}},
	})
	first := connectionDeskAt(t, o)
	rules := first.Rules
	d := desk.Open(o.counter, desk.Rules{Connections: rules}, o.store, first.Queue, o.clock).Connection
	if err := d.Shelf.PutDestinations(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Shelf.Begin(t.Context(), connection.Begin("c1", connection.Request{Name: "sales", Service: "mysql", Owner: ken.ID}, connection.Plan{}, ken.ID, o.now)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sales", "other"} {
		err = d.Check(t.Context(), o.aiko(), filled("owner", aiko.Email, "name", name))
		var b *desk.Barred
		var bad *desk.Invalid
		if errors.As(err, &b) || !errors.As(err, &bad) || desk.Turned(trail.Turned{}, err) != (trail.Turned{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
