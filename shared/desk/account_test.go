package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

func (o *office) accounts() *desk.Account {
	return &desk.Account{Counter: o.counter, Rules: map[string]idle.RequestRule{
		"looker": {
			Roles: []string{"User", "Developer"}, Default: "User", Mode: change.Ask,
			RolesFor: map[string][]change.Selector{"Modeller": {"group:etl@example.com"}}, AutoFor: []change.Selector{"group:etl@example.com"},
		},
		"jira":      {Roles: []string{"User"}, Default: "User"},
		"workspace": {Mode: change.Ask},
	}}
}

// A role that the form does not show is refused all the same: other tools send requests too.
func TestTheRolesThatAPersonCanAskFor(t *testing.T) {
	o := open(t)
	for name, test := range map[string]struct {
		who   desk.Asker
		v     desk.Values
		wrong string // the field, or the refusal
		text  string
		mode  change.Mode
		role  string
	}{
		"a role for everybody":       {who: o.ken(), v: desk.Values{"system": {"looker"}, "role": {"Developer"}, "reason": {"x"}}, mode: change.Ask, role: "Developer"},
		"no role":                    {who: o.ken(), v: desk.Values{"system": {"looker"}, "reason": {"x"}}, mode: change.Ask, role: "User"},
		"a system with a capital":    {who: o.ken(), v: desk.Values{"system": {"Looker"}, "role": {"Developer"}, "reason": {"x"}}, mode: change.Ask, role: "Developer"},
		"a role of one's group":      {who: o.aiko(), v: desk.Values{"system": {"looker"}, "role": {"Modeller"}, "reason": {"x"}}, mode: change.Auto, role: "Modeller"},
		"a role of another group":    {who: o.ken(), v: desk.Values{"system": {"looker"}, "role": {"Modeller"}, "reason": {"x"}}, wrong: "role", text: "You can ask for: User, Developer."},
		"a role of none":             {who: o.aiko(), v: desk.Values{"system": {"looker"}, "role": {"Admin"}, "reason": {"x"}}, wrong: "role", text: "You can ask for: User, Developer, Modeller."},
		"the same in Japanese":       {who: o.japanese(o.ken()), v: desk.Values{"system": {"looker"}, "role": {"Admin"}, "reason": {"x"}}, wrong: "role", text: "依頼できるロール: User, Developer"},
		"no reason":                  {who: o.ken(), v: desk.Values{"system": {"looker"}, "role": {"User"}}, wrong: "reason", text: "Please say what it is for."},
		"a system that policy lacks": {who: o.ken(), v: desk.Values{"system": {"salesforce"}, "role": {"User"}, "reason": {"x"}}, wrong: "refused", text: "Accounts of salesforce cannot be asked for here."},
		"a system only reported":     {who: o.ken(), v: desk.Values{"system": {"jira"}, "role": {"User"}, "reason": {"x"}}, wrong: "refused", text: "Accounts of jira cannot be asked for here."},
		"a system without roles":     {who: o.ken(), v: desk.Values{"system": {"workspace"}, "reason": {"x"}}, wrong: "refused", text: "Accounts of workspace cannot be asked for here."},
	} {
		before := len(o.latest(t))
		err := o.accounts().Submit(t.Context(), "request "+name, test.who, test.v)
		var invalid *desk.Invalid
		var no *desk.Refused
		switch {
		case test.wrong == "refused":
			if !errors.As(err, &no) || no.Text != test.text {
				t.Errorf("%s: %v", name, err)
			}
		case test.wrong != "":
			if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || !strings.Contains(invalid.Fields[test.wrong], test.text) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
		all := o.latest(t)
		if test.wrong != "" {
			if len(all) != before {
				t.Errorf("%s: something is proposed", name)
			}
			continue
		}
		// A request that was made before is taken for the same one.
		found := false
		for _, c := range all {
			role := ""
			for _, d := range c.Diff {
				if d.Field == "role" {
					role = d.After
				}
			}
			found = found || c.Kind == change.AccountCreate && c.Target.ID == "looker:"+test.who.Person.Email && role == test.role && c.Requirement.Mode == test.mode
		}
		if !found {
			t.Errorf("%s: proposed %+v", name, all)
		}
	}
}

// Who may have an account at once has a stopped one back at once, but only their own.
func TestGivingBackAnAccount(t *testing.T) {
	o := open(t)
	stopped := func(of string) change.Change {
		return change.Change{Kind: change.AccountDisable, Target: change.Target{ID: "looker:7"}, Concerned: []string{of}}
	}
	for name, test := range map[string]struct {
		who  desk.Asker
		of   string
		want change.Mode
	}{
		"one's own, of the group":       {o.aiko(), aiko.ID, change.Auto},
		"another's, by one who may":     {o.aiko(), ken.ID, change.Ask},
		"one's own, not of the group":   {o.ken(), ken.ID, change.Ask},
		"where policy says report only": {o.ken(), ken.ID, change.Ask},
	} {
		c := stopped(test.of)
		if name == "where policy says report only" {
			c.Target.ID = "jira:7"
		}
		got, err := o.accounts().Undoing(t.Context(), test.who, c)
		if err != nil || got.Mode != test.want {
			t.Errorf("%s: %s, %v", name, got.Mode, err)
		}
	}
}

// A form offers what it can be sent with: no system of which the asker can have no role, and none of which
// the policy only wants requests known. A system is found in any letters.
func TestAFormOffersWhatItCanBeSentWith(t *testing.T) {
	o := open(t)
	form, err := o.accounts().Form(t.Context(), o.ken(), desk.Values{})
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range form.Fields[0].Options {
		if option.Value != "looker" {
			t.Errorf("%s is offered", option.Value)
		}
	}
	var no *desk.Refused
	for _, system := range []string{"workspace", "jira"} {
		if _, err := o.accounts().Form(t.Context(), o.ken(), desk.Values{"system": {system}}); !errors.As(err, &no) {
			t.Errorf("a form for %s: %v", system, err)
		}
	}
	for _, system := range []string{"looker", "Looker", "LOOKER"} {
		form, err := o.accounts().Form(t.Context(), o.ken(), desk.Values{"system": {system}})
		if err != nil || !slices.Equal(form.Fields[0].Value, []string{"looker"}) {
			t.Errorf("a form for %s: %+v, %v", system, form.Fields, err)
		}
	}
	none := &desk.Account{Counter: o.counter, Rules: map[string]idle.RequestRule{"workspace": {Mode: change.Ask}, "jira": {Roles: []string{"User"}}}}
	if _, err := none.Form(t.Context(), o.ken(), desk.Values{}); !errors.As(err, &no) {
		t.Errorf("a form for nothing: %v", err)
	}
}
