package settingsrule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func rule(field, replace string, needles ...string) settingsrule.Rule {
	return settingsrule.Rule{Field: field, Needles: needles, Replace: replace}
}

func in(mode change.Mode, r settingsrule.Rule) settingsrule.Rule {
	r.Mode = mode
	return r
}

func delta(field, before, after string) change.Delta {
	return change.Delta{Field: field, Before: before, After: after}
}

func correction(mode change.Mode, diff ...change.Delta) settingsrule.Correction {
	return settingsrule.Correction{Mode: mode, Diff: diff}
}

func following(c settingsrule.Correction, fields ...string) settingsrule.Correction {
	c.Follows = fields
	return c
}

func TestEvaluate(t *testing.T) {
	const group = "data@example.com"
	view := rule("whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW", "ANYONE_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW")
	join := rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN", "ALL_IN_DOMAIN_CAN_JOIN")
	exception := func(until time.Time) settingsrule.Exception {
		return settingsrule.Exception{Group: "Data@Example.com", Field: "whoCanViewGroup", Until: until, Reason: "a reason"}
	}
	open := map[string]string{"whoCanViewGroup": "ANYONE_CAN_VIEW", "whoCanJoin": "ANYONE_CAN_JOIN"}
	tests := map[string]struct {
		rules   settingsrule.Rules
		subject settingsrule.Subject
		want    settingsrule.Finding
	}{
		"without rules everything is compliant": {
			subject: settingsrule.Subject{Settings: open},
		},
		"a general rule holds for every group": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view, join}},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{correction(change.Auto,
				delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"),
				delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"))}},
		},
		"a value that is no needle stays": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view}},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanViewGroup": "ALL_MANAGERS_CAN_VIEW"}},
		},
		"a secure rule does not hold for another group": {
			rules:   settingsrule.Rules{Mode: change.Auto, Anchor: "a@example.com", Secure: []settingsrule.Rule{join}},
			subject: settingsrule.Subject{Settings: open},
		},
		"nor does one about a field that a general rule is about too": {
			rules: settingsrule.Rules{
				Mode: change.Auto, Anchor: "a@example.com",
				General: []settingsrule.Rule{view},
				Secure:  []settingsrule.Rule{rule("whoCanViewGroup", "ALL_MANAGERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")},
			},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
			}},
		},
		"a secure rule comes on top of the general ones": {
			rules: settingsrule.Rules{
				Mode: change.Auto, Anchor: "a@example.com",
				General: []settingsrule.Rule{view},
				Secure:  []settingsrule.Rule{rule("whoCanViewGroup", "ALL_MANAGERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"), join},
			},
			subject: settingsrule.Subject{Settings: open, Secure: true},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{correction(change.Auto,
				delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"),
				delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW"))}},
		},
		"no mode is report": {
			rules:   settingsrule.Rules{General: []settingsrule.Rule{view}},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Report, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
			}},
		},
		"each rule may have its own mode": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
				in(change.Ask, join), view, in(change.Report, rule("archiveOnly", "true", "false")),
			}},
			subject: settingsrule.Subject{Settings: map[string]string{
				"whoCanViewGroup": "ANYONE_CAN_VIEW", "whoCanJoin": "ANYONE_CAN_JOIN", "archiveOnly": "false",
			}},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
				correction(change.Ask, delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN")),
				correction(change.Report, delta("archiveOnly", "false", "true")),
			}},
		},
		"what is done at once does not wait for what people are asked about the same field": {
			rules: settingsrule.Rules{
				Mode: change.Auto, Anchor: "a@example.com",
				General: []settingsrule.Rule{view},
				Secure:  []settingsrule.Rule{in(change.Ask, rule("whoCanViewGroup", "ALL_OWNERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"))},
			},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanViewGroup": "ANYONE_CAN_VIEW"}, Secure: true},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
				correction(change.Ask, delta("whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW", "ALL_OWNERS_CAN_VIEW")),
			}},
		},
		"a field that the API did not return is not taken for compliant": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view, join}},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanJoin": "INVITED_CAN_JOIN"}},
			want:    settingsrule.Finding{Unknown: []change.Delta{delta("whoCanViewGroup", "", "")}},
		},
		"but for a text, and what not every group has": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
				rule("customFooterText", "none", "secret"), rule("whoCanAddExternalMembers", "ONLY_ADMINS_CAN_ADD_EXTERNAL_MEMBERS", "END_USERS_CAN_ADD_EXTERNAL_MEMBERS"),
			}},
			subject: settingsrule.Subject{Settings: map[string]string{}},
		},
		"an unknown value is said, not touched": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view, rule("archiveOnly", "true", "false")}},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanViewGroup": "MARTIANS_CAN_VIEW", "archiveOnly": "maybe"}},
			want: settingsrule.Finding{Unknown: []change.Delta{
				delta("archiveOnly", "maybe", ""), delta("whoCanViewGroup", "MARTIANS_CAN_VIEW", ""),
			}},
		},
		"an unknown value without a rule is nobody's concern": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view}},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanJoin": "MARTIANS", "whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW"}},
		},
		"an exception holds before its end": {
			rules: settingsrule.Rules{
				Mode: change.Auto, General: []settingsrule.Rule{view},
				Exceptions: []settingsrule.Exception{exception(noon.Add(time.Nanosecond))},
			},
			subject: settingsrule.Subject{Settings: open},
		},
		"an exception is over at its end": {
			rules: settingsrule.Rules{
				Mode: change.Auto, General: []settingsrule.Rule{view},
				Exceptions: []settingsrule.Exception{exception(noon)},
			},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
			}},
		},
		"an exception is over after its end": {
			rules: settingsrule.Rules{
				Mode: change.Auto, General: []settingsrule.Rule{view},
				Exceptions: []settingsrule.Exception{exception(noon.Add(-time.Hour))},
			},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanViewGroup", "ANYONE_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")),
			}},
		},
		"an exception is for one field of one group": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view, join}, Exceptions: []settingsrule.Exception{
				exception(noon.Add(time.Hour)),
				{Group: "other@example.com", Field: "whoCanJoin", Until: noon.Add(time.Hour)},
			}},
			subject: settingsrule.Subject{Settings: open},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN")),
			}},
		},
		"an exception holds under a former address of the group": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view}, Exceptions: []settingsrule.Exception{
				{Group: "former@example.com", Field: "whoCanViewGroup", Until: noon.Add(time.Hour)},
			}},
			subject: settingsrule.Subject{Settings: open, Aliases: []string{"a@example.com", "Former@example.com"}},
		},
		"what people waived is an exception": {
			rules:   settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{view}},
			subject: settingsrule.Subject{Settings: open, Waived: []settingsrule.Exception{exception(noon.Add(time.Hour))}},
		},
		"an unknown value is said in spite of an exception": {
			rules: settingsrule.Rules{
				Mode: change.Auto, General: []settingsrule.Rule{view},
				Exceptions: []settingsrule.Exception{exception(noon.Add(time.Hour))},
			},
			subject: settingsrule.Subject{Settings: map[string]string{"whoCanViewGroup": "MARTIANS_CAN_VIEW"}},
			want:    settingsrule.Finding{Unknown: []change.Delta{delta("whoCanViewGroup", "MARTIANS_CAN_VIEW", "")}},
		},
		"where custom roles are in use a merged field is only reported": {
			rules: settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
				rule("whoCanModerateMembers", "OWNERS_AND_MANAGERS", "ALL_MEMBERS"), join,
			}},
			subject: settingsrule.Subject{Settings: map[string]string{
				"customRolesEnabledForSettingsToBeMerged": "true",
				"whoCanModerateMembers":                   "ALL_MEMBERS", "whoCanJoin": "ANYONE_CAN_JOIN",
			}},
			want: settingsrule.Finding{Corrections: []settingsrule.Correction{
				correction(change.Auto, delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN")),
				correction(change.Report, delta("whoCanModerateMembers", "ALL_MEMBERS", "OWNERS_AND_MANAGERS")),
			}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.subject.Group = group
			got := tt.rules.Evaluate(tt.subject, noon)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
			if got.Compliant() != (len(tt.want.Corrections)+len(tt.want.Unknown)+len(tt.want.Unresolved) == 0) {
				t.Errorf("got compliant %t for %+v", got.Compliant(), got)
			}
		})
	}
}

// TestFieldsThatDependOnOneAnother has the combinations that the API refuses.
func TestFieldsThatDependOnOneAnother(t *testing.T) {
	members := func(discover, view, moderate string) map[string]string {
		return map[string]string{"whoCanDiscoverGroup": discover, "whoCanViewMembership": view, "whoCanModerateMembers": moderate}
	}
	posting := func(archiveOnly, post string) map[string]string {
		return map[string]string{"archiveOnly": archiveOnly, "whoCanPostMessage": post}
	}
	hide := rule("whoCanDiscoverGroup", "ALL_MEMBERS_CAN_DISCOVER", "ANYONE_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_DISCOVER")
	ownersView := rule("whoCanViewMembership", "ALL_OWNERS_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")
	tests := map[string]struct {
		rules      []settingsrule.Rule
		settings   map[string]string
		held       []string
		want       []settingsrule.Correction
		unresolved []string
	}{
		"who sees the members follows who finds the group": {
			rules:    []settingsrule.Rule{hide},
			settings: members("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", "OWNERS_AND_MANAGERS"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("whoCanDiscoverGroup", "ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"),
				delta("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")), "whoCanViewMembership")},
		},
		"who sees the members stays where it is narrow enough": {
			rules:    []settingsrule.Rule{hide},
			settings: members("ANYONE_CAN_DISCOVER", "ALL_MANAGERS_CAN_VIEW", "OWNERS_ONLY"),
			want: []settingsrule.Correction{correction(change.Auto,
				delta("whoCanDiscoverGroup", "ANYONE_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"))},
		},
		"moderators follow who sees the members": {
			rules:    []settingsrule.Rule{ownersView},
			settings: members("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", "OWNERS_AND_MANAGERS"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("whoCanModerateMembers", "OWNERS_AND_MANAGERS", "OWNERS_ONLY"),
				delta("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_OWNERS_CAN_VIEW")), "whoCanModerateMembers")},
		},
		"a followed value that a rule is about is put right in the same patch": {
			rules:    []settingsrule.Rule{hide, rule("whoCanViewMembership", "ALL_OWNERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")},
			settings: members("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", "OWNERS_AND_MANAGERS"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("whoCanDiscoverGroup", "ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"),
				delta("whoCanModerateMembers", "OWNERS_AND_MANAGERS", "OWNERS_ONLY"),
				delta("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_OWNERS_CAN_VIEW")), "whoCanModerateMembers")},
		},
		"a rule that opens does not open another field with it": {
			rules:      []settingsrule.Rule{rule("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW")},
			settings:   members("ALL_MEMBERS_CAN_DISCOVER", "ALL_MEMBERS_CAN_VIEW", "OWNERS_ONLY"),
			unresolved: []string{"whoCanViewMembership ALL_IN_DOMAIN_CAN_VIEW needs a wider whoCanDiscoverGroup than ALL_MEMBERS_CAN_DISCOVER"},
		},
		"of two rules that contradict one another the narrower wins": {
			rules:    []settingsrule.Rule{hide, rule("whoCanViewMembership", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW")},
			settings: members("ANYONE_CAN_DISCOVER", "ALL_MANAGERS_CAN_VIEW", "OWNERS_ONLY"),
			want: []settingsrule.Correction{correction(change.Auto,
				delta("whoCanDiscoverGroup", "ANYONE_CAN_DISCOVER", "ALL_MEMBERS_CAN_DISCOVER"))},
			unresolved: []string{"whoCanViewMembership ALL_IN_DOMAIN_CAN_VIEW needs a wider whoCanDiscoverGroup than ALL_MEMBERS_CAN_DISCOVER"},
		},
		"a field with an exception does not follow": {
			rules:      []settingsrule.Rule{hide},
			settings:   members("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", "OWNERS_ONLY"),
			held:       []string{"whoCanViewMembership"},
			unresolved: []string{"whoCanDiscoverGroup ALL_MEMBERS_CAN_DISCOVER needs whoCanViewMembership ALL_MEMBERS_CAN_VIEW, which is not to be touched"},
		},
		"a field with an exception at the end of the chain keeps the whole chain": {
			rules:      []settingsrule.Rule{rule("whoCanViewMembership", "ALL_OWNERS_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW")},
			settings:   members("ALL_IN_DOMAIN_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS"),
			held:       []string{"whoCanModerateMembers"},
			unresolved: []string{"whoCanViewMembership ALL_OWNERS_CAN_VIEW needs whoCanModerateMembers OWNERS_ONLY, which is not to be touched"},
		},
		"fields that disagreed before are left to themselves": {
			rules: []settingsrule.Rule{rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN")},
			settings: map[string]string{
				"whoCanJoin": "ANYONE_CAN_JOIN", "whoCanDiscoverGroup": "ALL_MEMBERS_CAN_DISCOVER",
				"whoCanViewMembership": "ALL_IN_DOMAIN_CAN_VIEW", "archiveOnly": "true", "whoCanPostMessage": "ANYONE_CAN_POST",
			},
			want: []settingsrule.Correction{correction(change.Auto, delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"))},
		},
		"who archives a group ends posting": {
			rules:    []settingsrule.Rule{rule("archiveOnly", "true", "false")},
			settings: posting("false", "ANYONE_CAN_POST"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("archiveOnly", "false", "true"), delta("whoCanPostMessage", "ANYONE_CAN_POST", "NONE_CAN_POST")), "whoCanPostMessage")},
		},
		"who ends posting archives the group": {
			rules:    []settingsrule.Rule{rule("whoCanPostMessage", "NONE_CAN_POST", "ANYONE_CAN_POST")},
			settings: posting("false", "ANYONE_CAN_POST"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("archiveOnly", "false", "true"), delta("whoCanPostMessage", "ANYONE_CAN_POST", "NONE_CAN_POST")), "archiveOnly")},
		},
		"who reopens a group lets its managers post": {
			rules:    []settingsrule.Rule{rule("archiveOnly", "false", "true")},
			settings: posting("true", "NONE_CAN_POST"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("archiveOnly", "true", "false"), delta("whoCanPostMessage", "NONE_CAN_POST", "ALL_MANAGERS_CAN_POST")), "whoCanPostMessage")},
		},
		"who reopens a group may say who posts": {
			rules:    []settingsrule.Rule{rule("archiveOnly", "false", "true"), rule("whoCanPostMessage", "ALL_OWNERS_CAN_POST", "NONE_CAN_POST")},
			settings: posting("true", "NONE_CAN_POST"),
			want: []settingsrule.Correction{correction(change.Auto,
				delta("archiveOnly", "true", "false"), delta("whoCanPostMessage", "NONE_CAN_POST", "ALL_OWNERS_CAN_POST"))},
		},
		"an archived group stays without posts": {
			rules:      []settingsrule.Rule{rule("whoCanPostMessage", "ALL_MEMBERS_CAN_POST", "NONE_CAN_POST")},
			settings:   posting("true", "NONE_CAN_POST"),
			unresolved: []string{"the group is archived: whoCanPostMessage stays NONE_CAN_POST until archiveOnly is false"},
		},
		"archived and posting exclude one another": {
			rules:    []settingsrule.Rule{rule("archiveOnly", "true", "false"), rule("whoCanPostMessage", "ALL_MEMBERS_CAN_POST", "ANYONE_CAN_POST")},
			settings: posting("false", "ANYONE_CAN_POST"),
			want: []settingsrule.Correction{following(correction(change.Auto,
				delta("archiveOnly", "false", "true"), delta("whoCanPostMessage", "ANYONE_CAN_POST", "NONE_CAN_POST")), "whoCanPostMessage")},
		},
		"posting with an exception keeps the group from being archived": {
			rules:      []settingsrule.Rule{rule("archiveOnly", "true", "false")},
			settings:   posting("false", "ANYONE_CAN_POST"),
			held:       []string{"whoCanPostMessage"},
			unresolved: []string{"archiveOnly true needs whoCanPostMessage NONE_CAN_POST, which is not to be touched"},
		},
		"rules that undo one another change nothing, and others still hold": {
			rules: []settingsrule.Rule{
				rule("archiveOnly", "false", "true"), rule("whoCanPostMessage", "NONE_CAN_POST", "ALL_MANAGERS_CAN_POST"),
				rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN"),
			},
			settings:   map[string]string{"archiveOnly": "true", "whoCanPostMessage": "NONE_CAN_POST", "whoCanJoin": "ANYONE_CAN_JOIN"},
			want:       []settingsrule.Correction{correction(change.Auto, delta("whoCanJoin", "ANYONE_CAN_JOIN", "INVITED_CAN_JOIN"))},
			unresolved: []string{"the rules undo one another's work: archiveOnly, whoCanPostMessage"},
		},
		"answers to an address of the group's choice need that address": {
			rules:      []settingsrule.Rule{rule("replyTo", "REPLY_TO_CUSTOM", "REPLY_TO_LIST")},
			settings:   map[string]string{"replyTo": "REPLY_TO_LIST"},
			unresolved: []string{"replyTo REPLY_TO_CUSTOM needs an address in customReplyTo"},
		},
		"an address that answers go to is not taken away": {
			rules:      []settingsrule.Rule{rule("customReplyTo", "", "old@example.com")},
			settings:   map[string]string{"replyTo": "REPLY_TO_CUSTOM", "customReplyTo": "old@example.com"},
			unresolved: []string{"customReplyTo cannot be empty while replyTo is REPLY_TO_CUSTOM"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rules := settingsrule.Rules{Mode: change.Auto, General: tt.rules}
			if problems := rules.Validate(); len(problems) > 0 {
				t.Fatalf("rules are not valid: %v", problems)
			}
			subject := settingsrule.Subject{Group: "data@example.com", Settings: tt.settings}
			for _, field := range tt.held {
				subject.Waived = append(subject.Waived, settingsrule.Exception{Group: subject.Group, Field: field, Until: noon.Add(time.Hour)})
			}
			got := rules.Evaluate(subject, noon)
			want := settingsrule.Finding{Corrections: tt.want, Unresolved: tt.unresolved}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}

func TestModeratorsOfCustomRolesDoNotFollow(t *testing.T) {
	rules := settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{
		rule("whoCanViewMembership", "ALL_OWNERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW"),
	}}
	got := rules.Evaluate(settingsrule.Subject{Group: "data@example.com", Settings: map[string]string{
		"customRolesEnabledForSettingsToBeMerged": "true",
		"whoCanViewMembership":                    "ALL_MEMBERS_CAN_VIEW",
		"whoCanModerateMembers":                   "OWNERS_AND_MANAGERS",
	}}, noon)
	want := settingsrule.Finding{
		Corrections: []settingsrule.Correction{following(correction(change.Report,
			delta("whoCanModerateMembers", "OWNERS_AND_MANAGERS", "OWNERS_ONLY"),
			delta("whoCanViewMembership", "ALL_MEMBERS_CAN_VIEW", "ALL_OWNERS_CAN_VIEW")), "whoCanModerateMembers")},
		Unresolved: []string{"whoCanViewMembership ALL_OWNERS_CAN_VIEW needs whoCanModerateMembers OWNERS_ONLY, which is not to be touched"},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
}

func TestEvaluateLeavesTheSettingsAlone(t *testing.T) {
	settings := map[string]string{"whoCanJoin": "ANYONE_CAN_JOIN"}
	rules := settingsrule.Rules{Mode: change.Auto, General: []settingsrule.Rule{rule("whoCanJoin", "INVITED_CAN_JOIN", "ANYONE_CAN_JOIN")}}
	rules.Evaluate(settingsrule.Subject{Group: "data@example.com", Settings: settings}, noon)
	if got, want := settings["whoCanJoin"], "ANYONE_CAN_JOIN"; got != want {
		t.Errorf("got %s after Evaluate, want %s", got, want)
	}
}

func TestTurns(t *testing.T) {
	rules := settingsrule.Rules{Exceptions: []settingsrule.Exception{
		{Group: "b@example.com", Field: "whoCanJoin", Until: noon},
		{Group: "a@example.com", Field: "whoCanJoin", Until: noon.Add(time.Hour)},
		{Group: "a@example.com", Field: "whoCanViewGroup", Until: noon.Add(time.Minute)},
		{Group: "c@example.com", Field: "whoCanJoin", Until: noon.Add(2 * time.Hour)},
	}}
	tests := map[string]struct {
		after, upTo time.Time
		want        []string
	}{
		"nothing ends":             {noon.Add(-2 * time.Hour), noon.Add(-time.Hour), nil},
		"the later limit counts":   {noon.Add(-time.Hour), noon, []string{"b@example.com"}},
		"the earlier one does not": {noon, noon.Add(time.Hour), []string{"a@example.com"}},
		"all, sorted":              {time.Time{}, noon.Add(24 * time.Hour), []string{"a@example.com", "b@example.com", "c@example.com"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := rules.Turns(tt.after, tt.upTo)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}
