package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// strict is a policy that asks people wherever one can.
const strict = `version: 1
access:
  - {name: prod-write, project: etl-prj-prd, roles: [roles/run.admin], eligible: [group:etl-team@example.com], max: 8h, approval: quorum}
  - {name: dev, project: etl-prj-dev, roles: [roles/run.viewer], eligible: [group:etl-team@example.com], max: 1h, approval: self}
  - {name: glass, project: etl-prj-prd, roles: [roles/run.invoker], eligible: [group:etl-team@example.com], max: 1h, approval: break-glass}
roles:
  - {name: sre, policies: [look], members: [group:leads@example.com]}
  - {name: approver, policies: [approve], members: [group:leads@example.com]}
policies:
  - {name: look, rules: [{name: look, effect: allow, operations: [ViewAll], resources: [all]}]}
  - {name: approve, rules: [{name: yes, effect: allow, operations: [ApproveConnection], resources: [connection]}]}
approvals:
  - {kinds: [access.grant], entitlements: [prod-write], quorum: [{count: 2, from: role:sre}]}
  - {kinds: [catalog.apply], quorum: [{count: 2, from: role:sre}]}
catalog: {mode: ask}
settings:
  mode: ask
  anchor: anchor@example.com
  rules:
    general: [{field: whoCanJoin, needles: [ANYONE_CAN_JOIN], replace: CAN_REQUEST_TO_JOIN}]
    secureGroup: [{field: whoCanLeaveGroup, needles: [ALL_MEMBERS_CAN_LEAVE], replace: NONE_CAN_LEAVE}]
inactivity:
  looker: {after: 180d, mode: ask, channel: "#looker-admins"}
  requests:
    looker: {roles: [User], roles_for: {Admin: [group:leads@example.com]}, default: User, mode: ask}
same_person: [[aiko@example.com, aiko-admin@example.com]]
`

// written loads a policy of one file.
func written(t *testing.T, text string) *policyfile.Policy {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "policy.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return loaded(t, folder)
}

// edited replaces texts in a policy, each by the next one.
func edited(t *testing.T, text string, edits ...string) string {
	t.Helper()
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%q is not in the policy", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return text
}

// A general rule holds for secure groups too, and a setting without any rule is left as it is.
func TestASettingThatBecomesOneDoneAtOnce(t *testing.T) {
	general := func(mode string) string { return "{field: whoCanJoin, " + mode + "needles: [ANYONE_CAN_JOIN]" }
	const secure = "secureGroup: ["
	join := "{field: whoCanJoin, needles: [CAN_REQUEST_TO_JOIN], replace: INVITED_CAN_JOIN}, "
	view := "{field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}, "
	auto := edited(t, strict, "settings:\n  mode: ask", "settings:\n  mode: auto")
	asked := edited(t, auto, general(""), general("mode: ask, "))
	for name, tt := range map[string]struct{ before, from, to, want string }{
		"for secure groups, where all were asked about":     {asked, secure, secure + join, "group.settings of whoCanJoin of secure groups needs mode auto in place of 1 of approvers"},
		"for secure groups, where it was so for all":        {auto, secure, secure + join, ""},
		"for secure groups, of which no rule spoke":         {auto, secure, secure + view, "group.settings of whoCanViewGroup of secure groups needs mode auto in place of mode report"},
		"for all, of which no rule spoke":                   {auto, "general: [", "general: [" + view, "group.settings of whoCanViewGroup needs mode auto in place of mode report"},
		"asked about for secure groups, which were for all": {asked, secure, secure + edited(t, join, "whoCanJoin,", "whoCanJoin, mode: ask,"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range policy.Loosened(rulings(written(t, tt.before), written(t, edited(t, tt.before, tt.from, tt.to)))) {
				got = append(got, l.String())
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

// Who may ask for a role may be among those about whom nobody is asked: everybody is, as far as a policy
// can tell.
func TestARoleForSomeOfWhomNobodyIsAskedAbout(t *testing.T) {
	const all, leads = ", auto_for: [group:all@example.com]", ", roles_for: {Admin: [group:leads@example.com]}"
	requests := func(more string) string {
		return edited(t, strict, "{roles: [User], roles_for: {Admin: [group:leads@example.com]}, default: User, mode: ask}", "{roles: [User], default: User, mode: ask"+more+"}")
	}
	const admin = "account.create of looker as Admin for group:leads@example.com"
	for name, tt := range map[string]struct{ before, after, want string }{
		"a further role":                 {all, all + leads, admin + " and group:all@example.com needs mode auto in place of mode report"},
		"the same roles":                 {all + leads, all + leads, ""},
		"a role for others":              {all + leads, all + ", roles_for: {Admin: [group:leads@example.com, group:data@example.com]}", "account.create of looker as Admin for group:data@example.com and group:all@example.com needs mode auto in place of mode report"},
		"a role that is asked about":     {"", leads, ""},
		"at once for who may ask for it": {leads, leads + ", auto_for: [group:leads@example.com]", admin + " needs mode auto in place of 1 of approvers; account.create of looker as User for group:leads@example.com needs mode auto in place of 1 of approvers"},
		"no longer at once for who may":  {all + leads, leads, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range policy.Loosened(rulings(written(t, requests(tt.before)), written(t, requests(tt.after)))) {
				got = append(got, l.String())
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

// The owners of access are those of all groups that can ask for it: with another group, others approve
// what the first one asks for.
func TestAnotherGroupBringsOtherOwners(t *testing.T) {
	const quorum, write = "count: 2, from: role:sre}]}\n  - {kinds: [catalog", "roles: [roles/run.admin], eligible: "
	owners := edited(t, strict, quorum, "count: 1, from: owners}]}\n  - {kinds: [catalog")
	silent := edited(t, strict, "  - {kinds: [access.grant], entitlements: [prod-write], quorum: [{count: 2, from: role:sre}]}\n", "")
	ruled := func(condition string) string {
		return edited(t, silent, "rules: [{name: yes,", "rules: [{name: access, effect: allow, operations: [ApproveAccess], resources: [access]"+condition+"}, {name: yes,")
	}
	const less = "access.grant of prod-write needs 1 of "
	for name, tt := range map[string]struct{ policy, eligible, want string }{
		"another group":                           {owners, "[group:etl-team@example.com, group:payroll@example.com]", less + "owners, which has other members now"},
		"another in its place":                    {owners, "[group:payroll@example.com]", less + "owners, which has other members now"},
		"the same group":                          {owners, "[group:ETL-team@example.com]", ""},
		"a person, who brings none":               {owners, "[group:etl-team@example.com, \"user:mika@example.com\"]", ""},
		"where no rule says who approves":         {silent, "[group:etl-team@example.com, group:payroll@example.com]", less + "approvers, which has other members now"},
		"where a rule says who approves":          {ruled(""), "[group:etl-team@example.com, group:payroll@example.com]", ""},
		"where a rule lets owners approve":        {ruled(", condition: isOwner()"), "[group:etl-team@example.com, group:payroll@example.com]", less + "approvers, which has other members now"},
		"where a rule lets the same owners do so": {ruled(", condition: isOwner()"), "[group:etl-team@example.com, \"user:mika@example.com\"]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := edited(t, tt.policy, write+"[group:etl-team@example.com]", write+tt.eligible)
			var got []string
			for _, l := range policy.Loosened(rulings(written(t, tt.policy), written(t, text))) {
				got = append(got, l.String())
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), tt.want)
			}
		})
	}
}

func TestEveryWayToAskLessIsLooser(t *testing.T) {
	const default1 = " in place of 1 of approvers"
	for name, tt := range map[string]struct {
		edits []string // replaced by one another in the policy
		want  []string
	}{
		"nothing": {nil, nil},
		"others in the role of which two are needed": {
			[]string{"{name: sre, policies: [look], members: [group:leads@example.com]}", "{name: sre, policies: [look], members: [group:all@example.com]}"},
			[]string{
				"catalog.apply needs 2 of role:sre, which has other members now",
				"access.grant of prod-write needs 2 of role:sre, which has other members now",
			},
		},
		"the same access by another name": {
			[]string{"{name: prod-write,", "{name: prod-writing,", "entitlements: [prod-write]", "entitlements: [prod-writing]", "count: 2, from: role:sre}]}\n  - {kinds: [catalog", "count: 1, from: role:sre}]}\n  - {kinds: [catalog"},
			[]string{"access.grant of prod-writing needs 1 of role:sre in place of 2 of role:sre"},
		},
		"the same access by another name and the same quorum": {
			[]string{"{name: prod-write,", "{name: prod-writing,", "entitlements: [prod-write]", "entitlements: [prod-writing]"}, nil,
		},
		"the same access for one of the group, by another name": {
			[]string{"  - {name: dev,", "  - {name: quick, project: etl-prj-prd, roles: [roles/run.admin], eligible: [\"user:aiko@example.com\"], max: 8h, approval: quorum}\n  - {name: dev,"},
			[]string{"access.grant of quick needs 1 of approvers in place of 2 of role:sre"},
		},
		"the roles of prod where nobody is asked": {
			[]string{"{name: dev, project: etl-prj-dev, roles: [roles/run.viewer]", "{name: dev, project: etl-prj-prd, roles: [roles/run.admin]"},
			[]string{"access.grant of dev needs mode auto in place of 2 of role:sre"},
		},
		"others for whom nobody is asked": {
			[]string{"roles: [roles/run.viewer], eligible: [group:etl-team@example.com]", "roles: [roles/run.viewer], eligible: [group:etl-team@example.com, group:all@example.com]"},
			[]string{"access.grant of dev needs mode auto" + default1},
		},
		"at which nobody looks afterwards": {[]string{"break-glass", "self"}, []string{"access.review of glass needs mode auto" + default1}},
		"somebody else in place of whom rules let approve": {
			[]string{"approvals:\n", "approvals:\n  - {kinds: [connection.create], quorum: [{count: 1, from: group:all@example.com}]}\n"},
			[]string{"connection.create needs 1 of group:all@example.com" + default1},
		},
		"those whom rules let approve": {
			[]string{"approvals:\n", "approvals:\n  - {kinds: [connection.create], quorum: [{count: 1, from: role:sre}]}\n"}, nil,
		},
		"nobody whom rules let approve": {
			[]string{"operations: [ApproveConnection]", "operations: [ViewBasic]"},
			[]string{"no rule lets anybody ApproveConnection on connection any more: then owners and administrators decide"},
		},
		"the catalogue without asking":         {[]string{"catalog: {mode: ask}", "catalog: {mode: auto}"}, []string{"catalog.apply needs mode auto in place of 2 of role:sre"}},
		"a catalogue of which nothing is said": {[]string{"catalog: {mode: ask}\n", ""}, []string{"catalog.apply needs mode auto in place of 2 of role:sre"}},
		"settings without asking": {
			[]string{"settings:\n  mode: ask", "settings:\n  mode: auto"},
			[]string{"group.settings of whoCanJoin needs mode auto" + default1, "group.settings of whoCanLeaveGroup of secure groups needs mode auto" + default1},
		},
		"one setting without asking": {
			[]string{"{field: whoCanJoin,", "{field: whoCanJoin, mode: auto,"}, []string{"group.settings of whoCanJoin needs mode auto" + default1},
		},
		"another setting without asking": {
			[]string{"general: [", "general: [{field: whoCanViewGroup, mode: auto, needles: [ANYONE_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}, "},
			[]string{"group.settings of whoCanViewGroup needs mode auto in place of mode report"},
		},
		"another setting, asked for": {
			[]string{"general: [", "general: [{field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}, "}, nil,
		},
		"stops without asking": {[]string{"180d, mode: ask", "180d, mode: auto"}, []string{"account.disable of looker needs mode auto" + default1}},
		"stops of other accounts without asking": {
			[]string{"inactivity:\n", "inactivity:\n  workspace: {after: 365d, mode: auto}\n"}, []string{"account.disable of workspace needs mode auto in place of mode report"},
		},
		"accounts without asking": {
			[]string{"User, mode: ask", "User, mode: auto"},
			[]string{"account.create of looker as Admin for group:leads@example.com needs mode auto" + default1, "account.create of looker as User needs mode auto" + default1},
		},
		"accounts without asking for some": {
			[]string{"User, mode: ask", "User, mode: ask, auto_for: [group:data@example.com]"},
			[]string{
				"account.create of looker as Admin for group:leads@example.com and group:data@example.com needs mode auto" + default1,
				"account.create of looker as User for group:data@example.com needs mode auto" + default1,
			},
		},
		"two accounts of one person": {
			[]string{"same_person: [[aiko@example.com, aiko-admin@example.com]]\n", ""},
			[]string{"aiko@example.com and aiko-admin@example.com were of one person, and each of them counts now"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range policy.Loosened(rulings(written(t, strict), written(t, edited(t, strict, tt.edits...)))) {
				got = append(got, l.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("what asks less (-want +got):\n%s", diff)
			}
		})
	}
}
