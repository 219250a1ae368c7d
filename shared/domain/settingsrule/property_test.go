package settingsrule_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// These tests hold for whatever rules Validate lets pass and whatever settings the API can
// return. The dependencies between fields are written down here once more, independently.

// audiences ranks the values of the fields that depend on one another, and of some that do not,
// from nobody to everybody.
var audiences = map[string][]string{
	"whoCanViewMembership":  {"ALL_OWNERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW"},
	"whoCanDiscoverGroup":   {"", "", "ALL_MEMBERS_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_DISCOVER", "ANYONE_CAN_DISCOVER"},
	"whoCanModerateMembers": {"OWNERS_ONLY", "OWNERS_AND_MANAGERS", "ALL_MEMBERS"},
	"whoCanPostMessage": {
		"NONE_CAN_POST", "ALL_OWNERS_CAN_POST", "ALL_MANAGERS_CAN_POST", "ALL_MEMBERS_CAN_POST", "ALL_IN_DOMAIN_CAN_POST", "ANYONE_CAN_POST",
	},
}

// rank is the place of a value in audiences; NONE of moderators is before all.
func rank(field, value string) int { return slices.Index(audiences[field], value) }

// broken names a dependency that the settings do not satisfy, "" where they satisfy all.
func broken(s map[string]string) string {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return s[n] == "" || s[n] == unknown })
	}
	switch {
	case has("archiveOnly", "whoCanPostMessage") && (s["archiveOnly"] == "true") != (s["whoCanPostMessage"] == "NONE_CAN_POST"):
		return "archiveOnly and NONE_CAN_POST"
	case has("whoCanViewMembership", "whoCanDiscoverGroup") &&
		rank("whoCanViewMembership", s["whoCanViewMembership"]) > rank("whoCanDiscoverGroup", s["whoCanDiscoverGroup"]):
		return "members wider than group"
	case has("whoCanModerateMembers", "whoCanViewMembership") &&
		rank("whoCanModerateMembers", s["whoCanModerateMembers"]) > rank("whoCanViewMembership", s["whoCanViewMembership"]):
		return "moderators wider than members"
	case s["replyTo"] == "REPLY_TO_CUSTOM" && s["customReplyTo"] == "":
		return "custom answers without address"
	}
	return ""
}

const unknown = "SOMETHING_NEW"

// tied are the fields that depend on one another; they are drawn often.
var tied = []string{
	"archiveOnly", "whoCanPostMessage", "whoCanViewMembership", "whoCanDiscoverGroup", "whoCanModerateMembers", "replyTo", "customReplyTo",
}

func drawField(t *rapid.T) string {
	if rapid.IntRange(0, 3).Draw(t, "tied") > 0 {
		return rapid.SampledFrom(tied).Draw(t, "field")
	}
	return rapid.SampledFrom(settingsrule.Fields()).Draw(t, "field")
}

func drawValue(t *rapid.T, field string) string {
	if values := settingsrule.Values(field); values != nil {
		return rapid.SampledFrom(values).Draw(t, "value")
	}
	return rapid.SampledFrom([]string{"", "a@example.com", "b@example.com"}).Draw(t, "text")
}

var anyMode = rapid.SampledFrom([]change.Mode{"", change.Auto, change.Auto, change.Ask, change.Report})

func drawRules(t *rapid.T) settingsrule.Rules {
	draw := rapid.Custom(func(t *rapid.T) settingsrule.Rule {
		field := drawField(t)
		r := settingsrule.Rule{Field: field, Mode: anyMode.Draw(t, "mode"), Replace: drawValue(t, field)}
		for range rapid.IntRange(1, 3).Draw(t, "needles") {
			r.Needles = append(r.Needles, drawValue(t, field))
		}
		return r
	})
	rules := settingsrule.Rules{
		Anchor:  "anchor@example.com",
		Mode:    anyMode.Draw(t, "mode of all"),
		General: rapid.SliceOfN(draw, 0, 6).Draw(t, "general"),
		Secure:  rapid.SliceOfN(draw, 0, 4).Draw(t, "secure"),
	}
	// What is wrong with random rules is mostly one of them: keep as many as are valid together.
	valid := settingsrule.Rules{Anchor: rules.Anchor, Mode: rules.Mode}
	for _, r := range rules.General {
		next := valid
		next.General = append(slices.Clone(valid.General), r)
		if len(next.Validate()) == 0 {
			valid = next
		}
	}
	for _, r := range rules.Secure {
		next := valid
		next.Secure = append(slices.Clone(valid.Secure), r)
		if len(next.Validate()) == 0 {
			valid = next
		}
	}
	return valid
}

func drawSubject(t *rapid.T) settingsrule.Subject {
	s := settingsrule.Subject{Group: "data@example.com", Settings: map[string]string{}, Secure: rapid.Bool().Draw(t, "is secure")}
	for _, field := range settingsrule.Fields() {
		switch rapid.IntRange(0, 15).Draw(t, "kind of "+field) {
		case 0: // The API does not return it.
		case 1:
			s.Settings[field] = unknown
		default:
			s.Settings[field] = drawValue(t, field)
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "custom roles") == 0 {
		s.Settings["customRolesEnabledForSettingsToBeMerged"] = "true"
	}
	for range rapid.IntRange(0, 3).Draw(t, "exceptions") {
		s.Waived = append(s.Waived, settingsrule.Exception{Group: s.Group, Field: drawField(t), Until: noon.Add(time.Hour)})
	}
	return s
}

// carry applies the corrections in some modes.
func carry(settings map[string]string, f settingsrule.Finding, modes ...change.Mode) map[string]string {
	out := maps.Clone(settings)
	for _, c := range f.Corrections {
		if slices.Contains(modes, c.Mode) {
			for _, d := range c.Diff {
				out[d.Field] = d.After
			}
		}
	}
	return out
}

// stages are the corrections that may have been carried out when a group is looked at again.
var stages = [][]change.Mode{
	{change.Auto},
	{change.Auto, change.Ask},
	{change.Auto, change.Ask, change.Report},
}

func TestCarriedOutCorrectionsLeaveNothingToDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		first := rules.Evaluate(subject, noon)
		for _, stage := range stages {
			after := subject
			after.Settings = carry(subject.Settings, first, stage...)
			for _, c := range rules.Evaluate(after, noon).Corrections {
				if slices.Contains(stage, c.Mode) {
					t.Fatalf("after %v:\n%v\nthere is more to do in mode %s: %v", stage, first.Corrections, c.Mode, c.Diff)
				}
			}
		}
	})
}

func TestCorrectionsComeOnTopOfOneAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		settings := maps.Clone(subject.Settings)
		var modes []change.Mode
		for _, c := range rules.Evaluate(subject, noon).Corrections {
			modes = append(modes, c.Mode)
			for _, d := range c.Diff {
				if d.Before != settings[d.Field] || d.Before == d.After {
					t.Fatalf("%s: got %s → %s on %s", d.Field, d.Before, d.After, settings[d.Field])
				}
				settings[d.Field] = d.After
			}
		}
		if !slices.IsSortedFunc(modes, func(a, b change.Mode) int {
			order := []change.Mode{change.Auto, change.Ask, change.Report}
			return slices.Index(order, a) - slices.Index(order, b)
		}) || len(slices.Compact(slices.Clone(modes))) != len(modes) {
			t.Fatalf("got modes %v, want each at most once, auto first", modes)
		}
	})
}

func TestNoCorrectionBreaksADependency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		if why := broken(subject.Settings); why != "" {
			mend(subject.Settings)
		}
		if why := broken(subject.Settings); why != "" {
			t.Fatalf("the settings drawn are impossible: %s", why)
		}
		finding := rules.Evaluate(subject, noon)
		for _, stage := range stages {
			if why := broken(carry(subject.Settings, finding, stage...)); why != "" {
				t.Fatalf("after %v: %s\n%v", stage, why, finding.Corrections)
			}
		}
	})
}

// mend makes settings that the API can have.
func mend(s map[string]string) {
	if s["replyTo"] == "REPLY_TO_CUSTOM" && s["customReplyTo"] == "" {
		s["replyTo"] = "REPLY_TO_LIST"
	}
	if s["archiveOnly"] == "true" {
		s["whoCanPostMessage"] = "NONE_CAN_POST"
	} else if s["whoCanPostMessage"] == "NONE_CAN_POST" {
		s["whoCanPostMessage"] = "ANYONE_CAN_POST"
	}
	if broken(s) != "" {
		s["whoCanDiscoverGroup"], s["whoCanViewMembership"] = "ANYONE_CAN_DISCOVER", "ALL_IN_DOMAIN_CAN_VIEW"
	}
}

func TestWhatNoRuleNamesOnlyGetsNarrower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		named := rules.Named(subject.Secure)
		for _, c := range rules.Evaluate(subject, noon).Corrections {
			after := map[string]string{}
			for _, d := range c.Diff {
				after[d.Field] = d.After
			}
			for _, d := range c.Diff {
				switch {
				case slices.Contains(named, d.Field):
				case !slices.Contains(c.Follows, d.Field):
					t.Fatalf("%s moved, and does not stand among those that follow: %v", d.Field, c)
				case d.Field == "archiveOnly" && d.After == "true":
				case d.Field == "whoCanPostMessage" && d.After == "ALL_MANAGERS_CAN_POST" && after["archiveOnly"] == "false":
					// The API itself opens this far where a rule reopens a group.
				case d.Before == unknown && d.Field == "whoCanPostMessage" && d.After == "NONE_CAN_POST":
				case rank(d.Field, d.After) >= rank(d.Field, d.Before):
					t.Fatalf("%s went from %s to %s, which is not narrower", d.Field, d.Before, d.After)
				}
			}
		}
	})
}

func TestExceptedFieldsNeverMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		for _, c := range rules.Evaluate(subject, noon).Corrections {
			for _, d := range c.Diff {
				if slices.ContainsFunc(subject.Waived, func(e settingsrule.Exception) bool { return e.Field == d.Field }) {
					t.Fatalf("%s has an exception and went from %s to %s", d.Field, d.Before, d.After)
				}
			}
		}
	})
}

func TestUnknownValuesUnderARuleAreNeverCompliant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		finding := rules.Evaluate(subject, noon)
		for _, field := range rules.Named(subject.Secure) {
			if subject.Settings[field] == unknown && settingsrule.Values(field) != nil && finding.Compliant() {
				t.Fatalf("%s is unknown and the group counts as compliant", field)
			}
		}
	})
}

func TestMergedFieldsUnderCustomRolesAreOnlyReported(t *testing.T) {
	merged := []string{"whoCanDiscoverGroup", "whoCanModerateMembers", "whoCanModerateContent", "whoCanAssistContent"}
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		subject.Settings["customRolesEnabledForSettingsToBeMerged"] = "true"
		for _, c := range rules.Evaluate(subject, noon).Corrections {
			for _, d := range c.Diff {
				if c.Mode != change.Report && slices.Contains(merged, d.Field) {
					t.Fatalf("%s moves in mode %s", d.Field, c.Mode)
				}
			}
		}
	})
}

func TestEvaluateSaysTheSameEachTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, subject := drawRules(t), drawSubject(t)
		want := rules.Evaluate(subject, noon)
		for range 5 {
			if diff := cmp.Diff(want, rules.Evaluate(subject, noon)); diff != "" {
				t.Fatalf("the same rules and settings gave two findings:\n%s", diff)
			}
		}
	})
}
