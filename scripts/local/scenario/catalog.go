package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
)

// This file is what people do in the data catalogue, and what must hold there.

// catalogue does what an administrator does in the user interface.
func catalogue(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 3 && args[0] == "add-user":
		err = w.Catalog.AddUser(args[1], args[2])
	case len(args) == 3 && args[0] == "remove-user":
		err = w.Catalog.RemoveUser(args[1], args[2])
	case len(args) == 5 && args[0] == "edit-policy":
		// One rule in place of all: an allow of an operation on a type of resource.
		err = w.Catalog.EditPolicy(args[1], args[2], []simopenmetadata.Rule{{
			Name: "by-hand", Effect: "allow", Operations: []string{args[3]}, Resources: []string{args[4]},
		}})
	default:
		return mistaken("write catalog add-user TEAM EMAIL, catalog remove-user TEAM EMAIL or catalog edit-policy POLICY BY OPERATION RESOURCE")
	}
	return errors.Join(err, w.Settle(ctx))
}

// expectCatalog looks behind the catalogue's API: who is in a team or has a role, and what a
// policy, role or team is made of.
func expectCatalog(w *world.World, kind, name, what string) error {
	var has []string
	found := false
	switch kind {
	case "member":
		var t simopenmetadata.Team
		t, found = w.Catalog.Team(name)
		has = t.Users
	case "team":
		var t simopenmetadata.Team
		t, found = w.Catalog.Team(name)
		has = slices.Concat([]string{t.Type}, t.Parents, t.Policies, t.DefaultRoles)
	case "holder", "role":
		for _, r := range w.Catalog.Roles() {
			if r.Name == name {
				found, has = true, map[string][]string{"holder": r.Users, "role": r.Policies}[kind]
			}
		}
	case "policy":
		for _, p := range w.Catalog.Policies() {
			if p.Name != name {
				continue
			}
			found = true
			for _, r := range p.Rules {
				has = append(has, r.Name)
			}
		}
	default:
		return mistaken("%q is nothing in the catalogue here: write member, team, holder, role or policy", kind)
	}
	if !found {
		return fmt.Errorf("the catalogue has no such thing: %s %s", kind, name)
	}
	if !slices.Contains(has, what) {
		return fmt.Errorf("%s %s in the catalogue has %s, and not %s", kind, name, strings.Join(has, ", "), what)
	}
	return nil
}
