package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/connection"
	simiam "github.com/sekisho/sekisho/shared/sim/iam"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/handover"
)

// This file is what people do in Looker and in Google Cloud, and what must hold there.

func looker(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	plain, options := named(args, "via")
	if len(plain) != 2 || plain[0] != "login" && plain[0] != "delete" {
		return mistaken("write looker login EMAIL [via=google], or looker delete EMAIL")
	}
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	if plain[0] == "delete" {
		return w.Looker.Delete(plain[1])
	}
	via := options["via"]
	if via == "" {
		via = "google"
	}
	return errors.Join(w.Looker.Login(plain[1], via), w.Settle(ctx))
}

func expectLooker(w *world.World, email, state string) error {
	if state != "enabled" && state != "disabled" {
		return mistaken("write enabled or disabled, not %q", state)
	}
	u, ok := w.Looker.User(email)
	if !ok {
		return fmt.Errorf("no account in Looker of %s", email)
	}
	if u.Disabled != (state == "disabled") {
		return fmt.Errorf("the account of %s in Looker is not %s", email, state)
	}
	return nil
}

func cloud(ctx context.Context, s *stage, _ *testscript.TestScript, args []string) error {
	w, err := s.running(ctx)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 4 && args[0] == "set-binding":
		err = w.Cloud.SetBinding(args[1], args[2], args[3])
	case len(args) == 2 && args[0] == "edit":
		// Somebody opens the policy, adds an account of theirs to one of its bindings, and saves it:
		// who read it before has to read it again.
		err = w.Cloud.EditByHand(args[1], func(all []simiam.Binding) []simiam.Binding {
			i := slices.IndexFunc(all, func(b simiam.Binding) bool { return b.Condition == nil })
			if i >= 0 {
				all[i].Members = append(all[i].Members, "serviceAccount:by-hand@"+args[1]+".iam.gserviceaccount.com")
			}
			return all
		})
	default:
		return mistaken("write iam set-binding PROJECT ROLE MEMBER or iam edit PROJECT")
	}
	return errors.Join(err, w.Settle(ctx))
}

func expectAccess(w *world.World, person, project, role string) error {
	if slices.ContainsFunc(w.Workspace.Users(), func(u simworkspace.User) bool { return u.Suspended && strings.EqualFold(u.Email, person) }) {
		return fmt.Errorf("%s is suspended, and has no access to anything", person)
	}
	if !w.Cloud.Access(person, project, role, w.Clock.Now()) {
		return fmt.Errorf("%s does not have %s on %s now", person, role, project)
	}
	return nil
}

func expectBindings(w *world.World, project, n string) error {
	if got := w.Cloud.Bindings(project); fmt.Sprint(got) != n {
		return fmt.Errorf("the policy of %s has %d bindings, not %s", project, got, n)
	}
	return nil
}

func expectConnection(ctx context.Context, w *world.World, name, state string) error {
	vendors, err := vendorsName(ctx, w, name)
	if err != nil {
		return mistake{err}
	}
	c, ok := w.Fivetran.Connection(vendors)
	if !ok {
		return fmt.Errorf("no connection in Fivetran is called %s", name)
	}
	if !c.Is(state) {
		return fmt.Errorf("the connection %s is %s and %s, not %s", name, c.Setup, c.Sync, state)
	}
	return nil
}

// vendorsName returns what Fivetran knows the connection by that people call by a name: its schema,
// which is another word where a setting of the service says so.
func vendorsName(ctx context.Context, w *world.World, name string) (string, error) {
	shelf := handover.New(w.Store(), connection.Policy{}, w.Clock.Now)
	all, err := shelf.Named(ctx, name)
	if err != nil {
		return "", err
	}
	for _, h := range all {
		for _, c := range w.Fivetran.Connections() {
			if c.ID == h.Connection {
				return c.Name, nil
			}
		}
	}
	return name, nil
}
