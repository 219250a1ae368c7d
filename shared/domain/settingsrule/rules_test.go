package settingsrule_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

func TestValidate(t *testing.T) {
	join := rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN")
	exception := settingsrule.Exception{Group: "data@example.com", Field: "whoCanJoin", Until: noon, Reason: "a reason"}
	tests := map[string]struct {
		rules settingsrule.Rules
		// want lists "path: text".
		want []string
	}{
		"no rules": {},
		"good rules": {rules: settingsrule.Rules{
			Anchor: "anchor@example.com", Mode: change.Ask, General: []settingsrule.Rule{join, in(change.Auto, rule("archiveOnly", "true", "false"))},
			Secure:     []settingsrule.Rule{rule("description", "", "internal")},
			Exceptions: []settingsrule.Exception{exception},
		}},
		"unknown words": {
			rules: settingsrule.Rules{Mode: "now", General: []settingsrule.Rule{
				rule("whoCanJion", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN"),
				rule("whoCanJoin", "INVITED", "ANYBODY"),
				in("perhaps", join),
				rule("allowExternalMembers", "no", "yes"),
			}},
			want: []string{
				`mode: mode "now" is unknown: write auto, ask or report`,
				`rules.general.0.field: field "whoCanJion" is unknown: did you mean whoCanJoin?`,
				`rules.general.1.needles.0: whoCanJoin has no value "ANYBODY": write one of ANYONE_CAN_JOIN, ALL_IN_DOMAIN_CAN_JOIN, INVITED_CAN_JOIN, CAN_REQUEST_TO_JOIN`,
				`rules.general.1.replace: whoCanJoin has no value "INVITED": did you mean INVITED_CAN_JOIN?`,
				`rules.general.2.mode: mode "perhaps" is unknown: write auto, ask or report`,
				`rules.general.3.needles.0: allowExternalMembers has no value "yes": write one of true, false`,
				`rules.general.3.replace: allowExternalMembers has no value "no": write one of true, false`,
			},
		},
		"what a rule needs": {
			rules: settingsrule.Rules{General: []settingsrule.Rule{{Field: "whoCanJoin"}}},
			want: []string{
				"rules.general.0.needles: a rule needs needles: the values that are not wanted",
				"rules.general.0.replace: a rule needs replace: the value to put in their place",
			},
		},
		"a rule against itself": {
			rules: settingsrule.Rules{General: []settingsrule.Rule{rule("whoCanJoin", "INVITED_CAN_JOIN", "INVITED_CAN_JOIN")}},
			want:  []string{"rules.general.0.replace: INVITED_CAN_JOIN is one of the needles itself"},
		},
		"secure rules without an anchor": {
			rules: settingsrule.Rules{Secure: []settingsrule.Rule{join}},
			want:  []string{"rules.secureGroup: secureGroup rules need an anchor: write anchor: secure_anchor@your-domain"},
		},
		"what an exception needs": {
			rules: settingsrule.Rules{Exceptions: []settingsrule.Exception{{}}},
			want: []string{
				`exceptions.0.field: field "" is unknown: docs/policy.md lists them`,
				"exceptions.0.group: an exception names its group: write group: name@your-domain",
				"exceptions.0.reason: an exception says why: write reason: a link or a sentence",
				"exceptions.0.until: an exception ends: write until: 2027-03-31",
			},
		},
		"the same exception twice": {
			rules: settingsrule.Rules{Exceptions: []settingsrule.Exception{
				exception, {Group: "Data@example.com", Field: "whoCanJoin", Until: noon, Reason: "another"},
			}},
			want: []string{"exceptions.1: exceptions[0] names the same group and field: keep one of them"},
		},
		"rules that go round": {
			rules: settingsrule.Rules{General: []settingsrule.Rule{
				rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN"),
				rule("whoCanJoin", "ANYONE_CAN_JOIN", "CAN_REQUEST_TO_JOIN"),
			}},
			want: []string{"rules.general.0: the rules never come to rest: whoCanJoin goes from CAN_REQUEST_TO_JOIN to ANYONE_CAN_JOIN and then to INVITED_CAN_JOIN"},
		},
		"rules about text that go round": {
			rules: settingsrule.Rules{General: []settingsrule.Rule{rule("description", "b", "a"), rule("description", "a", "c")}},
			want:  []string{"rules.general.0: the rules never come to rest: description goes from c to a and then to b"},
		},
		"rules of which one mode takes away what another makes": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
				rule("archiveOnly", "true", "false"), in(change.Ask, rule("archiveOnly", "false", "true")),
			}},
			want: []string{
				"rules.general.0: the rules never come to rest: archiveOnly goes from false to true and back",
				"rules.general.0: the rules never come to rest: archiveOnly goes from true to false and then to true",
			},
		},
		"rules that go round where one of them is not carried out at once": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
				rule("description", "c", "b"), rule("description", "b", "a"), in(change.Ask, rule("description", "c", "b")),
			}},
			want: []string{"rules.general.0: the rules never come to rest: description goes from a to b and then to c"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range tt.rules.Validate() {
				got = append(got, strings.Join(p.Path, ".")+": "+p.Text)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldsAndValues(t *testing.T) {
	fields := settingsrule.Fields()
	if !slices.IsSorted(fields) || !slices.Contains(fields, "whoCanViewGroup") {
		t.Errorf("got fields %v, want them sorted, with whoCanViewGroup", fields)
	}
	if got := settingsrule.Values("archiveOnly"); !slices.Equal(got, []string{"true", "false"}) {
		t.Errorf("got values %v of a boolean, want true and false", got)
	}
	for _, field := range []string{"description", "noSuchField"} {
		if got := settingsrule.Values(field); got != nil {
			t.Errorf("got values %v of %s, want none", got, field)
		}
	}
	settingsrule.Values("whoCanJoin")[0] = "changed"
	if got := settingsrule.Values("whoCanJoin")[0]; got == "changed" {
		t.Error("who changes the values that are returned changes them for all")
	}
}
