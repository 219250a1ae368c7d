package grant_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// crowd is a policy with so many principals, in bindings of ten.
func crowd(principals int) grant.Policy {
	var p grant.Policy
	for n := 0; n < principals; {
		b := grant.Binding{Role: fmt.Sprintf("roles/r%d", n)}
		for len(b.Members) < 10 && n < principals {
			b.Members = append(b.Members, fmt.Sprintf("user:u%d@e.co", n))
			n++
		}
		p.Bindings = append(p.Bindings, b)
	}
	return p
}

func TestUsage(t *testing.T) {
	p := grant.Policy{Bindings: foreign(), Exempted: []string{ken, "group:auditors@example.com"}}
	p = apply(t, give(given(t, 1, time.Hour)), p)
	p.Bindings = append(p.Bindings, grant.Binding{Role: "roles/browser", Members: []string{"domain:example.com", "allUsers"}})
	got := p.Usage()
	// In bindings: two, one, one; two of ours; two. Exempted: two. Of run.admin aiko has an
	// own binding and one of others.
	if got.Principals != 10 || got.Groups != 3 || got.Conditional != 4 || got.Same != 2 {
		t.Errorf("got %+v", got)
	}
	if got.Size < 800 || got.Size > 1200 {
		t.Errorf("%d bytes", got.Size)
	}
}

func TestRoom(t *testing.T) {
	one := given(t, 1, time.Hour, "roles/run.admin")
	two := given(t, 1, time.Hour)
	many := func(n int) grant.Policy {
		var p grant.Policy
		for i := range n {
			p.Bindings = append(p.Bindings, grant.Binding{
				Role: "roles/run.admin", Members: []string{"user:Aiko@example.com"},
				Condition: &grant.Condition{Title: fmt.Sprint(i), Expression: "true"},
			})
		}
		return p
	}
	groups := func(n int) grant.Policy {
		b := grant.Binding{Role: "roles/browser"}
		for i := range n {
			b.Members = append(b.Members, fmt.Sprintf("group:g%d@e.co", i))
		}
		return grant.Policy{Bindings: []grant.Binding{b}}
	}
	large := func(bytes int) grant.Policy {
		return grant.Policy{Bindings: []grant.Binding{{Role: "roles/browser", Raw: []byte(strings.Repeat("x", bytes))}}}
	}
	exempt := crowd(1_490)
	exempt.Exempted = strings.Split(strings.Repeat("user:x@e.co ", 10), " ")[:10]
	basic := one
	basic.Roles = []string{"roles/owner"}
	grouped := one
	grouped.Member = "group:g@e.co"
	complex := one
	complex.Condition = strings.Repeat("a || ", 12) + "a"
	for name, test := range map[string]struct {
		policy   grant.Policy
		edit     grant.Edit
		headroom float64
		want     string
	}{
		"an empty policy":                      {grant.Policy{}, give(two), grant.Headroom, ""},
		"room for one":                         {crowd(1_499), give(one), 0, ""},
		"no room for two":                      {crowd(1_499), give(two), 0, "principals"},
		"full":                                 {crowd(1_500), give(one), 0, "principals"},
		"room, and people to be asked":         {crowd(1_349), give(one), grant.Headroom, ""},
		"hardly room, and people to be asked":  {crowd(1_350), give(one), grant.Headroom, "principals"},
		"exemptions count":                     {exempt, give(one), 0, "principals"},
		"full of groups":                       {groups(250), give(one), 0, ""},
		"room for a group":                     {groups(249), give(grouped), 0, ""},
		"a group too many":                     {groups(250), give(grouped), 0, "groups"},
		"more than full, and something leaves": {crowd(1_600), take(one), 0, ""},
		"nineteen of the role":                 {many(19), give(one), grant.Headroom, ""},
		"twenty of the role":                   {many(20), give(one), 0, "same-role"},
		"twenty of the role, of which one dies": {
			apply(t, give(given(t, 9, time.Minute, "roles/run.admin")), many(19)),
			grant.Edit{Give: []grant.Grant{one}, Now: noon.Add(30 * time.Minute)},
			0, "",
		},
		"large":            {large(64<<10 - 300), give(one), 0, ""},
		"too large":        {large(64<<10 - 100), give(one), 0, "size"},
		"a basic role":     {grant.Policy{}, give(basic), 0, "role"},
		"a long condition": {grant.Policy{}, give(complex), 0, "operators"},
	} {
		short, err := grant.Room(prj, test.policy, test.edit, test.headroom)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := ""
		for _, s := range short {
			got += s.Limit
			if s.Advice == "" || s.Most > 0 && s.Limit != "operators" && s.Have == 0 {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if got != test.want {
			t.Errorf("%s: short of %q, want %q", name, got, test.want)
		}
	}
	over := give(one)
	over.Now = one.Until
	if _, err := grant.Room(prj, grant.Policy{}, over, 0); err == nil {
		t.Error("what is over has room")
	}
}

func TestCrowding(t *testing.T) {
	if got := crowd(1_199).Crowding(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	p := crowd(1_200)
	var all []grant.Grant
	for n := range 80 {
		all = append(all, given(t, n+1, time.Hour, "roles/run.admin"))
	}
	p = apply(t, give(all...), p)
	want := []grant.Load{{Limit: "principals", Have: 1_280, Most: 1_500}, {Limit: "conditional", Have: 80, Most: 100}}
	if diff := cmp.Diff(want, p.Crowding()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
