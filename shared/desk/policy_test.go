package desk_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
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
