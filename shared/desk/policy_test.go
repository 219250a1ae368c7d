package desk_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// Of everything that can be asked for, policy is asked: when the form is opened, and when it is sent.
func TestWhatCanBeAskedForIsAskedOfPolicy(t *testing.T) {
	desks := map[change.Kind]func(o *office) (desk.Desk, desk.Values){
		change.AccessGrant: func(o *office) (desk.Desk, desk.Values) { return o.access(), desk.Values{"entitlement": {"etl"}} },
		change.AccountCreate: func(o *office) (desk.Desk, desk.Values) {
			return &desk.Account{Counter: o.counter, Rules: map[string]idle.RequestRule{"looker": {Roles: []string{"User"}, Default: "User", Mode: change.Ask}}}, desk.Values{"system": {"looker"}}
		},
		change.ConnectionCreate: func(o *office) (desk.Desk, desk.Values) {
			return &desk.Connection{Counter: o.counter, Rules: connection.Policy{Services: map[string]connection.Service{"mysql": {}}}}, desk.Values{}
		},
	}
	for _, p := range policy.Permissions() {
		if !slices.Contains(p.Verbs, change.VerbPropose) {
			continue
		}
		open, ok := desks[p.Kind]
		if !ok {
			t.Errorf("%s is for asking for a change of kind %s, and no desk takes such requests", p.Operation, p.Kind)
			continue
		}
		d, v := open(openBy(t, policy.Model{
			Roles: []policy.Role{{Name: "barred", Policies: []string{"bar"}, Members: []change.Selector{"user:aiko@example.com"}}},
			Policies: []policy.Policy{{Name: "bar", Rules: []policy.Rule{
				{Name: "bar", Effect: policy.Deny, Operations: []policy.Operation{p.Operation}, Resources: []string{p.Type}},
			}}},
		}))
		const text = "The policy does not let you ask for this."
		var no *desk.Refused
		if _, err := d.Form(t.Context(), desk.Asker{Person: aiko, Language: "en"}, v); !errors.As(err, &no) || no.Text != text {
			t.Errorf("the form for %s: %v, want %q", p.Kind, err, text)
		}
		if err := d.Submit(t.Context(), "request-1", desk.Asker{Person: aiko, Language: "en"}, v); !errors.As(err, &no) || no.Text != text {
			t.Errorf("the request for %s: %v, want %q", p.Kind, err, text)
		}
		// The audit says what the policy did not let somebody ask for, but for what somebody typed.
		recorded := func(want string) {
			t.Helper()
			_, err := d.Form(t.Context(), desk.Asker{Person: aiko, Language: "en"}, v)
			if got := desk.Turned(trail.Turned{}, err); got.Kind != string(p.Kind) || got.Target != want || got.Change != "" {
				t.Errorf("%s: recorded is %+v, want about %q", p.Kind, got, want)
			}
		}
		account := map[change.Kind]string{change.AccountCreate: "looker/aiko@example.com"}
		recorded(cmp.Or(account[p.Kind], v.One("entitlement")))
		v["entitlement"], v["name"] = []string{"hunter2"}, []string{"hunter2"}
		recorded(account[p.Kind])
	}
}

// Whose an entitlement is decides about a request for it, and not about one for another: where the form shows it, where
// it is offered and where it is sent. Aiko owns the group that etl is for; logs is hers alone, and nobody owns it.
func TestTheOwnersOfWhatIsAskedForCount(t *testing.T) {
	owned, err := policy.ParseCondition("isOwner()")
	if err != nil {
		t.Fatal(err)
	}
	for effect, want := range map[policy.Effect]string{policy.Allow: "etl", policy.Deny: "logs"} {
		o := openBy(t, policy.Model{
			Roles: []policy.Role{{Name: "r", Policies: []string{"p"}, Members: []change.Selector{"user:aiko@example.com"}}},
			Policies: []policy.Policy{{Name: "p", Rules: []policy.Rule{
				{Name: "own", Effect: effect, Operations: []policy.Operation{policy.RequestAccess}, Resources: []string{policy.AccessResource}, Condition: owned},
			}}},
		})
		etl := group.Snapshot{Group: group.Group{ID: "g1", Email: "etl@example.com"}, Read: o.now.Add(time.Second), Members: []group.Member{
			{ID: "1", Email: aiko.Email, Type: group.User, Role: group.Owner},
		}}
		if _, err := mirror.New(o.store).Replace(t.Context(), etl); err != nil {
			t.Fatal(err)
		}
		d := desk.Open(o.counter, desk.Rules{Access: []grant.Entitlement{
			{Name: "etl", Scope: grant.Scope{Kind: grant.Project, Name: "prd"}, Roles: []string{"roles/run.admin"}, Eligible: []change.Selector{"group:etl@example.com"}, Max: time.Hour, Approval: grant.BySelf},
			{Name: "logs", Scope: grant.Scope{Kind: grant.Project, Name: "prd"}, Roles: []string{"roles/run.admin"}, Eligible: []change.Selector{"user:aiko@example.com"}, Max: time.Hour, Approval: grant.BySelf},
		}}, o.store, nil, o.clock).Access
		for _, name := range []string{"etl", "logs"} {
			v := desk.Values{"entitlement": {name}, "duration": {"1h"}, "reason": {"a fire"}}
			offers, err := d.Offers(t.Context(), o.aiko())
			if err != nil {
				t.Fatal(err)
			}
			_, shown := d.Form(t.Context(), o.aiko(), desk.Values{"entitlement": {name}})
			taken := d.Check(t.Context(), o.aiko(), v)
			offered := slices.ContainsFunc(offers, func(o desk.Offer) bool { return o.Name == name })
			if may := name == want; (shown == nil) != may || offered != may || (taken == nil) != may {
				t.Errorf("%s if isOwner(): %s is shown: %v; offered: %t; taken: %v; want %t", effect, name, shown, offered, taken, may)
			}
		}
	}
}
