package grant_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestARequestIsChecked(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*grant.Request)
		holds  []change.Selector
		want   []grant.Code
	}{
		"as it should be":         {},
		"one role":                {change: func(r *grant.Request) { r.Roles = []string{"roles/run.admin"} }},
		"space around the reason": {change: func(r *grant.Request) { r.Reason = "  " + because + "\n" }},
		"the longest time":        {change: func(r *grant.Request) { r.For = 8 * time.Hour }},
		"a stranger":              {holds: []change.Selector{"group:other@example.com"}, want: []grant.Code{grant.NotEligible}},
		"nobody":                  {holds: []change.Selector{}, want: []grant.Code{grant.NotEligible}},
		"a stranger hears no more": {
			holds: []change.Selector{}, change: func(r *grant.Request) { r.For, r.Reason = 0, "" },
			want: []grant.Code{grant.NotEligible},
		},
		"no one is eligible": {change: func(r *grant.Request) { r.Entitlement.Eligible = nil }, want: []grant.Code{grant.NotEligible}},
		"no time":            {change: func(r *grant.Request) { r.For = 0 }, want: []grant.Code{grant.NoDuration}},
		"time that is past":  {change: func(r *grant.Request) { r.For = -time.Hour }, want: []grant.Code{grant.NoDuration}},
		"less than a second": {change: func(r *grant.Request) { r.For = time.Second - 1 }, want: []grant.Code{grant.NoDuration}},
		"too long":           {change: func(r *grant.Request) { r.For = 8*time.Hour + 1 }, want: []grant.Code{grant.TooLong}},
		"no reason":          {change: func(r *grant.Request) { r.Reason = " \n" }, want: []grant.Code{grant.NoReason}},
		"another reason":     {change: func(r *grant.Request) { r.Reason = "because" }, want: []grant.Code{grant.ReasonForm}},
		"more than the reason": {
			change: func(r *grant.Request) { r.Reason = because + "\nand so on" }, want: []grant.Code{grant.ReasonForm},
		},
		"any reason will do":    {change: func(r *grant.Request) { r.Entitlement.Reason, r.Reason = nil, "because" }},
		"any reason, but none":  {change: func(r *grant.Request) { r.Entitlement.Reason, r.Reason = nil, "" }, want: []grant.Code{grant.NoReason}},
		"a role of another one": {change: func(r *grant.Request) { r.Roles = []string{"roles/owner", "roles/run.admin"} }, want: []grant.Code{grant.UnknownRole}},
		"everything at once": {
			change: func(r *grant.Request) { r.Roles, r.For, r.Reason = []string{"x"}, 0, "" },
			want:   []grant.Code{grant.UnknownRole, grant.NoDuration, grant.NoReason},
		},
		"a basic role":       {change: func(r *grant.Request) { r.Entitlement.Roles = []string{"roles/editor"} }, want: []grant.Code{grant.Unwritable}},
		"no role":            {change: func(r *grant.Request) { r.Entitlement.Roles = nil }, want: []grant.Code{grant.Unwritable}},
		"no place":           {change: func(r *grant.Request) { r.Entitlement.Scope = grant.Scope{} }, want: []grant.Code{grant.Unwritable}},
		"a bad condition":    {change: func(r *grant.Request) { r.Entitlement.Condition = "a) || (b" }, want: []grant.Code{grant.Unwritable}},
		"a good condition":   {change: func(r *grant.Request) { r.Entitlement.Condition = "a || b" }},
		"a group":            {change: func(r *grant.Request) { r.Entitlement = member }},
		"a group with roles": {change: func(r *grant.Request) { r.Entitlement = member; r.Entitlement.Roles = maint.Roles }, want: []grant.Code{grant.Unwritable}},
		"a group with a condition": {
			change: func(r *grant.Request) { r.Entitlement = member; r.Entitlement.Condition = "a" }, want: []grant.Code{grant.Unwritable},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := grant.Request{Entitlement: maint, For: time.Hour, Reason: because}
			if test.change != nil {
				test.change(&r)
			}
			holds := test.holds
			if holds == nil {
				holds = append([]change.Selector{"user:aiko@example.com"}, etl...)
			}
			var got []grant.Code
			for _, p := range r.Check(holds) {
				got = append(got, p.Code)
				if p.Text == "" || p.Field == "" || p.Error() != string(p.Field)+": "+p.Text {
					t.Errorf("a problem without words: %+v", p)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApprovalsDecideWhoIsAsked(t *testing.T) {
	for approval, want := range map[grant.Approval]change.Mode{
		grant.BySelf: change.Auto, grant.BreakGlass: change.Auto, grant.ByQuorum: change.Ask, "": change.Ask, "friend": change.Ask,
	} {
		if got := approval.Mode(); got != want {
			t.Errorf("%q: %s, want %s", approval, got, want)
		}
	}
}

func TestOffers(t *testing.T) {
	other := entitlement("another", "roles/browser")
	foreign := entitlement("not-for-her", "roles/browser")
	foreign.Eligible = []change.Selector{"group:x@example.com"}
	all := []grant.Entitlement{maint, foreign, member, other}
	ends := func(d time.Duration) grant.Grant {
		return grant.Grant{ID: id(1), Entitlement: maint.Name, Scope: prj, Roles: maint.Roles, Member: aiko, Since: noon.Add(-4 * time.Hour), Until: noon.Add(d)}
	}
	for name, test := range map[string]struct {
		grants []grant.Grant
		names  []string
		most   time.Duration // of the maintenance entitlement
	}{
		"nothing yet":      {names: []string{"another", "etl-maintenance", "on-call"}, most: 8 * time.Hour},
		"some of it":       {[]grant.Grant{ends(time.Hour)}, []string{"another", "etl-maintenance", "on-call"}, 4 * time.Hour},
		"all of it":        {[]grant.Grant{ends(time.Hour), ends(4 * time.Hour)}, []string{"another", "on-call"}, 0},
		"it ends just now": {[]grant.Grant{ends(0)}, []string{"another", "etl-maintenance", "on-call"}, 8 * time.Hour},
	} {
		var names []string
		for _, o := range grant.Offers(all, etl, test.grants, noon) {
			names = append(names, o.Entitlement.Name)
			if o.Entitlement.Name == maint.Name && o.Most != test.most {
				t.Errorf("%s: %s at most, want %s", name, o.Most, test.most)
			}
		}
		if !slices.Equal(names, test.names) {
			t.Errorf("%s: offered %q, want %q", name, names, test.names)
		}
	}
}
