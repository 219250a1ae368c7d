package grant_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestMemberships(t *testing.T) {
	g, problem := grant.Plan(grant.Request{Entitlement: member, For: time.Hour, Reason: "x"}, id(1), aiko, nil, noon)
	if problem != nil || len(g.Roles) != 0 {
		t.Fatalf("%+v, problem %v", g, problem)
	}
	for name, test := range map[string]struct {
		held     grant.Held
		give     grant.Step
		giveErr  error
		take     grant.Step
		takesErr error
	}{
		"none":             {grant.Held{}, grant.Create, nil, grant.Keep, nil},
		"just this one":    {grant.Held{There: true, Until: g.Until}, grant.Keep, nil, grant.Remove, nil},
		"a shorter one":    {grant.Held{There: true, Until: g.Until.Add(-time.Second)}, grant.Extend, nil, grant.Remove, nil},
		"a longer one":     {grant.Held{There: true, Until: g.Until.Add(time.Second)}, grant.Keep, nil, "", grant.ErrNotOurs},
		"a fraction more":  {grant.Held{There: true, Until: g.Until.Add(time.Millisecond)}, grant.Keep, nil, grant.Remove, nil},
		"one for good":     {grant.Held{There: true}, "", grant.ErrNotOurs, "", grant.ErrNotOurs},
		"that of an owner": {grant.Held{There: true, Manages: true, Until: g.Until}, "", grant.ErrNotOurs, "", grant.ErrNotOurs},
	} {
		if got, err := g.GiveMembership(test.held, noon); got != test.give || !errors.Is(err, test.giveErr) {
			t.Errorf("%s: give: %q, %v", name, got, err)
		}
		if got, err := g.TakeMembership(test.held); got != test.take || !errors.Is(err, test.takesErr) {
			t.Errorf("%s: take: %q, %v", name, got, err)
		}
	}
	if _, err := g.GiveMembership(grant.Held{}, g.Until); !errors.Is(err, grant.ErrEnded) {
		t.Errorf("after its end: %v", err)
	}
}
