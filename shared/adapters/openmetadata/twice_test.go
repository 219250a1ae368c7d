package openmetadata_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// withOne makes a policy, a role and a team that are ours.
func withOne(w *world) catalog.Desired {
	d := catalog.Desired{
		Us: us, CreateUsers: true,
		Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("r", "allow", "")}}},
		Roles:    []catalog.Role{{Name: "rr", Policies: []string{"p"}}},
		Teams:    []catalog.Team{{Name: "rt", Type: catalog.TypeGroup, Policies: []string{"p"}}},
	}
	w.carry(d)
	return d
}

// idOf is the id of something.
func idOf(w *world, of, name string) string {
	p := w.read()
	switch of {
	case "user":
		for _, u := range p.Users {
			if u.Name == name {
				return u.ID
			}
		}
	case "team":
		for _, u := range p.Teams {
			if u.Name == name {
				return u.ID
			}
		}
	case "role":
		for _, u := range p.Roles {
			if u.Name == name {
				return u.ID
			}
		}
	}
	w.t.Fatal("no", of, name)
	return ""
}

// Two accounts have one address, and somebody puts the second one into our team: whoever has the address leaves it.
func TestBothAccountsOfAnAddressLeave(t *testing.T) {
	w := newWorld(t)
	d := withOne(w)
	w.send("POST", "users", map[string]any{"name": "ken2", "email": "Ken@example.com"})
	id := idOf(w, "user", "ken2")
	w.send("PATCH", "teams/"+idOf(w, "team", "rt"), []map[string]any{{"op": "add", "path": "/users", "value": []map[string]any{{"id": id, "type": "user"}}}})
	for range 3 {
		plan, present := w.plan(d)
		if plan.Empty() {
			return
		}
		for _, s := range plan.Steps {
			if err := w.client.Apply(t.Context(), s, present); err != nil {
				t.Logf("%s: %v", s, err)
			}
		}
	}
	t.Error("it never ends, and ken2 is in the team")
}

// Somebody gives a bot our role.
func TestABotLosesOurRole(t *testing.T) {
	w := newWorld(t)
	d := withOne(w)
	role := idOf(w, "role", "rr")
	bot := idOf(w, "user", "reader")
	w.send("PATCH", "users/"+bot, []map[string]any{{"op": "add", "path": "/roles", "value": []map[string]any{{"id": role, "type": "role"}}}})
	if plan, _ := w.plan(d); plan.Empty() {
		t.Error("the bot keeps our role, and nobody hears of it")
	}
	w.carry(d)
}
