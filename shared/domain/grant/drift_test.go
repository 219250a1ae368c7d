package grant_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestDrifts(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	plain := grant.Policy{Bindings: foreign()[:1]}
	edited := func(name string) grant.Policy {
		p := apply(t, give(g), plain)
		altered[name].change(&p.Bindings[1])
		return p
	}
	withEndless := apply(t, give(g), plain)
	withEndless.Bindings = append(withEndless.Bindings, grant.Binding{Role: "roles/run.admin", Members: []string{"user:AIKO@example.com"}})
	shorter := apply(t, give(g), plain)
	shorter.Bindings[1].Condition.Expression = grant.Expression(noon.Add(time.Minute), "")
	more := apply(t, give(g), plain)
	more.Bindings[1].Condition.Expression = grant.Expression(g.Until, "a")
	for name, test := range map[string]struct {
		policy grant.Policy
		live   []grant.Grant
		now    time.Time
		want   []grant.DriftKind
	}{
		"as it should be":             {policy: apply(t, give(g), plain), live: []grant.Grant{g}},
		"nothing at all":              {},
		"of others, under conditions": {policy: grant.Policy{Bindings: foreign()}, want: []grant.DriftKind{grant.Outside, grant.Outside}},
		"gone":                        {policy: plain, live: []grant.Grant{g}, want: []grant.DriftKind{grant.Gone}},
		"gone, and over":              {policy: plain, live: []grant.Grant{g}, now: g.Until},
		"without a condition too":     {policy: withEndless, live: []grant.Grant{g}, want: []grant.DriftKind{grant.Endless}},
		"given back and put back":     {policy: apply(t, give(g), plain), want: []grant.DriftKind{grant.Stray}},
		"dead":                        {policy: apply(t, give(g), plain), now: g.Until},
		"later":                       {policy: edited("later"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"later, and over by right":    {policy: edited("later"), live: []grant.Grant{g}, now: g.Until, want: []grant.DriftKind{grant.Stray}},
		"earlier":                     {policy: shorter, live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"under more":                  {policy: more, live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"for ever":                    {policy: edited("for ever"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"for ever, and nobody's":      {policy: edited("for ever"), want: []grant.DriftKind{grant.Stray}},
		"for two":                     {policy: edited("for two"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"for another":                 {policy: edited("for another"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed, grant.Gone}},
		"another role":                {policy: edited("another role"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed, grant.Gone}},
		"another title":               {policy: edited("another title"), live: []grant.Grant{g}, want: []grant.DriftKind{grant.Changed}},
		"a deleted account":           {policy: edited("a deleted account"), live: []grant.Grant{g}},
	} {
		now := test.now
		if now.IsZero() {
			now = noon
		}
		var got []grant.DriftKind
		for _, d := range grant.Drifts(test.policy, test.live, now) {
			got = append(got, d.Kind)
			if d.Text == "" || d.Role == "" || len(d.Members) == 0 || (d.Change == "") != (d.Kind == grant.Outside) ||
				(d.Title == "") != (d.Kind != grant.Outside) || (d.Edited.Part == "") != (d.Kind != grant.Changed) {
				t.Errorf("%s: %+v", name, d)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What was edited is said in parts, for those who word it in another language.
func TestDriftsSayWhatWasEdited(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	for name, want := range map[string]grant.Edited{
		"later":         {Part: grant.PartEnd, Is: "2027-01-03 03:00:00 UTC", Was: "2026-11-22 13:00:00 UTC"},
		"for ever":      {Part: grant.PartForm, Is: "true"},
		"for another":   {Part: grant.PartMember, Is: ken, Was: aiko},
		"another role":  {Part: grant.PartRole, Is: "roles/browser", Was: "roles/run.admin"},
		"another title": {Part: grant.PartTitle, Is: "x", Was: g.Title},
	} {
		p := apply(t, give(g), grant.Policy{})
		altered[name].change(&p.Bindings[0])
		if diff := cmp.Diff(want, grant.Drifts(p, []grant.Grant{g}, noon)[0].Edited); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhy(t *testing.T) {
	g := given(t, 1, time.Hour, "roles/run.admin")
	p := apply(t, give(g), grant.Policy{Bindings: foreign()})
	more := given(t, 2, time.Hour, "roles/run.admin")
	more.Condition = "a || b"
	p = apply(t, give(more), p)
	p.Bindings = append(p.Bindings,
		grant.Binding{Role: "roles/run.admin", Members: []string{"domain:example.com", "allAuthenticatedUsers", "deleted:user:aiko@example.com?uid=1", "group:none@example.com"}},
		grant.Binding{Role: "roles/run.admin", Members: []string{"user:a.sato@example.com"}},
	)
	who := grant.Identity{
		Email: "Aiko@example.com", Aliases: []string{"A.Sato@example.com"},
		Groups: map[string][]string{"Data@example.com": {"etl-team@example.com", "data@example.com"}},
	}
	type way struct {
		Member string
		Via    []string
		Answer grant.Answer
		Change string
	}
	ways := func(role string, now time.Time) []way {
		var out []way
		for _, path := range grant.Why(prj, p, who, role, now) {
			if path.At != prj || (path.Change != "") != !path.Until.IsZero() {
				t.Errorf("%+v", path)
			}
			out = append(out, way{path.Member, path.Via, path.Answer, path.Change})
		}
		return out
	}
	run := []way{
		{aiko, nil, grant.Unknown, ""},
		{aiko, nil, grant.Holds, id(1)},
		{aiko, nil, grant.Unknown, id(2)},
		{"domain:example.com", nil, grant.Holds, ""},
		{"allAuthenticatedUsers", nil, grant.Holds, ""},
		{"user:a.sato@example.com", nil, grant.Holds, ""},
	}
	if diff := cmp.Diff(run, ways("roles/run.admin", noon)); diff != "" {
		t.Errorf("ways (-want +got):\n%s", diff)
	}
	run[1].Answer, run[2].Answer = grant.Fails, grant.Fails
	if diff := cmp.Diff(run, ways("roles/run.admin", g.Until)); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
	viewer := []way{{"group:data@example.com", []string{"etl-team@example.com", "data@example.com"}, grant.Holds, ""}}
	if diff := cmp.Diff(viewer, ways("roles/viewer", noon)); diff != "" {
		t.Errorf("through groups (-want +got):\n%s", diff)
	}
	if n := len(ways("", noon)); n != 7 {
		t.Errorf("%d ways to any role, want 7", n)
	}
}
