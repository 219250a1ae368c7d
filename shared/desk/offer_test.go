package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// What is offered can be asked for, and its form is the one that people fill in.
func TestOffersAreTheForms(t *testing.T) {
	o := open(t)
	account := &desk.Account{Counter: o.counter, Rules: map[string]idle.RequestRule{
		"looker": {Roles: []string{"User"}, RolesFor: map[string][]change.Selector{"Developer": {"group:etl@example.com"}}, Mode: change.Ask},
		"jira":   {Roles: []string{"User"}, AutoFor: []change.Selector{"group:etl@example.com"}},
		"none":   {Mode: change.Auto},
	}}
	for _, test := range []struct {
		who  desk.Asker
		d    desk.Desk
		want []string
	}{
		{o.aiko(), o.access(), []string{"etl self", "prod quorum"}},
		{o.ken(), o.access(), nil},
		{o.aiko(), account, []string{"jira self", "looker quorum"}},
		{o.ken(), account, []string{"looker quorum"}},
	} {
		all, err := test.d.Offers(t.Context(), test.who)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, offer := range all {
			got = append(got, offer.Name+" "+string(offer.Approval))
			f, err := test.d.Form(t.Context(), test.who, desk.Values{test.d.Word(): {offer.Name}})
			if err != nil || names(f) != names(offer.Form) || f.Title != offer.Form.Title {
				t.Errorf("%s: %v: the form has %s, the offer %s", offer.Name, err, names(f), names(offer.Form))
			}
			if len(offer.Form.Fields[0].Options) != 1 || offer.Form.Fields[0].Options[0].Value != offer.Name {
				t.Errorf("%s offers %+v", offer.Name, offer.Form.Fields[0].Options)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s is offered %v, want %v", test.who.Person.Email, got, test.want)
		}
	}
	all, err := account.Offers(t.Context(), o.aiko())
	if err != nil || !slices.Equal(all[1].Roles, []string{"User", "Developer"}) {
		t.Errorf("%v: %+v", err, all)
	}
}

func TestFieldsThatAFormDoesNotHave(t *testing.T) {
	o := open(t)
	v := desk.Values{"entitlement": {"prod"}, "duration": {"1h"}, "reason": {"x"}, "owner": {"ken@example.com"}}
	var wrong *desk.Invalid
	if err := o.access().Check(t.Context(), o.aiko(), v); !errors.As(err, &wrong) || len(wrong.Fields) != 1 || wrong.Fields["owner"] == "" {
		t.Errorf("%v", err)
	}
	// Who may not ask for it learns nothing of its form.
	var no *desk.Refused
	if err := o.access().Check(t.Context(), o.ken(), v); !errors.As(err, &no) {
		t.Errorf("%v", err)
	}
}

func TestGivingBack(t *testing.T) {
	o := open(t)
	d := o.access()
	if err := d.Submit(t.Context(), "r1", o.aiko(), desk.Values{"entitlement": {"etl"}, "duration": {"2h"}, "reason": {"https://example.com/tasks/7"}}); err != nil {
		t.Fatal(err)
	}
	c := o.latest(t)[0]
	refused := func(who desk.Asker, c change.Change) {
		t.Helper()
		var no *desk.Refused
		if err := d.GiveBack(t.Context(), "b", who, c); !errors.As(err, &no) || no.Text == "" {
			t.Errorf("%v, want a refusal", err)
		}
	}
	refused(o.aiko(), c) // not there yet
	c.State, c.Until = change.Applied, o.now.Add(time.Hour)
	refused(o.ken(), c)
	other := c
	other.Kind = change.AccountCreate
	refused(o.aiko(), other)
	for range 2 {
		if err := d.GiveBack(t.Context(), "b1", o.aiko(), c); err != nil {
			t.Fatal(err)
		}
	}
	all := o.latest(t)
	if i := slices.IndexFunc(all, func(c change.Change) bool { return c.Kind == change.AccessRevoke }); len(all) != 2 || i < 0 || all[i].UndoOf != c.ID || all[i].State != change.Approved {
		t.Errorf("%+v", all)
	}
	o.now = o.now.Add(2 * time.Hour)
	refused(o.aiko(), c) // it has ended
}

func TestWhoAnAddressBelongsTo(t *testing.T) {
	o := open(t)
	m := mirror.New(o.store)
	people := []group.Person{
		{ID: "3", Email: "aiko-admin@example.com", Suspended: true},
		{ID: "4", Email: "twin@example.com", Language: "ja-JP"},
		{ID: "5", Email: "other@example.com", Aliases: []string{"second@example.com"}},
		{ID: "6", Email: "third@example.com", Aliases: []string{"second@example.com"}},
	}
	if err := m.PutPeople(t.Context(), people, o.now); err != nil {
		t.Fatal(err)
	}
	d := desk.Directory{Mirror: m, Accounts: func(address string) []string {
		if address == aiko.Email {
			return []string{aiko.Email, "aiko-admin@example.com", "nobody@example.com"}
		}
		return nil
	}}
	a, err := d.Asker(t.Context(), "AIKO@example.com")
	if err != nil || a.Person.ID != aiko.ID || a.Language != "" {
		t.Errorf("%v: %+v", err, a)
	}
	if diff := cmp.Diff([]string{"3"}, a.Also); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a, err := d.Asker(t.Context(), "twin@example.com"); err != nil || a.Language != "ja" || a.Also != nil {
		t.Errorf("%v: %+v", err, a)
	}
	for address, want := range map[string]error{
		"nobody@example.com": desk.ErrNobody, "second@example.com": desk.ErrNobody, "": desk.ErrNobody, "aiko-admin@example.com": desk.ErrSuspended,
	} {
		if a, err := d.Asker(t.Context(), address); !errors.Is(err, want) || a.Person.ID != "" {
			t.Errorf("%q: %+v, %v; want %v", address, a, err, want)
		}
	}
}
