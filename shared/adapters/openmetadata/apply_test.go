package openmetadata_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/sim"
	server "github.com/sekisho/sekisho/shared/sim/openmetadata"
)

func TestAPolicyIsCarriedOut(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	etl, _ := w.server.Team("etl")
	want := server.Team{
		Name: "etl", Type: "Department", Description: catalog.Mark(), Parents: []string{"data.jp"},
		Users: []string{aiko, taro, yui}, Policies: []string{"etl-only"},
	}
	if diff := cmp.Diff(want, etl); diff != "" {
		t.Errorf("team (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(w.server.Roles(), func(r server.Role) bool { return r.Name == "steward.1" })
	if diff := cmp.Diff(server.Role{Name: "steward.1", Description: catalog.Mark(), Policies: []string{"look"}, Users: []string{ken, taro}}, w.server.Roles()[i]); diff != "" {
		t.Errorf("role (-want +got):\n%s", diff)
	}
	organization, _ := w.server.Team(catalog.Organization)
	if diff := cmp.Diff([]string{"OrganizationPolicy", "stewards.may"}, organization.Policies); diff != "" || len(organization.DefaultRoles) != 1 {
		t.Errorf("organization (-want +got):\n%s", diff)
	}
	// Another policy, and back to none.
	d := wanted()
	d.Policies[2].Rules[0].Operations, d.Policies[2].Rules[0].Description = []string{"EditTags"}, "Tags are for everybody."
	d.Roles[0].Policies, d.Roles[0].Holders = []string{"look", "etl-only"}, []string{aiko, ken}
	d.Teams[0].Members, d.Teams[0].Parents, d.Teams[0].DefaultRoles = []string{ken, taro}, nil, []string{"DataSteward"}
	d.Teams[1].Type, d.Teams[1].DefaultRoles = catalog.TypeDepartment, nil
	w.carry(d)
	w.carry(catalog.Desired{Us: us, Teams: []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"OrganizationPolicy"}, DefaultRoles: []string{"DataConsumer"}}}})
	var left []string
	for _, team := range w.server.Teams() {
		left = append(left, team.Name)
	}
	if diff := cmp.Diff([]string{"Organization", "club", "theirs"}, left); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if n := w.count("updateTeamUsers"); n != 0 {
		t.Errorf("the request that replaces all users of a team was made %d times", n)
	}
}

// What is made again has nobody in it who is not wanted there any more.
func TestWhatWasDeletedIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	p := w.read()
	for _, r := range p.Roles { // somebody else deletes them
		if r.Ours() {
			w.send("DELETE", "roles/"+r.ID+"?hardDelete=false", nil)
		}
	}
	for _, name := range []string{"etl", "data.jp"} {
		for _, team := range p.Teams {
			if team.Name == name {
				w.send("DELETE", "teams/"+team.ID+"?hardDelete=false", nil)
			}
		}
	}
	w.carry(catalog.Desired{Us: us})
	d := wanted()
	d.Roles[0].Holders, d.Teams[0].Members, d.Teams[1].DefaultRoles, d.Teams[0].Policies = nil, []string{ken}, nil, nil
	d.Teams[1].Members = []string{aiko}
	plan, present := w.plan(d)
	for _, s := range plan.Steps {
		check(t, w.client.Apply(t.Context(), s, present))
	}
	// What was attached to a team that somebody else deleted, and was itself deleted, comes back with it. The next run
	// detaches it.
	again, _ := w.plan(d)
	if diff := cmp.Diff([]string{"update team data.jp: default roles steward.1 → nothing"}, again.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.carry(d)
	for _, op := range []string{"restoreTeam", "restoreRole", "restorePolicy"} {
		if w.count(op) == 0 {
			t.Errorf("%s was not asked for", op)
		}
	}
	if etl, _ := w.server.Team("etl"); len(etl.Users) != 1 || etl.Users[0] != ken {
		t.Errorf("users %v", etl.Users)
	}
}

// Every step can be done again, and then changes nothing: at once, and after the whole plan, if it
// is an update.
func TestEveryStepTwice(t *testing.T) {
	w := newWorld(t)
	for _, d := range []catalog.Desired{wanted(), {Us: us}, wanted()} {
		plan, present := w.plan(d)
		for _, s := range plan.Steps {
			for range 2 {
				if err := w.client.Apply(t.Context(), s, present); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
		}
		for _, s := range plan.Steps {
			if s.Verb == catalog.Delete || s.Verb == catalog.Remove {
				continue
			}
			if err := w.client.Apply(t.Context(), s, present); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
		if again, _ := w.plan(d); !again.Empty() {
			t.Errorf("left to do:\n%s", strings.Join(again.Lines(), "\n"))
		}
	}
}

// Whatever goes wrong, trying again leads to what is wanted, and to nothing else.
func TestFaults(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.Fault429, sim.Fault500, sim.FaultTimeout, sim.FaultAppliedBut500, sim.FaultConflict} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			for _, d := range []catalog.Desired{wanted(), {Us: us}, wanted()} {
				plan, present := w.plan(d)
				for _, s := range plan.Steps {
					w.fault(kind, 1)
					for tries := 0; ; tries++ {
						err := w.client.Apply(t.Context(), s, present)
						if err == nil {
							break
						}
						var e *openmetadata.Error
						if !errors.As(err, &e) || e.Permanent() || tries > 5 {
							t.Fatalf("%s: %v", s, err)
						}
					}
				}
				if again, _ := w.plan(d); !again.Empty() {
					t.Fatalf("left to do:\n%s", strings.Join(again.Lines(), "\n"))
				}
			}
		})
	}
	for _, kind := range []sim.FaultKind{sim.FaultEmpty, sim.FaultPartial} {
		w := newWorld(t)
		w.fault(kind, -1)
		p, err := w.client.Read(t.Context())
		if err == nil {
			// It looks whole. What a catalogue must have is missing, then.
			_, _, err = catalog.Diff(wanted(), p)
		}
		if kind == sim.FaultEmpty && !errors.Is(err, catalog.ErrNotWhole) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestStrangersAreNotTouched(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	for kind, name := range map[string]string{"policy": "look", "role": "steward.1", "team": "etl"} {
		check(t, w.server.Describe(kind, name, "mine"))
	}
	before := fmt.Sprint(w.server.Teams(), w.server.Roles(), w.server.Policies())
	present := w.read()
	d := wanted()
	for _, s := range []catalog.Step{
		{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "look", Policy: &d.Policies[0]},
		{Verb: catalog.Update, Kind: catalog.KindPolicy, Name: "look", Policy: &d.Policies[0]},
		{Verb: catalog.Delete, Kind: catalog.KindPolicy, Name: "look"},
		{Verb: catalog.Create, Kind: catalog.KindRole, Name: "steward.1", Role: &d.Roles[0]},
		{Verb: catalog.Update, Kind: catalog.KindRole, Name: "steward.1", Role: &d.Roles[0]},
		{Verb: catalog.Delete, Kind: catalog.KindRole, Name: "steward.1"},
		{Verb: catalog.Add, Kind: catalog.KindHolder, Name: "steward.1", Person: aiko},
		{Verb: catalog.Create, Kind: catalog.KindTeam, Name: "etl", Team: &d.Teams[0]},
		{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "etl", Team: &d.Teams[0]},
		{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: "etl"},
		{Verb: catalog.Add, Kind: catalog.KindMember, Name: "etl", Person: ken},
		{Verb: catalog.Remove, Kind: catalog.KindMember, Name: "etl", Person: aiko},
	} {
		if e := is(t, w.client.Apply(t.Context(), s, present), openmetadata.ErrConflict); !e.Permanent() || !strings.Contains(e.Message, "somebody else's") {
			t.Errorf("%s: %v", s, e)
		}
	}
	for _, s := range []catalog.Step{
		{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: catalog.Organization},
		{Verb: catalog.Delete, Kind: catalog.KindUser, Name: aiko},
		{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "etl"},
		{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "x"},
		{Verb: catalog.Update, Kind: catalog.KindRole, Name: "x"},
		{},
	} {
		is(t, w.client.Apply(t.Context(), s, present), openmetadata.ErrInvalid)
	}
	if after := fmt.Sprint(w.server.Teams(), w.server.Roles(), w.server.Policies()); after != before {
		t.Errorf("something was changed:\n%s\n%s", before, after)
	}
}

// What we deleted ourselves comes back with nothing and nobody.
func TestWhatWeDeletedComesBackEmpty(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	w.carry(catalog.Desired{Us: us})
	d := wanted()
	d.Roles[0].Holders, d.Teams[0].Members, d.Teams[0].Policies, d.Teams[1].DefaultRoles = nil, nil, nil, nil
	plan, present := w.plan(d)
	for _, s := range plan.Steps {
		w.before["PATCH"] = func() { // at the first one the role is restored already
			for _, r := range w.read().Roles {
				if r.Ours() && len(r.Holders) > 0 {
					t.Errorf("%s: %v have %s", s, r.Holders, r.Name)
				}
			}
		}
		check(t, w.client.Apply(t.Context(), s, present))
	}
	if again, _ := w.plan(d); !again.Empty() {
		t.Errorf("it came back with %q", again.Lines())
	}
}

// What somebody changes between reading and writing is not overwritten.
func TestSomebodyIsFaster(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	d := wanted()
	d.Policies[2].Rules[0].Effect = "deny"
	d.Roles[0].Policies = []string{"etl-only"}
	d.Teams[0].Type = catalog.TypeDivision
	d.Roles[0].Holders = []string{ken, taro, aiko}
	plan, present := w.plan(d)
	if len(plan.Steps) != 5 { // the role loses what only denies by then with a step of its own
		t.Fatal(plan.Lines())
	}
	meanwhile := map[catalog.Kind]func(){
		catalog.KindPolicy: func() { check(t, w.server.Describe("policy", "look", "Look. "+catalog.Mark())) },
		catalog.KindRole: func() {
			check(t, w.server.Describe("role", "steward.1", fmt.Sprintf("Care %d. %s", w.now.Unix(), catalog.Mark())))
		},
		catalog.KindTeam: func() { check(t, w.server.AddUser("etl", ken)) },
		catalog.KindHolder: func() {
			w.send("PATCH", "users/"+w.id(aiko), []map[string]any{{"op": "add", "path": "/displayName", "value": "Dr. Aiko"}})
		},
	}
	for _, s := range plan.Steps {
		w.now = w.now.Add(1e9)
		w.before["PATCH"] = meanwhile[s.Kind]
		if e := is(t, w.client.Apply(t.Context(), s, present), openmetadata.ErrConflict); e.Permanent() {
			t.Errorf("%s: %v", s, e)
		}
	}
	// Twice within one sitting of somebody else: the version stays, the time does not.
	w.now = w.now.Add(1e9)
	w.before["PATCH"] = func() { check(t, w.server.AddUser("etl", ken)) }
	check(t, w.server.RemoveUser("etl", ken))
	w.now = w.now.Add(1e9)
	team := slices.IndexFunc(plan.Steps, func(s catalog.Step) bool { return s.Kind == catalog.KindTeam })
	is(t, w.client.Apply(t.Context(), plan.Steps[team], present), openmetadata.ErrConflict)
	w.carry(d)
}

// id is the id of somebody's account.
func (w *world) id(email string) string {
	for _, u := range w.read().Users {
		if u.Email == email {
			return u.ID
		}
	}
	w.t.Fatalf("%s has no account", email)
	return ""
}

// What somebody attaches to the organization after it was read stays there.
func TestTheOrganizationBelongsToOthersToo(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	d := wanted()
	d.Teams[2].Policies = []string{"OrganizationPolicy"}
	plan, present := w.plan(d)
	var id string
	for _, p := range present.Policies {
		if p.Name == "TeamOnlyPolicy" {
			id = p.ID
		}
	}
	for _, team := range present.Teams {
		if team.Name == catalog.Organization {
			w.send("PATCH", "teams/"+team.ID, []map[string]any{{"op": "add", "path": "/policies/-", "value": map[string]string{"id": id, "type": "policy"}}})
		}
	}
	if e := is(t, w.client.Apply(t.Context(), plan.Steps[0], present), openmetadata.ErrConflict); e.Permanent() {
		t.Errorf("%v", e)
	}
	w.carry(d)
	if o, _ := w.server.Team(catalog.Organization); !slices.Contains(o.Policies, "TeamOnlyPolicy") || slices.Contains(o.Policies, "stewards.may") {
		t.Errorf("policies %v", o.Policies)
	}
}

func TestMembersAreAppended(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	present := w.read()
	// Somebody is added by hand between our reading and our appending: both are members.
	w.before["PATCH"] = func() { check(t, w.server.AddUser("etl", ken)) }
	check(t, w.server.RemoveUser("etl", taro))
	check(t, w.client.Apply(t.Context(), catalog.Step{Verb: catalog.Add, Kind: catalog.KindMember, Name: "etl", Person: "Taro.Yamada@example.com"}, present))
	if etl, _ := w.server.Team("etl"); !slices.Contains(etl.Users, ken) || !slices.Contains(etl.Users, taro) || len(etl.Users) != 4 {
		t.Errorf("users %v", etl.Users)
	}
	// Into an empty team, where nothing can be appended, it is tested instead.
	w.before["PATCH"] = func() { check(t, w.server.AddUser("data.jp", ken)) }
	add := catalog.Step{Verb: catalog.Add, Kind: catalog.KindMember, Name: "data.jp", Person: aiko}
	is(t, w.client.Apply(t.Context(), add, present), openmetadata.ErrConflict)
	check(t, w.client.Apply(t.Context(), add, present))
	if data, _ := w.server.Team("data.jp"); len(data.Users) != 2 {
		t.Errorf("users %v", data.Users)
	}
	// Whoever is no member any more is not taken out twice, even at the same time.
	w.before["DELETE"] = func() { check(t, w.server.RemoveUser("etl", aiko)) }
	check(t, w.client.Apply(t.Context(), catalog.Step{Verb: catalog.Remove, Kind: catalog.KindMember, Name: "etl", Person: aiko}, present))
}

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	create := func(email string) error {
		return w.client.Apply(t.Context(), catalog.Step{Verb: catalog.Create, Kind: catalog.KindUser, Name: email}, catalog.Present{})
	}
	check(t, create("Yui@Example.com"))
	check(t, create(yui))
	if got := w.server.Users(); !slices.Contains(got, yui) || len(got) != 5 {
		t.Errorf("users %v", got)
	}
	if e := is(t, create("yui@elsewhere.example"), openmetadata.ErrConflict); !e.Permanent() {
		t.Errorf("%v", e)
	}
	w.send("DELETE", "users/"+w.id(yui), nil)
	if e := is(t, create(yui), openmetadata.ErrConflict); !e.Permanent() {
		t.Errorf("%v", e)
	}
	w.carry(catalog.Desired{Us: us, Teams: []catalog.Team{{Name: "t", Type: catalog.TypeGroup}}})
	for _, email := range []string{"nobody@example.com", "aiko@elsewhere.example", us + "@open-metadata.org"} {
		for _, kind := range []catalog.Kind{catalog.KindMember, catalog.KindHolder} {
			name := map[catalog.Kind]string{catalog.KindMember: "t", catalog.KindHolder: "r"}[kind]
			err := w.client.Apply(t.Context(), catalog.Step{Verb: catalog.Add, Kind: kind, Name: name, Person: email}, w.read())
			if e := is(t, err, openmetadata.ErrNotFound); !e.Permanent() {
				t.Errorf("%s: %v", email, e)
			}
		}
	}
	// A deletion of what is not there is done.
	check(t, w.client.Apply(t.Context(), catalog.Step{Verb: catalog.Delete, Kind: catalog.KindRole, Name: "gone"}, w.read()))
	for _, s := range []catalog.Step{{Verb: catalog.Update, Kind: catalog.KindRole, Name: "gone", Role: &catalog.Role{Name: "gone"}}, {Verb: catalog.Update, Kind: catalog.KindTeam, Name: "gone", Team: &catalog.Team{Name: "gone", Parents: []string{"gone"}}}} {
		is(t, w.client.Apply(t.Context(), s, w.read()), openmetadata.ErrNotFound)
	}
}

// What only this system knows does not reach the catalogue, which would refuse all of the policy.
func TestWhatOnlyWeKnowStaysHere(t *testing.T) {
	w := newProvokingWorld(t)
	d := wanted()
	d.Policies = append(d.Policies, catalog.Policy{Name: "ours", Rules: []catalog.Rule{{Name: "r", Effect: "allow", Operations: []string{"Checkout"}, Resources: []string{"all"}}}})
	d.Policies[2].Rules[0].Operations = append(d.Policies[2].Rules[0].Operations, "Checkout")
	d.Roles[0].Policies = append(d.Roles[0].Policies, "ours")
	plan, present := w.plan(d)
	refused := 0
	for _, s := range plan.Steps {
		if err := w.client.Apply(t.Context(), s, present); errors.Is(err, openmetadata.ErrInvalid) {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d steps were refused", refused)
	}
	w.carry(d.ForCatalog([]string{"Checkout"}, nil, nil, nil))
}

// Whoever is given a role, or loses it, keeps those that somebody else has given them.
func TestRolesOfOthersStay(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	present := w.read()
	var id, theirs string
	for _, u := range present.Users {
		if u.Email == aiko {
			id = u.ID
		}
	}
	for _, r := range present.Roles {
		if r.Name == "DataSteward" {
			theirs = r.ID
		}
	}
	w.send("PATCH", "users/"+id, []map[string]any{{"op": "add", "path": "/roles", "value": []map[string]string{{"id": theirs, "type": "role"}}}})
	held := func() (out []string) {
		for _, r := range w.server.Roles() {
			if slices.Contains(r.Users, aiko) {
				out = append(out, r.Name)
			}
		}
		return out
	}
	for _, step := range []struct {
		verb catalog.Verb
		want []string
	}{{catalog.Add, []string{"DataSteward", "steward.1"}}, {catalog.Remove, []string{"DataSteward"}}} {
		check(t, w.client.Apply(t.Context(), catalog.Step{Verb: step.verb, Kind: catalog.KindHolder, Name: "steward.1", Person: aiko}, present))
		if diff := cmp.Diff(step.want, held()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.verb, diff)
		}
	}
}

// A policy of ours that somebody has switched off is in force again.
func TestASwitchedOffPolicyIsSwitchedOn(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	for _, p := range w.read().Policies {
		if p.Name == "look" {
			w.send("PATCH", "policies/"+p.ID, []map[string]any{{"op": "add", "path": "/enabled", "value": false}})
		}
	}
	if plan, _ := w.plan(wanted()); len(plan.Steps) != 1 || !strings.Contains(plan.Steps[0].String(), "enabled no → yes") {
		t.Fatalf("the plan is %v", plan.Lines())
	}
	w.carry(wanted())
}

// A team that was deleted as a Group stays one: it is not brought back, with those who were in it, where something else is
// wanted under its name. As a Group it is, without them.
func TestADeletedGroupIsBroughtBackAsAGroupOnly(t *testing.T) {
	for kind, back := range map[string]bool{catalog.TypeDivision: false, catalog.TypeGroup: true} {
		w := newWorld(t)
		d := wanted()
		d.Teams = append(d.Teams, catalog.Team{Name: "box", Type: catalog.TypeGroup, Members: []string{aiko, taro}, DefaultRoles: []string{"steward.1"}})
		w.carry(d)
		d.Teams = d.Teams[:len(d.Teams)-1]
		w.carry(d) // it is deleted
		d.Teams = append(d.Teams, catalog.Team{Name: "box", Type: kind, Members: []string{ken}})
		plan, present := w.plan(d)
		var refused error
		for _, s := range plan.Steps {
			if err := w.client.Apply(t.Context(), s, present); err != nil && refused == nil {
				refused = err
			}
		}
		_, there := w.server.Team("box")
		if there != back || errors.Is(refused, openmetadata.ErrConflict) == back {
			t.Errorf("%s: there %t, %v", kind, there, refused)
		}
	}
}

// Owners whom somebody gives a team or a policy of ours could change it by a rule about owners: that is drift, and put
// back. Who owns what others have made is theirs to say.
func TestOwnersOfWhatIsOursAreTaken(t *testing.T) {
	w := newWorld(t)
	w.carry(wanted())
	own := func(of, id string) {
		w.send("PATCH", of+"/"+id, []map[string]any{{"op": "add", "path": "/owners", "value": []map[string]string{{"id": w.id(ken), "type": "user"}}}})
	}
	for _, p := range w.read().Policies {
		if p.Name == "look" || p.Name == "DataConsumerPolicy" {
			own("policies", p.ID)
		}
	}
	own("teams", idOf(w, "team", "etl"))
	plan, _ := w.plan(wanted())
	name := ""
	for _, u := range w.read().Users {
		if u.Email == ken {
			name = u.Name
		}
	}
	var lines []string
	for _, s := range plan.Steps {
		s.Drift = ""
		lines = append(lines, s.String())
	}
	if diff := cmp.Diff([]string{"update team etl: owners " + name + " → nothing", "update policy look: owners " + name + " → nothing"}, lines); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	w.carry(wanted())
	owned := []string{}
	for _, p := range w.read().Policies {
		if len(p.Owners) > 0 {
			owned = append(owned, p.Name)
		}
	}
	for _, is := range w.read().Teams {
		if len(is.Owners) > 0 {
			owned = append(owned, is.Name)
		}
	}
	if !slices.Equal(owned, []string{"DataConsumerPolicy"}) {
		t.Errorf("with owners: %q", owned)
	}
}
