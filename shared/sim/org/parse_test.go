package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/sim/org"
)

const publicForm = `groups:
- email-id: Blog@Kubernetes.example
  name: blog
  settings:
    ReconcileMembers: 'true'
    WhoCanPostMessage: ANYONE_CAN_POST
    DefaultSender: GROUP
  owners: [u1@vmware.example, U2@Gmail.example]
  managers: [u3@gmail.example]
  members: [u2@gmail.example, leads@kubernetes.example, robot@prj.iam.gserviceaccount.com]
- email-id: leads@kubernetes.example
  owners: [u1@vmware.example]
`

func parse(t *testing.T, text string) *org.Company {
	t.Helper()
	c, err := org.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func emails(people []org.Person) []string {
	var out []string
	for _, p := range people {
		out = append(out, p.Email)
	}
	return out
}

func TestParsePublicForm(t *testing.T) {
	c := parse(t, publicForm)
	want := []org.Group{
		{
			Email: "blog@kubernetes.example", Name: "blog",
			Owners:   []string{"u1@vmware.example", "u2@gmail.example"},
			Managers: []string{"u3@gmail.example"},
			Members:  []string{"leads@kubernetes.example", "robot@prj.iam.gserviceaccount.com"},
			Settings: map[string]string{"whoCanPostMessage": "ANYONE_CAN_POST", "default_sender": "GROUP"},
		},
		{Email: "leads@kubernetes.example", Name: "Leads", Owners: []string{"u1@vmware.example"}},
	}
	if diff := cmp.Diff(want, c.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if got, want := c.Domain, "kubernetes.example"; got != want {
		t.Errorf("domain: got %s, want %s", got, want)
	}
	wantPeople := []org.Person{
		{Email: "u1@vmware.example", Name: "U1", Locale: "en", Slack: true},
		{Email: "u2@gmail.example", Name: "U2", Locale: "en", Slack: true},
		{Email: "u3@gmail.example", Name: "U3", Locale: "en", Slack: true},
	}
	if diff := cmp.Diff(wantPeople, c.People, cmpopts.IgnoreUnexported(org.Person{})); diff != "" {
		t.Errorf("members of any domain become people, groups and service accounts do not (-want +got):\n%s", diff)
	}
}

func TestParseCompanyForm(t *testing.T) {
	c := parse(t, `domain: Example.com
people:
  - {email: Aiko@example.com, name: 佐藤 愛子, manager: Ken@example.com, locale: ja, aliases: [a.sato@example.com], slack: true, suspended: false}
  - {email: sam@example.com, slack: false, suspended: true, admin: true}
groups:
  - {email: data@example.com, name: Data, owners: [ken@example.com], managers: [], members: [AIKO@example.com, guest@else.example], settings: {whoCanViewGroup: ALL_IN_DOMAIN_CAN_VIEW}}
looker:
  self: sekisho@example.com
  roles: [Admin, User]
  users:
    - {email: aiko@example.com, roles: [User], created: 2025-01-10T00:00:00Z, disabled: true, staff: true, service_account: true, api3: true, credentials: {google: 2026-05-01T09:00:00+09:00, email: null}}
projects:
  - {id: etl-prj-prd, bindings: [{role: roles/viewer, members: ["user:ken@example.com"]}]}
fivetran:
  groups: [{id: thicket_confronted, name: Snowflake_prod}]
openmetadata:
  tables: [{name: sample.fact_table, owners: [Aiko@example.com], tags: [Tier.Tier1]}]
`)
	want := &org.Company{
		Domain: "example.com",
		People: []org.Person{
			{Email: "aiko@example.com", Name: "佐藤 愛子", Manager: "ken@example.com", Locale: "ja", Aliases: []string{"a.sato@example.com"}, Slack: true},
			{Email: "ken@example.com", Name: "Ken", Locale: "en", Slack: true},
			{Email: "sam@example.com", Name: "Sam", Locale: "en", Suspended: true, Admin: true},
		},
		Groups: []org.Group{{
			Email: "data@example.com", Name: "Data", Owners: []string{"ken@example.com"},
			Members:  []string{"aiko@example.com", "guest@else.example"},
			Settings: map[string]string{"whoCanViewGroup": "ALL_IN_DOMAIN_CAN_VIEW"},
		}},
		Looker: org.Looker{
			Self: "sekisho@example.com", Roles: []string{"Admin", "User"},
			Users: []org.LookerUser{{
				Email: "aiko@example.com", Roles: []string{"User"}, Created: time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC),
				Disabled: true, Staff: true, ServiceAccount: true, API3: true,
				Credentials: map[string]time.Time{"google": time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), "email": {}},
			}},
		},
		Projects:     []org.Project{{ID: "etl-prj-prd", Bindings: []org.Binding{{Role: "roles/viewer", Members: []string{"user:ken@example.com"}}}}},
		Fivetran:     org.Fivetran{Groups: []org.FivetranGroup{{ID: "thicket_confronted", Name: "Snowflake_prod"}}},
		OpenMetadata: org.OpenMetadata{Tables: []org.Table{{Name: "sample.fact_table", Owners: []string{"aiko@example.com"}, Tags: []string{"Tier.Tier1"}}}},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(org.Person{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseReportsWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		in   string
		want []string // each must be in the error
	}{
		"nothing":                     {"", []string{"f.yaml:1: the file must hold one YAML document"}},
		"two documents":               {"domain: a.example\n---\ndomain: b.example\n", []string{"f.yaml:1: the file must hold one YAML document"}},
		"broken YAML":                 {"groups: [\n", []string{"f.yaml:1: "}},
		"a list":                      {"- a\n", []string{"f.yaml:"}},
		"unknown key at the top":      {"domain: a.example\ngruops: []\n", []string{`f.yaml:2: unknown key "gruops"; the keys here are domain, fivetran, folders, groups, looker, openmetadata, organization, people, projects`}},
		"unknown key deep down":       {"looker:\n  users:\n  - email: a@b.example\n    rolls: [x]\n", []string{`f.yaml:4: unknown key "rolls"`, "api3, created, credentials"}},
		"unknown key, public form":    {"groups:\n- email-id: a@b.example\n  member: [x@y.example]\n", []string{`f.yaml:3: unknown key "member"`, "members"}},
		"the two forms mixed":         {"groups:\n- email-id: a@b.example\n- email: c@b.example\n", []string{`f.yaml:3: unknown key "email"`}},
		"a key twice":                 {"domain: a.example\ndomain: b.example\n", []string{"f.yaml:2: ", "already defined"}},
		"a tag":                       {"groups:\n- email-id: a@b.example\n  managers: !x\n", []string{"f.yaml:3: leave out the tag !x"}},
		"a wrong type":                {"people: 3\n", []string{"f.yaml:1: "}},
		"no address":                  {"groups:\n- name: x\n  email: ''\n", []string{`f.yaml:3: "" is not an e-mail address; write one such as`}},
		"a member without domain":     {"groups:\n- email-id: a@b.example\n  members:\n  - x@y.example\n  - bob\n", []string{`f.yaml:5: "bob" is not an e-mail address`}},
		"a group in itself":           {"groups:\n- email: a@b.example\n  members: [c@b.example, A@b.example]\n", []string{"f.yaml:3: a@b.example cannot be a member of itself"}},
		"a group twice":               {"groups:\n- email-id: a@b.example\n- email-id: A@b.example\n", []string{"f.yaml:3: a@b.example is in the file twice; write each group once"}},
		"an alias that is a group":    {"people:\n- {email: p@b.example, aliases: [g@b.example]}\ngroups:\n- email: g@b.example\n", []string{"f.yaml:4: g@b.example belongs to an alias of p@b.example and to a group"}},
		"an unknown setting":          {"groups:\n- email-id: a@b.example\n  settings:\n    WhoCanFly: 'true'\n", []string{"f.yaml:4: WhoCanFly is not a setting of Google Groups; write one such as whoCanViewGroup"}},
		"an impossible value":         {"groups:\n- email: a@b.example\n  settings: {whoCanJoin: NOBODY}\n", []string{`f.yaml:3: whoCanJoin cannot be "NOBODY"; write one of INVITED_CAN_JOIN, `}},
		"a switch that is neither":    {"groups:\n- email: a@b.example\n  settings: {archiveOnly: SOME_OF_IT}\n", []string{`f.yaml:3: archiveOnly cannot be "SOME_OF_IT"; write one of false, true`}},
		"ReconcileMembers of ours":    {"groups:\n- email: a@b.example\n  settings: {ReconcileMembers: 'true'}\n", []string{"f.yaml:3: ReconcileMembers is not a setting"}},
		"a time that is none":         {"looker:\n  users:\n  - {email: a@b.example, created: yesterday}\n", []string{`f.yaml:3: "yesterday" is not a time; write one such as 2026-05-01T00:00:00Z`}},
		"a sign-in that is none":      {"looker:\n  users:\n  - email: a@b.example\n    credentials:\n      google: soon\n", []string{`f.yaml:5: "soon" is not a time`}},
		"a Looker role that is none":  {"looker:\n  roles: [User]\n  users:\n  - {email: a@b.example, roles: [Usr]}\n", []string{`f.yaml:4: the Looker role "Usr" does not exist; write one of User`}},
		"a Looker user twice":         {"looker:\n  users:\n  - {email: a@b.example}\n  - {email: A@b.example}\n", []string{"f.yaml:4: the Looker user a@b.example is in the file twice"}},
		"an IAM member without kind":  {"projects:\n- id: p\n  bindings:\n  - {role: roles/viewer, members: [a@b.example]}\n", []string{`f.yaml:4: "a@b.example" is not an IAM member; write its kind too, such as user:a@b.example`}},
		"a binding without role":      {"projects:\n- id: p\n  bindings:\n  - {members: []}\n", []string{"f.yaml:4: the binding has no role"}},
		"a project without id":        {"projects:\n- bindings: []\n", []string{"f.yaml:2: the project has no name"}},
		"a table twice":               {"openmetadata:\n  tables:\n  - {name: a}\n  - {name: a}\n", []string{"f.yaml:4: the table a is in the file twice"}},
		"several problems at a time":  {"groups:\n- email: a\n- email: b\n", []string{"f.yaml:2: ", "f.yaml:3: "}},
		"a domain that is an address": {"domain: me@b.example\n", []string{`f.yaml:1: "me@b.example" is not a domain`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := org.Parse("f.yaml", []byte(test.in))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestDemoIsWhole(t *testing.T) {
	c := org.Demo()
	if len(c.People) < 14 || len(c.Groups) < 10 || len(c.Looker.Users) < 10 || len(c.Projects) != 1 ||
		len(c.Fivetran.Groups) == 0 || len(c.OpenMetadata.Tables) == 0 {
		t.Errorf("the demo company lacks something: %+v", c)
	}
	known := map[string]bool{}
	for _, p := range c.People {
		known[p.Email] = true
	}
	for _, p := range c.People {
		if p.Manager != "" && !known[p.Manager] {
			t.Errorf("%s has the manager %s, who does not exist", p.Email, p.Manager)
		}
	}
	if known["secure_anchor@example.com"] {
		t.Error("the anchor is a group and must not be a person too")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(publicForm)
	f.Add("domain: example.com\npeople: [{email: a@b.example, slack: false}]\nlooker: {users: [{email: a@b.example, credentials: {google: null}}]}\n")
	f.Add("groups: [{email: a@b.example, settings: {'a.b[0]': x}}]\n")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := org.Parse("f.yaml", []byte(in))
		if (c == nil) == (err == nil) {
			t.Errorf("got company %v and error %v", c, err)
		}
	})
}
