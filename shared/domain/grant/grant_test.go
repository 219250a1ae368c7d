package grant_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestMember(t *testing.T) {
	for address, want := range map[string]string{
		"Aiko@Example.com": "user:aiko@example.com",
		"etl-runner@etl-prj-prd.iam.gserviceaccount.com": "serviceAccount:etl-runner@etl-prj-prd.iam.gserviceaccount.com",
	} {
		if got := grant.Member(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
		if got := (grant.Grant{Member: want}).Address(); "user:"+got != want && "serviceAccount:"+got != want {
			t.Errorf("address of %s: %s", want, got)
		}
	}
}

func TestPlan(t *testing.T) {
	now := noon.Add(700 * time.Millisecond).In(time.FixedZone("JST", 9*60*60))
	got, problem := grant.Plan(grant.Request{Entitlement: maint, For: time.Hour, Reason: " " + because + " "}, id(1), "user:Aiko@example.com", nil, now)
	want := grant.Grant{
		ID: id(1), Entitlement: "etl-maintenance", Scope: prj, Roles: maint.Roles, Member: aiko, Title: because,
		Since: noon, Until: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, got); problem != nil || diff != "" {
		t.Errorf("problem %v; grant (-want +got):\n%s", problem, diff)
	}
	one, _ := grant.Plan(grant.Request{Entitlement: maint, Roles: []string{"roles/run.admin"}, For: 100 * time.Hour, Reason: because}, id(1), aiko, nil, noon)
	if !slices.Equal(one.Roles, []string{"roles/run.admin"}) || !one.Until.Equal(noon.Add(8*time.Hour)) {
		t.Errorf("got %v until %s; want one role, for the longest time", one.Roles, one.Until)
	}
}

func TestPlanOnTopOfWhatThereIs(t *testing.T) {
	live := func(n int, since, until time.Duration, roles ...string) grant.Grant {
		if roles == nil {
			roles = maint.Roles
		}
		return grant.Grant{
			ID: id(n), Entitlement: maint.Name, Scope: prj, Roles: roles, Member: aiko, Since: noon.Add(since), Until: noon.Add(until),
		}
	}
	another := live(2, -time.Hour, 7*time.Hour)
	another.Entitlement = "another"
	kens := live(2, -time.Hour, 7*time.Hour)
	kens.Member = ken
	elsewhere := live(2, -time.Hour, 7*time.Hour)
	elsewhere.Scope.Name = "etl-prj-dev"
	run := "roles/run.admin"
	for name, test := range map[string]struct {
		grants       []grant.Grant
		roles        []string
		d            time.Duration
		since, until time.Duration
		replaces     []string
		code         grant.Code
	}{
		"nothing":                       {d: time.Hour, until: time.Hour},
		"it has ended":                  {grants: []grant.Grant{live(2, -9*time.Hour, 0)}, d: time.Hour, until: time.Hour},
		"another entitlement":           {grants: []grant.Grant{another}, d: time.Hour, until: time.Hour},
		"another person":                {grants: []grant.Grant{kens}, d: time.Hour, until: time.Hour},
		"another place":                 {grants: []grant.Grant{elsewhere}, d: time.Hour, until: time.Hour},
		"the same change":               {grants: []grant.Grant{live(1, -time.Hour, 7*time.Hour)}, d: time.Hour, until: time.Hour},
		"longer":                        {grants: []grant.Grant{live(2, -time.Hour, time.Hour)}, d: 3 * time.Hour, since: -time.Hour, until: 3 * time.Hour, replaces: []string{id(2)}},
		"longer than can be":            {grants: []grant.Grant{live(2, -6*time.Hour, time.Hour)}, d: 8 * time.Hour, since: -6 * time.Hour, until: 2 * time.Hour, replaces: []string{id(2)}},
		"shorter":                       {grants: []grant.Grant{live(2, -time.Hour, 5*time.Hour)}, d: time.Hour, code: grant.LongEnough},
		"just as long":                  {grants: []grant.Grant{live(2, -time.Hour, time.Hour)}, d: time.Hour, code: grant.LongEnough},
		"there is nothing left":         {grants: []grant.Grant{live(2, -7*time.Hour, time.Hour)}, d: 8 * time.Hour, code: grant.NothingLeft},
		"a chain":                       {grants: []grant.Grant{live(2, -6*time.Hour, time.Minute), live(3, -7*time.Hour, time.Minute)}, d: 8 * time.Hour, since: -7 * time.Hour, until: time.Hour, replaces: []string{id(2), id(3)}},
		"it had some of the roles":      {grants: []grant.Grant{live(2, -6*time.Hour, 2*time.Hour, run)}, d: time.Hour, since: -6 * time.Hour, until: time.Hour, replaces: []string{id(2)}},
		"it has more roles":             {grants: []grant.Grant{live(2, -time.Hour, time.Hour)}, roles: []string{run}, d: 2 * time.Hour, since: -time.Hour, until: 2 * time.Hour},
		"other roles":                   {grants: []grant.Grant{live(2, -6*time.Hour, time.Hour, "roles/bigquery.dataOwner")}, roles: []string{run}, d: 2 * time.Hour, until: 2 * time.Hour},
		"roles in turn do not add up":   {grants: []grant.Grant{live(2, -8*time.Hour, time.Minute, run)}, d: 2 * time.Hour, code: grant.NothingLeft},
		"its end is over, by the chain": {grants: []grant.Grant{live(2, -9*time.Hour, time.Minute)}, d: 2 * time.Hour, code: grant.NothingLeft},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem := grant.Plan(grant.Request{Entitlement: maint, Roles: test.roles, For: test.d, Reason: because}, id(1), aiko, test.grants, noon)
			if test.code != "" {
				if problem == nil || problem.Code != test.code || problem.Field != grant.InDuration || problem.Text == "" {
					t.Errorf("got %+v, problem %v; want %s", got, problem, test.code)
				}
				return
			}
			if problem != nil {
				t.Fatal(problem)
			}
			if !got.Since.Equal(noon.Add(test.since)) || !got.Until.Equal(noon.Add(test.until)) || !slices.Equal(got.Replaces, test.replaces) {
				t.Errorf("got since %s until %s replacing %v", got.Since, got.Until, got.Replaces)
			}
		})
	}
}

// A3: a request for an hour silently shortened a live grant of eight.
func TestRegressionA3AnExtensionNeverShortens(t *testing.T) {
	long := given(t, 2, 8*time.Hour)
	p := apply(t, give(long), grant.Policy{Bindings: foreign()})

	_, problem := grant.Plan(grant.Request{Entitlement: maint, For: time.Hour, Reason: because}, id(3), aiko, []grant.Grant{long}, noon.Add(time.Minute))
	if problem == nil || problem.Code != grant.NothingLeft {
		t.Errorf("the request for an hour: %v, want it refused", problem)
	}
	// Whoever plans without knowing of the other grant cannot shorten it either.
	short := given(t, 3, time.Hour)
	short.Replaces = []string{long.ID}
	if _, _, err := give(short).Apply(p); !errors.Is(err, grant.ErrShortens) {
		t.Errorf("error %v, want %v", err, grant.ErrShortens)
	}
	short.Replaces = nil
	p = apply(t, give(short), p)
	if until, ok := p.Ends(long); !ok || !until.Equal(long.Until) {
		t.Errorf("the long grant ends at %s, %t; want it untouched", until, ok)
	}
}

// Whatever somebody asks for, in whatever order and with whatever roles: what they have never
// ends earlier for it, and never lasts longer without a break than the longest time.
func TestExtensionsAreBoundAndNeverShorten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var grants []grant.Grant
		now := noon
		held := map[string][2]time.Time{} // role → since when without a break, and until when
		for n := range rapid.IntRange(1, 12).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5*3600).Draw(t, "wait")) * time.Second)
			r := grant.Request{
				Entitlement: maint, Reason: because,
				Roles: rapid.SampledFrom([][]string{nil, maint.Roles[:1], maint.Roles[1:]}).Draw(t, "roles"),
				For:   time.Duration(rapid.IntRange(1, 8*3600).Draw(t, "for")) * time.Second,
			}
			g, problem := grant.Plan(r, id(n+1), aiko, grants, now)
			if problem != nil {
				continue
			}
			for _, role := range g.Roles {
				h := held[role]
				if !now.Before(h[1]) {
					h = [2]time.Time{now, {}}
				}
				if g.Until.After(h[1]) {
					h[1] = g.Until
				}
				if d := h[1].Sub(h[0]); d > maint.Max {
					t.Fatalf("%s for %s without a break", role, d)
				}
				held[role] = h
			}
			for _, other := range grants {
				if slices.Contains(g.Replaces, other.ID) && slices.Equal(other.Roles, g.Roles) && g.Until.Before(other.Until) {
					t.Fatalf("until %s in the place of until %s", g.Until, other.Until)
				}
			}
			grants = append(grants, g)
		}
	})
}

func TestExtension(t *testing.T) {
	g := given(t, 1, 2*time.Hour)
	for name, test := range map[string]struct {
		after, by, want time.Duration
		err             error
	}{
		"an hour":             {time.Hour, time.Hour, 2 * time.Hour, nil},
		"up to the longest":   {time.Hour, 6 * time.Hour, 7 * time.Hour, nil},
		"more than is left":   {time.Hour, 60 * time.Hour, 7 * time.Hour, nil},
		"within a second":     {time.Hour + 300*time.Millisecond, time.Hour, 2 * time.Hour, nil},
		"nothing":             {time.Hour, 0, 0, grant.ErrNothingLeft},
		"less than nothing":   {time.Hour, -time.Hour, 0, grant.ErrNothingLeft},
		"after its end":       {2 * time.Hour, time.Hour, 0, grant.ErrEnded},
		"just before its end": {2*time.Hour - time.Second, time.Hour, time.Hour + time.Second, nil},
	} {
		got, err := g.Extension(test.by, 8*time.Hour, noon.Add(test.after))
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %s, error %v; want %s, %v", name, got, err, test.want, test.err)
		}
		if err != nil {
			continue
		}
		r := grant.Request{Entitlement: maint, For: got, Reason: because}
		if problems := r.Check(etl); len(problems) > 0 {
			t.Errorf("%s: as a request: %v", name, problems)
		}
		next, problem := grant.Plan(r, id(2), aiko, []grant.Grant{g}, noon.Add(test.after))
		if problem != nil || !next.Until.Equal(g.Until.Add(min(test.by, 6*time.Hour))) {
			t.Errorf("%s: planned until %s, problem %v", name, next.Until, problem)
		}
	}
	if _, err := given(t, 1, 8*time.Hour).Extension(time.Hour, 8*time.Hour, noon); !errors.Is(err, grant.ErrNothingLeft) {
		t.Errorf("of the longest: %v", err)
	}
}

func TestTimes(t *testing.T) {
	g := given(t, 1, time.Hour)
	if at, ok := g.WarnAt(noon); !ok || !at.Equal(noon.Add(45*time.Minute)) {
		t.Errorf("warned at %s, %t", at, ok)
	}
	if at, ok := given(t, 1, 15*time.Minute).WarnAt(noon); ok {
		t.Errorf("a quarter of an hour is warned of at %s", at)
	}
}
