package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/place"
)

func (o *office) access() *desk.Access {
	return &desk.Access{Counter: o.counter, Now: o.clock, Entitlements: []grant.Entitlement{
		{
			Name: "etl", Scope: grant.Scope{Kind: grant.Project, Name: "etl-prd"}, Roles: []string{"roles/run.admin", "roles/bigquery.dataOwner"},
			Eligible: []change.Selector{"group:etl@example.com"}, Max: 8 * time.Hour, Approval: grant.BySelf,
			Reason: regexp.MustCompile(`^https://example\.com/tasks/\d+$`),
		},
		{
			Name: "prod", Scope: grant.Scope{Kind: grant.Project, Name: "prod"}, Roles: []string{"roles/run.admin"},
			Eligible: []change.Selector{"group:etl@example.com"}, Max: time.Hour, Approval: grant.ByQuorum,
		},
	}}
}

func TestWhatCanBeAskedFor(t *testing.T) {
	o := open(t)
	d := o.access()
	f, err := d.Form(t.Context(), o.aiko(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(f); got != "entitlement, duration, reason" || len(f.Fields[0].Options) != 2 || !f.Fields[0].Live {
		t.Errorf("fields %s: %+v", got, f.Fields[0])
	}
	f, err = d.Form(t.Context(), o.aiko(), desk.Values{"entitlement": {"etl"}})
	if err != nil || names(f) != "entitlement, roles, duration, reason" || !strings.Contains(f.Fields[2].Hint, "8h") || !strings.Contains(f.Fields[3].Hint, "tasks") {
		t.Errorf("%v: %+v", err, f)
	}
	for name, test := range map[string]struct {
		who desk.Asker
		v   desk.Values
	}{
		"for who is not eligible":       {o.ken(), desk.Values{"entitlement": {"etl"}}},
		"what is not there":             {o.aiko(), desk.Values{"entitlement": {"none"}}},
		"anything for who has none":     {o.ken(), nil},
		"what is not there, by a guest": {o.ken(), desk.Values{"entitlement": {"none"}}},
	} {
		_, err := d.Form(t.Context(), test.who, test.v)
		var no *desk.Refused
		if !errors.As(err, &no) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

func TestARequestForAccess(t *testing.T) {
	o := open(t)
	d := o.access()
	v := desk.Values{"entitlement": {"etl"}, "duration": {"2h"}, "reason": {"https://example.com/tasks/7"}, "roles": {"roles/run.admin"}}
	for range 2 {
		if err := d.Submit(t.Context(), "request-1", o.aiko(), v); err != nil {
			t.Fatal(err)
		}
	}
	all := o.latest(t)
	if len(all) != 1 {
		t.Fatalf("%d changes, want 1", len(all))
	}
	c := all[0]
	var asked desk.AccessDetail
	if err := json.Unmarshal(c.Detail, &asked); err != nil {
		t.Fatal(err)
	}
	if c.Kind != change.AccessGrant || c.Target.Name != "etl" || c.State != change.Approved || asked.For != 2*time.Hour || !slices.Equal(asked.Roles, []string{"roles/run.admin"}) {
		t.Errorf("got %+v, detail %+v", c, asked)
	}
	if !slices.Contains(c.Diff, change.Delta{Field: "role roles/run.admin", After: "roles/run.admin"}) || !slices.Equal(c.Owners, []change.Selector{"owners:etl@example.com"}) {
		t.Errorf("diff %+v, owners %v", c.Diff, c.Owners)
	}
	// The same wish under another name, while the first is under way, is the same change.
	if err := d.Submit(t.Context(), "request-2", o.aiko(), v); err != nil || len(o.latest(t)) != 1 {
		t.Errorf("%v, %d changes", err, len(o.latest(t)))
	}
	// What needs a quorum waits.
	v = desk.Values{"entitlement": {"prod"}, "duration": {"30m"}, "reason": {"a fire"}}
	if err := d.Submit(t.Context(), "request-3", o.aiko(), v); err != nil {
		t.Fatal(err)
	}
	if c := o.latest(t)[0]; c.State != change.Proposed {
		t.Errorf("prod is %s", c.State)
	}
}

func TestWhatIsWrongWithARequestForAccess(t *testing.T) {
	o := open(t)
	good := desk.Values{"entitlement": {"etl"}, "duration": {"2h"}, "reason": {"https://example.com/tasks/7"}}
	for name, test := range map[string]struct {
		field, value string
		wrong        string
	}{
		"no time":             {"duration", "", "duration"},
		"no time that is one": {"duration", "long", "duration"},
		"no time at all":      {"duration", "0h", "duration"},
		"a negative time":     {"duration", "-2h", "duration"},
		"a time too long":     {"duration", "9h", "duration"},
		"days too many":       {"duration", "99999999999d", "duration"},
		"no reason":           {"reason", "", "reason"},
		"a reason of no form": {"reason", "because", "reason"},
		"another role":        {"roles", "roles/owner", "roles"},
	} {
		v := desk.Values{}
		for f, values := range good {
			v[f] = values
		}
		v[test.field] = []string{test.value}
		for _, who := range []desk.Asker{o.aiko(), o.japanese(o.aiko())} {
			err := o.access().Check(t.Context(), who, v)
			var wrong *desk.Invalid
			if !errors.As(err, &wrong) || wrong.Fields[test.wrong] == "" {
				t.Errorf("%s: %v, want a complaint about %s", name, err, test.wrong)
			}
		}
	}
	if len(o.latest(t)) != 0 {
		t.Error("something was proposed")
	}
}

// given has a request carried out: the person has access until then.
func (o *office) given(t *testing.T, d *desk.Access, v desk.Values) change.Change {
	t.Helper()
	ctx := context.Background()
	if err := d.Submit(ctx, "given-"+v.One("duration"), o.aiko(), v); err != nil {
		t.Fatal(err)
	}
	c := o.latest(t)[0]
	var asked desk.AccessDetail
	if err := json.Unmarshal(c.Detail, &asked); err != nil {
		t.Fatal(err)
	}
	return o.carriedOut(t, c, asked)
}

func (o *office) carriedOut(t *testing.T, c change.Change, asked desk.AccessDetail) change.Change {
	t.Helper()
	e := o.access().Entitlements[slices.IndexFunc(o.access().Entitlements, func(e grant.Entitlement) bool { return e.Name == asked.Entitlement })]
	var before []grant.Grant
	for _, held := range o.held(t) {
		g, err := desk.GrantOf(held)
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, g)
	}
	g, problem := grant.Plan(grant.Request{Entitlement: e, Roles: asked.Roles, For: asked.For, Reason: c.Reason}, c.ID, "user:aiko@example.com", before, o.now)
	if problem != nil {
		t.Fatal(problem)
	}
	result, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	robot := change.Actor{Kind: change.ByFunction, ID: "accessgrant"}
	for _, a := range []change.Action{change.ClaimIt{By: robot, For: time.Minute}, change.Complete{By: robot, Fence: 1, Result: result, Until: g.Until}} {
		if c, err = o.counter.Ledger.Apply(context.Background(), c.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// An extension is decided afresh, never shortens, and ends with the longest time.
func TestExtend(t *testing.T) {
	o := open(t)
	d := o.access()
	c := o.given(t, d, desk.Values{"entitlement": {"etl"}, "duration": {"3h"}, "reason": {"https://example.com/tasks/7"}})
	begun := o.now
	ends := []time.Duration{6 * time.Hour, 8 * time.Hour}
	for i, want := range ends {
		o.now = o.now.Add(2 * time.Hour)
		if err := d.Press(t.Context(), "press-"+ends[i].String(), o.aiko(), c); err != nil {
			t.Fatal(err)
		}
		next := o.latest(t)[0]
		var asked desk.AccessDetail
		if err := json.Unmarshal(next.Detail, &asked); err != nil || next.State != change.Approved || asked.Extends == "" {
			t.Fatalf("%v: %+v", err, next)
		}
		next = o.carriedOut(t, next, asked)
		if got := next.Until.Sub(begun); got != want {
			t.Errorf("extension %d ends after %s, want %s", i+1, got, want)
		}
	}
	var no *desk.Refused
	if err := d.Press(t.Context(), "press-3", o.aiko(), c); !errors.As(err, &no) || !strings.Contains(no.Text, "8h") {
		t.Errorf("past the longest time: %v", err)
	}
	if err := d.Press(t.Context(), "press-4", o.ken(), c); !errors.As(err, &no) {
		t.Errorf("by somebody else: %v", err)
	}
	o.now = begun.Add(9 * time.Hour)
	if err := d.Press(t.Context(), "press-5", o.aiko(), c); !errors.As(err, &no) {
		t.Errorf("after its end: %v", err)
	}
}

// What IAM would refuse is refused before anybody is asked.
func TestAPlaceWithoutRoom(t *testing.T) {
	o := open(t)
	d := o.access()
	d.Store = o.store
	full := grant.Policy{}
	for i := range 20 {
		full.Bindings = append(full.Bindings, grant.Binding{
			Role: "roles/run.admin", Members: []string{"user:aiko@example.com"},
			Condition: &grant.Condition{Title: fmt.Sprint(i), Expression: fmt.Sprintf("resource.name == 'x%d'", i)},
		})
	}
	if err := place.Put(t.Context(), o.store, place.Reading{Scope: d.Entitlements[0].Scope, Policy: full, At: o.now}); err != nil {
		t.Fatal(err)
	}
	v := desk.Values{"entitlement": {"etl"}, "duration": {"2h"}, "reason": {"https://example.com/tasks/7"}}
	var wrong *desk.Invalid
	if err := d.Check(t.Context(), o.aiko(), v); !errors.As(err, &wrong) || !strings.Contains(wrong.Fields["entitlement"], "20") {
		t.Errorf("got %v, want advice about the 20 bindings", err)
	}
	v["roles"] = []string{"roles/bigquery.dataOwner"}
	if err := d.Check(t.Context(), o.aiko(), v); err != nil {
		t.Errorf("another role has room: %v", err)
	}
}

// The advice is in the asker's language.
func TestAPlaceWithoutRoomInJapanese(t *testing.T) {
	people := func(n int, long string) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("user:%s%d@example.com", long, i))
		}
		return out
	}
	for name, test := range map[string]struct {
		members   []string
		condition bool
		want      string
	}{
		"principals": {people(1500, "p"), false, "プリンシパル数が 1501 になります (上限 1500)。"},
		"bytes":      {people(900, strings.Repeat("long", 15)), false, "バイト数が "},
		"bindings":   {[]string{"user:aiko@example.com"}, true, "同じロールのバインディングが 21 件になります (上限 20 件)。"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			d := o.access()
			d.Store = o.store
			full := grant.Policy{Bindings: []grant.Binding{{Role: "roles/viewer", Members: test.members}}}
			for i := 0; test.condition && i < 20; i++ {
				full.Bindings = append(full.Bindings, grant.Binding{
					Role: "roles/run.admin", Members: test.members,
					Condition: &grant.Condition{Title: fmt.Sprint(i), Expression: fmt.Sprintf("resource.name == 'x%d'", i)},
				})
			}
			if err := place.Put(t.Context(), o.store, place.Reading{Scope: d.Entitlements[0].Scope, Policy: full, At: o.now}); err != nil {
				t.Fatal(err)
			}
			a := o.aiko()
			a.Language = "ja"
			v := desk.Values{"entitlement": {"etl"}, "roles": {"roles/run.admin"}, "duration": {"2h"}, "reason": {"https://example.com/tasks/7"}}
			err := d.Check(t.Context(), a, v)
			wrong, ok := errors.AsType[*desk.Invalid](err)
			if !ok || !strings.Contains(wrong.Fields["entitlement"], test.want) || strings.Contains(wrong.Text(), "entitlement") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestWhatIsWrongWithoutAForm(t *testing.T) {
	i := &desk.Invalid{Fields: map[string]string{"reason": "Say why.", "duration": "Say for how long.", "role": "Say why."}}
	if got, want := i.Text(), "Say for how long.\nSay why."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
