package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// shared is a policy with rules about everything, and one about what people own.
const shared = `version: 1
access:
  - {name: prod-write, project: etl-prj-prd, roles: [roles/run.admin], eligible: [group:etl-team@example.com], max: 8h, approval: quorum}
teams:
  - {name: Organization, type: Organization, default_roles: [employee]}
roles:
  - {name: employee, policies: [everyone]}
  - {name: approver, policies: [approve], members: [group:leads@example.com]}
policies:
  - name: everyone
    rules:
      - {name: look, effect: allow, operations: [ViewAll, EditDescription], resources: [all]}
      - {name: own, effect: allow, operations: [EditAll, Delete], resources: [table], condition: isOwner()}
  - name: approve
    rules:
      - {name: settings, effect: allow, operations: [ApproveSettings], resources: [group]}
      - {name: access, effect: allow, operations: [ApproveAccess], resources: [access]}
approvals:
  - {kinds: [access.grant], quorum: [{count: 1, from: group:leads@example.com}]}
`

// managed is the company of the tests, in which Yui reports to Aiko.
func managed(t *testing.T) *demoCompany {
	t.Helper()
	data, err := os.ReadFile("testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := org.Parse("company.yaml", []byte(edited(t, string(data), "name: Yui}", "name: Yui, manager: aiko@example.com}")))
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemo(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Aiko owns the group that is eligible for the access, Lena is a lead. Of the others nothing is said here.
func TestWhoGainsAndLoses(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to     string
		gains, loses []string
	}{
		"nothing": {"version: 1", "version: 1", nil, nil},
		"a rule about everything": {
			"[ViewAll, EditDescription], resources: [all]", "[EditAll, Delete], resources: [all]",

			[]string{
				"aiko@example.com Delete on everything else: no rule allows it -> allowed by the rule look of the policy everyone",
				"aiko@example.com EditAll on everything else: no rule allows it -> allowed by the rule look of the policy everyone",
				"lena@example.com Delete on everything else: no rule allows it -> allowed by the rule look of the policy everyone",
				"lena@example.com EditAll on everything else: no rule allows it -> allowed by the rule look of the policy everyone",
				"aiko@example.com Delete on table; nobody's; somebody else's: no rule allows it -> allowed by the rule look of the policy everyone",
				"aiko@example.com EditAll on table; nobody's; somebody else's: no rule allows it -> allowed by the rule look of the policy everyone",
				"lena@example.com Delete on table; nobody's; somebody else's: no rule allows it -> allowed by the rule look of the policy everyone",
				"lena@example.com EditAll on table; nobody's; somebody else's: no rule allows it -> allowed by the rule look of the policy everyone",
			},
			[]string{
				"aiko@example.com ViewAll on everything else: allowed by the rule look of the policy everyone -> no rule allows it",
				"lena@example.com ViewAll on everything else: allowed by the rule look of the policy everyone -> no rule allows it",
				"aiko@example.com ViewAll on table; nobody's; somebody else's; their own: allowed by the rule look of the policy everyone -> no rule allows it",
				"lena@example.com ViewAll on table; nobody's; somebody else's; their own: allowed by the rule look of the policy everyone -> no rule allows it",
			},
		},
		"owners of tables": {
			"      - {name: own, effect: allow, operations: [EditAll, Delete], resources: [table], condition: isOwner()}\n", "",
			nil,
			[]string{
				"aiko@example.com Delete on table; their own: allowed by the rule own of the policy everyone -> no rule allows it",
				"aiko@example.com EditAll on table; their own: allowed by the rule own of the policy everyone -> no rule allows it",
				"lena@example.com Delete on table; their own: allowed by the rule own of the policy everyone -> no rule allows it",
				"lena@example.com EditAll on table; their own: allowed by the rule own of the policy everyone -> no rule allows it",
			},
		},
		"a deny about what is tagged": {
			"      - {name: own,", "      - {name: pii, effect: deny, operations: [All], resources: [table], condition: \"matchAnyTag('PII.Sensitive')\"}\n      - {name: own,",
			nil,
			[]string{
				"aiko@example.com EditDescription on table; nobody's, tagged PII.Sensitive; somebody else's, tagged PII.Sensitive; their own, tagged PII.Sensitive: allowed by the rule look of the policy everyone -> denied by the rule pii of the policy everyone",
				"aiko@example.com ViewAll on table; nobody's, tagged PII.Sensitive; somebody else's, tagged PII.Sensitive; their own, tagged PII.Sensitive: allowed by the rule look of the policy everyone -> denied by the rule pii of the policy everyone",
				"aiko@example.com Delete on table; their own, tagged PII.Sensitive: allowed by the rule own of the policy everyone -> denied by the rule pii of the policy everyone",
				"aiko@example.com EditAll on table; their own, tagged PII.Sensitive: allowed by the rule own of the policy everyone -> denied by the rule pii of the policy everyone",
				"lena@example.com EditDescription on table; nobody's, tagged PII.Sensitive; somebody else's, tagged PII.Sensitive; their own, tagged PII.Sensitive: allowed by the rule look of the policy everyone -> denied by the rule pii of the policy everyone",
				"lena@example.com ViewAll on table; nobody's, tagged PII.Sensitive; somebody else's, tagged PII.Sensitive; their own, tagged PII.Sensitive: allowed by the rule look of the policy everyone -> denied by the rule pii of the policy everyone",
				"lena@example.com Delete on table; their own, tagged PII.Sensitive: allowed by the rule own of the policy everyone -> denied by the rule pii of the policy everyone",
				"lena@example.com EditAll on table; their own, tagged PII.Sensitive: allowed by the rule own of the policy everyone -> denied by the rule pii of the policy everyone",
			},
		},
		"nobody named to decide about settings": {
			"      - {name: settings, effect: allow, operations: [ApproveSettings], resources: [group]}\n", "",
			[]string{
				"aiko@example.com ApproveSettings on group; etl-team@example.com: no rule allows it -> owners and administrators decide",
			},
			[]string{
				"lena@example.com ApproveSettings on group; data@example.com; etl-team@example.com; leads@example.com; payroll@example.com; secure_anchor@example.com: allowed by the rule settings of the policy approve -> no rule allows it",
			},
		},
		"nobody named to decide about access, but by an entry": {
			"operations: [ApproveAccess]", "operations: [ViewBasic]",
			[]string{
				"aiko@example.com ApproveAccess on access; prod-write: no rule allows it -> owners and administrators decide, of access.revoke, access.review",
			},
			[]string{
				"lena@example.com ApproveAccess on access; prod-write: allowed by the rule access of the policy approve -> no rule allows it, of access.revoke, access.review",
			},
		},
		"a deny of what everybody may ask": {
			"      - {name: own,", "      - {name: no, effect: deny, operations: [RequestAccess], resources: [access]}\n      - {name: own,",
			nil,
			[]string{
				"aiko@example.com RequestAccess on access; prod-write: everybody may ask -> denied by the rule no of the policy everyone",
				"lena@example.com RequestAccess on access; prod-write: everybody may ask -> denied by the rule no of the policy everyone",
			},
		},
		"others who are asked, and not those whom rules allow it": {
			"approvals:\n", "approvals:\n  - {kinds: [group.settings], quorum: [{count: 1, from: \"user:aiko@example.com\"}]}\n",
			[]string{
				"aiko@example.com OverrideBrake on brake: no rule allows it -> named by the approvals as user:aiko@example.com, of group.settings.plan",
				"aiko@example.com ApproveSettings on group; data@example.com; etl-team@example.com; leads@example.com; payroll@example.com; secure_anchor@example.com: no rule allows it -> named by the approvals as user:aiko@example.com",
			},
			[]string{
				"lena@example.com ApproveSettings on group; data@example.com; etl-team@example.com; leads@example.com; payroll@example.com; secure_anchor@example.com: " +
					"allowed by the rule settings of the policy approve -> allowed by the rule settings of the policy approve, but the approvals ask 1 of user:aiko@example.com",
			},
		},
		"somebody who is asked after a while": {
			"[{count: 1, from: group:leads@example.com}]", "[{count: 1, from: group:leads@example.com}], escalate: {after: 4h, to: \"user:aiko@example.com\"}",
			[]string{
				"aiko@example.com ApproveAccess on access; prod-write: no rule allows it -> named by the approvals as user:aiko@example.com, after 4h, of access.grant",
			},
			nil,
		},
		"managers in place of leads": { // Aiko manages Yui
			"from: group:leads@example.com", "from: manager",
			[]string{
				"aiko@example.com ApproveAccess on access; prod-write: no rule allows it -> named by the approvals as manager of who asks, of access.grant",
			},
			[]string{
				"lena@example.com ApproveAccess on access; prod-write: allowed by the rule access of the policy approve -> allowed by the rule access of the policy approve, but the approvals ask 1 of manager, of access.grant",
			},
		},
		"a larger quorum of the same": {"[{count: 1, from: group:leads@example.com}]", "[{count: 2, from: group:leads@example.com}]", nil, nil},
		"a deny of what whom it concerns may have undone": {
			"      - {name: own,", "      - {name: no, effect: deny, operations: [Undo], resources: [access]}\n      - {name: own,",
			nil,
			[]string{
				"aiko@example.com Undo on access; prod-write: those whom it concerns may ask for it, and those who decide about such changes -> denied by the rule no of the policy everyone",
				"lena@example.com Undo on access; prod-write: those whom it concerns may ask for it, and those who decide about such changes -> denied by the rule no of the policy everyone",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := managed(t)
			c, err := opened(t, d, "").compare(t.Context(), written(t, shared), written(t, edited(t, shared, tt.from, tt.to)), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			said := func(shifts []shiftReport) (out []string) {
				for _, s := range shifts {
					if slices.Contains([]string{"aiko@example.com", "lena@example.com"}, s.Person) {
						out = append(out, s.Person+" "+string(s.Operation)+" on "+strings.Join(append([]string{s.Type}, s.Resources...), "; ")+": "+s.Now+" -> "+s.Then)
					}
				}
				return out
			}
			if diff := cmp.Diff(tt.gains, said(c.Gains)); diff != "" {
				t.Errorf("who gains (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.loses, said(c.Loses)); diff != "" {
				t.Errorf("who loses (-want +got):\n%s", diff)
			}
		})
	}
}

// Who is suspended may nothing under any policy, with rules and without: they neither gain nor lose. Lena is a lead,
// and Mika administers the directory.
func TestWhoIsSuspendedNeitherGainsNorLoses(t *testing.T) {
	data, err := os.ReadFile("testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := org.Parse("company.yaml", []byte(edited(t, string(data), "name: Lena}", "name: Lena, suspended: true}", "name: Mika,", "name: Mika, suspended: true,")))
	if err != nil {
		t.Fatal(err)
	}
	const none = "version: 1\n"
	for name, policies := range map[string][2]string{"to no rules": {shared, none}, "from no rules": {none, shared}} {
		t.Run(name, func(t *testing.T) {
			d, err := newDemo(c)
			if err != nil {
				t.Fatal(err)
			}
			out, err := opened(t, d, "").compare(t.Context(), written(t, policies[0]), written(t, policies[1]), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range slices.Concat(out.Gains, out.Loses) {
				if s.Person == "lena@example.com" || s.Person == "mika@example.com" {
					t.Errorf("%s %s on %s: %s -> %s", s.Person, s.Operation, s.Type, s.Now, s.Then)
				}
			}
			if len(out.Gains)+len(out.Loses) == 0 {
				t.Error("nobody gains or loses anything")
			}
		})
	}
}

// braked has all that is no question of who agrees.
const braked = shared + `settings:
  mode: ask
  brake: {max: 5}
  rules: {general: [{field: whoCanJoin, needles: [ANYONE_CAN_JOIN], replace: CAN_REQUEST_TO_JOIN}]}
  exceptions: [{group: data@example.com, field: whoCanJoin, until: 2027-01-31, reason: until the move}]
inactivity:
  looker: {after: 180d, mode: ask, channel: "#looker-admins", brake: {max: 5}, grace: 30d, spare: {groups: [leads@example.com]}}
catalog: {mode: ask, brake: {max: 5}}
`

// What is loosened without anybody being asked less is named as not compared, and what is the same is not.
func TestWhatIsNoQuestionOfWhoAgreesIsNamed(t *testing.T) {
	const anyway = ", which do not count as asking less, however they differ"
	for name, tt := range map[string]struct{ from, to, want string }{
		"the same":                {"version: 1", "version: 1", ""},
		"longer access":           {"max: 8h", "max: 24h", "max of prod-write in access"},
		"a reason of any form":    {"max: 8h,", "max: 8h, reason: '^JIRA-',", "reason of prod-write in access"},
		"both":                    {"max: 8h,", "max: 4h, reason: '^JIRA-',", "max of prod-write in access, reason of prod-write in access"},
		"another name":            {"{name: prod-write,", "{name: prod-writing,", ""},
		"the brake of settings":   {"brake: {max: 5}\n  rules", "brake: {max: 500}\n  rules", "brake in settings"},
		"the brake of accounts":   {"admins\", brake: {max: 5}", "admins\", brake: {percent: 90}", "brake of looker in inactivity"},
		"no brake of the account": {"admins\", brake: {max: 5},", "admins\",", "brake of looker in inactivity"},
		"the brake of the others": {"{mode: ask, brake: {max: 5}}", "{mode: ask, brake: {max: 6}}", "brake in catalog"},
		"an exception":            {"until: 2027-01-31", "until: 2027-01-30", "exceptions in settings"},
		"who is spared":           {"leads@example.com]}}", "leads@example.com, etl-team@example.com]}}", "spare of looker in inactivity"},
		"when accounts are idle":  {"after: 180d", "after: 360d", "deadlines of looker in inactivity"},
		"how long people have":    {"leads@example.com}]}\n", "leads@example.com}], deadline: 2d}\n", "deadlines in approvals"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := opened(t, company(t), "").compare(t.Context(), written(t, braked), written(t, edited(t, braked, tt.from, tt.to)), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range c.NotCompared {
				if before, ok := strings.CutSuffix(s, anyway); ok {
					got = append(got, before)
				}
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("not compared: %q, want %q", c.NotCompared, tt.want)
			}
			if tt.want == "" {
				return
			}
			if text := strings.Join(c.sections()[0].Lines, " "); !strings.Contains(text, tt.want+anyway) {
				t.Errorf("it is not printed:\n%s", text)
			}
		})
	}
}

// A connection has the owner whom its request names: who may ask for those to data of their own, may still
// ask, and the owner decides where the approvals ask the owners. Of what others ask nothing is said here.
func TestWhoMayAskForConnectionsToWhoseData(t *testing.T) {
	with := func(rules string) string {
		return edited(t, shared, "  - name: approve\n", rules+"  - name: approve\n")
	}
	rule := func(name, effect, operation, condition string) string {
		return "      - {name: " + name + ", effect: " + effect + ", operations: [" + operation + "], resources: [connection]" + condition + "}\n"
	}
	anybody := with(rule("ask", "allow", "RequestConnection", ""))
	const own = ", condition: isOwner()"
	for name, tt := range map[string]struct {
		before, after string
		gains, loses  []string
	}{
		"to their own only": {
			anybody, with(rule("ask", "allow", "RequestConnection", own)),
			nil,
			[]string{"RequestConnection on somebody else's: allowed by the rule ask of the policy everyone -> no rule allows it"},
		},
		"to their own only, where no rule spoke of it": {
			shared, with(rule("ask", "allow", "RequestConnection", own)),
			nil,
			[]string{"RequestConnection on somebody else's: everybody may ask -> no rule allows it"},
		},
		"not to their own": {
			shared, with(rule("not", "deny", "RequestConnection", own)),
			nil,
			[]string{"RequestConnection on their own: everybody may ask -> denied by the rule not of the policy everyone"},
		},
		"to those that somebody owns, which are all": {
			anybody, with(rule("ask", "allow", "RequestConnection", ", condition: \"!noOwner()\"")), nil, nil,
		},
		"to those that nobody owns, which are none": {
			anybody, with(rule("ask", "allow", "RequestConnection", ", condition: noOwner()")),
			nil,
			[]string{"RequestConnection on somebody else's; their own: allowed by the rule ask of the policy everyone -> no rule allows it"},
		},
		"nobody in particular": {
			anybody, with(rule("not", "deny", "RequestConnection", "")),
			nil,
			[]string{"RequestConnection on : allowed by the rule ask of the policy everyone -> denied by the rule not of the policy everyone"},
		},
		"to decide about others' no more": {
			with(rule("decide", "allow", "ApproveConnection", "")), with(rule("decide", "allow", "ApproveConnection", own)),
			nil,
			[]string{"ApproveConnection on somebody else's: allowed by the rule decide of the policy everyone -> no rule allows it"},
		},
		"others than the owner decide": {
			with(rule("ask", "allow", "RequestConnection", own)),
			edited(t, with(rule("ask", "allow", "RequestConnection", own)), "approvals:\n", "approvals:\n  - {kinds: [connection.create], quorum: [{count: 1, from: group:leads@example.com}]}\n"),
			nil,
			[]string{"ApproveConnection on their own: owners and administrators decide -> no rule allows it, of connection.create"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := opened(t, managed(t), "").compare(t.Context(), written(t, tt.before), written(t, tt.after), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			said := func(shifts []shiftReport) (out []string) {
				for _, s := range shifts {
					if s.Person == "yui@example.com" && s.Type == policy.ConnectionResource {
						out = append(out, string(s.Operation)+" on "+strings.Join(s.Resources, "; ")+": "+s.Now+" -> "+s.Then)
					}
				}
				return out
			}
			if diff := cmp.Diff(tt.gains, said(c.Gains)); diff != "" {
				t.Errorf("who gains (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.loses, said(c.Loses)); diff != "" {
				t.Errorf("who loses (-want +got):\n%s", diff)
			}
		})
	}
}

// That nobody may do more or less is said of what was compared alone.
func TestWhatWasNotComparedIsSaid(t *testing.T) {
	for name, tt := range map[string]struct{ from, to, want string }{
		"the same": {"version: 1", "version: 1", "Nobody may do more or less than now."},
		"who is eligible": {
			"group:etl-team@example.com]", "group:etl-team@example.com, group:leads@example.com]",
			"In what was compared, nobody may do more or less than now. Not compared: what differs in access, such as who is eligible, but for what asks less.",
		},
		"whether owners are asked about accounts": {
			"approvals:\n", "approvals:\n  - {kinds: [account.disable], quorum: [{count: 1, from: group:leads@example.com}]}\n",
			"Not compared: whether the owners decide about account.disable, account.disable.plan.",
		},
		"what a team owns": {
			"condition: isOwner()", "condition: isOwner() || isReviewer()",
			"In what was compared, nobody may do more or less than now. Not compared: things of the data catalogue that a team owns; things of the data catalogue that people review.",
		},
		"whose owner is in the same team": {
			"      - {name: own,", "      - {name: ask, effect: allow, operations: [RequestConnection], resources: [connection], condition: matchTeam()}\n      - {name: own,",
			"Not compared: things of the data catalogue that a team owns; connections to data of others in the same team.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			c, err := opened(t, d, "").compare(t.Context(), written(t, shared), written(t, strings.Replace(shared, tt.from, tt.to, 1)), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			c.Looser = nil
			if got := strings.Join(c.sections()[0].Lines, " "); !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s\nwant it to say\n%s", got, tt.want)
			}
		})
	}
}
