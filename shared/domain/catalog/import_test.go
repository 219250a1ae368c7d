package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

func TestImport(t *testing.T) {
	p := begin(aiko, ken)
	theirs := func(name string) catalog.Entity { return catalog.Entity{Name: name} }
	p.Policies = append(p.Policies, catalog.PresentPolicy{Entity: theirs("Look here"), Disabled: true, Rules: []catalog.Rule{rule("b", "deny", "!matchTeam() && noOwner()"), rule("a", "allow", "")}})
	p.Policies[len(p.Policies)-1].Rules[1].Description = "Everybody looks.\n"
	p.Roles[0].Holders = []string{aiko}
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: theirs("steward"), Policies: []string{"Look here", "DataConsumerPolicy"}, Holders: []string{ken}})
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: theirs("data"), Type: catalog.TypeDivision, DefaultRoles: []string{"steward"}},
		catalog.PresentTeam{Entity: theirs("etl"), Type: catalog.TypeDepartment, Parents: []string{"ml", "data"}, Policies: []string{"Look here"}, Members: []string{aiko, ken}})
	got, notes := catalog.Import(p, nil, nil)
	wantNotes := []string{
		`"Look here" cannot be a name in the policy: rename it in the catalogue`,
		"policy Look here is switched off in the catalogue: take it out, or it is in force",
		"role DataConsumer belongs to the catalogue: who has it is not changed there",
		"team etl: write the Google Group that has its people, of whom there are 2",
	}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	want := `version: 1
catalog: {mode: report}
teams:
  - {name: "Organization", type: "Organization", policies: ["OrganizationPolicy"], default_roles: ["DataConsumer"]}
  - {name: "data", type: "Division", default_roles: ["steward"]}
  - {name: "etl", type: "Department", parents: ["data", "ml"], policies: ["Look here"]}
roles:
  - {name: "DataConsumer", policies: ["DataConsumerPolicy"], members: ["user:aiko@example.com"]}
  - {name: "steward", policies: ["DataConsumerPolicy", "Look here"], members: ["user:ken@example.com"]}
policies:
  - name: "DataConsumerPolicy"
    rules:
      - {name: "edit", effect: "allow", operations: ["ViewAll"], resources: ["all"]}
  - name: "Look here"
    rules:
      - {name: "a", description: "Everybody looks.", effect: "allow", operations: ["ViewAll"], resources: ["all"]}
      - {name: "b", effect: "deny", operations: ["ViewAll"], resources: ["all"], condition: "!matchTeam() && noOwner()"}
  - name: "OrganizationPolicy"
    rules:
      - {name: "owner", effect: "allow", operations: ["ViewAll"], resources: ["all"], condition: "isOwner()"}
`
	if diff := cmp.Diff(want, got.PolicyFile()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (catalog.Desired{}).PolicyFile(); strings.TrimSpace(got) != "version: 1\ncatalog: {mode: report}" {
		t.Errorf("of nothing: %q", got)
	}
}

// What a rule says of everything in the catalogue is not meant for what only this system has.
func TestImportedRulesAreAboutTheCatalogueAlone(t *testing.T) {
	about := func(name string, resources ...string) catalog.Rule {
		return catalog.Rule{Name: name, Effect: "deny", Operations: []string{"All", "Deploy"}, Resources: resources}
	}
	rules := []catalog.Rule{about("everything", "table", "All"), about("policies", "policy"), about("tables", "table"), rule("look", "allow", "")}
	p := begin()
	p.Policies = []catalog.PresentPolicy{{Entity: catalog.Entity{Name: "theirs"}, Rules: rules}, {Entity: entity("ours"), Rules: rules}}
	got, notes := catalog.Import(p, []string{"Create", "ViewAll", "ViewBasic", "Deploy"}, []string{"access", "policy"})
	wantNotes := []string{
		"rule everything of policy ours is about all that is done with Sekisho as well: see that it is meant",
		"rule everything of policy theirs has the operations of the catalogue in place of All, which would deny what is done with Sekisho as well",
		"rule policies of policy ours is about all that is done with Sekisho as well: see that it is meant",
		"rule policies of policy theirs has the operations of the catalogue in place of All, which would deny what is done with Sekisho as well",
	}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	operations := map[string][]string{}
	for _, p := range got.Policies {
		for _, r := range p.Rules {
			operations[p.Name+" "+r.Name] = r.Operations
		}
	}
	all, written := []string{"All", "Deploy"}, []string{"Create", "Deploy", "ViewAll"}
	want := map[string][]string{
		"ours everything": all, "ours policies": all, "ours tables": all, "ours look": {"ViewAll"},
		"theirs everything": written, "theirs policies": written, "theirs tables": all, "theirs look": {"ViewAll"},
	}
	if diff := cmp.Diff(want, operations); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

// What this system has made, imported, is what it was made of.
func TestImportOfOurOwn(t *testing.T) {
	present := carry(t, diff(t, company(), begin(aiko, ken, yui)), begin(aiko, ken, yui))
	got, _ := catalog.Import(present, []string{"Create"}, []string{"access"})
	got.Us = us
	for i := range got.Teams {
		for _, team := range company().Teams {
			if team.Name == got.Teams[i].Name {
				got.Teams[i].Members = team.Members // the Google Group that somebody writes
			}
		}
	}
	if plan := diff(t, got, present); !plan.Empty() {
		t.Errorf("importing changes something: %v", plan.Lines())
	}
}
