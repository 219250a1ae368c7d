package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// setting is of a request that asks for the role b of an account with a and c.
var setting = account.Setting{Had: roles("ac"), Found: roles("ac"), Set: roles("bc"), Lost: []string{"f", "e"}}

// roles are some whose names and ids are letters.
func roles(of string) (out []idle.Role) {
	for _, name := range of {
		out = append(out, idle.Role{ID: string(name), Name: string(name)})
	}
	return out
}

// begun is a store in which a request has begun to give back the account 7.
func begun(t *testing.T, request string) *embedded.Store {
	t.Helper()
	s := open(t)
	begin(t, s, request, setting)
	return s
}

func begin(t *testing.T, s *embedded.Store, request string, r account.Setting) {
	t.Helper()
	if _, err := account.Hold(t.Context(), s, "looker", "7", request, now); err != nil {
		t.Fatal(err)
	}
	if err := account.Begin(t.Context(), s, "looker", "7", request, r, now); err != nil {
		t.Fatal(err)
	}
	if err := account.Release(t.Context(), s, "looker", "7", request, now); err != nil {
		t.Fatal(err)
	}
}

// remembered is what is known of the account 7.
func remembered(t *testing.T, s *embedded.Store) account.Unfinished {
	t.Helper()
	u, err := account.GetUnfinished(t.Context(), s, "looker", "7")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// What an account had counts as long as its roles are those that were set, or those that were there before:
// a setting may have had no effect. Others are somebody's decision. A role that is called otherwise is the same;
// one that was deleted is no word about the others, and is lost.
func TestWhatAnAccountHadCountsUntilSomebodyDecides(t *testing.T) {
	u := account.Unfinished{Request: "r", Had: roles("ac"), Found: roles("bc"), Set: roles("c")}
	called := []idle.Role{{ID: "a", Name: "A"}, {ID: "b", Name: "b"}, {ID: "c", Name: "c"}}
	for _, test := range []struct {
		u         account.Unfinished
		has, all  []idle.Role
		want      []idle.Role
		lost      []string
		unsettled bool
	}{
		{u, roles("c"), roles("abc"), u.Had, nil, true},
		{u, roles("cb"), roles("abc"), u.Had, nil, true},
		{u, roles("cb"), called, []idle.Role{called[0], called[2]}, nil, true},
		{u, roles("b"), roles("abc"), roles("b"), nil, true},
		{u, nil, roles("abc"), nil, nil, true},
		{u, roles("c"), roles("c"), roles("c"), []string{"a"}, true},
		{u, nil, roles("ab"), roles("a"), []string{"c"}, true},
		{u, nil, roles("b"), nil, []string{"a", "c"}, true},
		{u, roles("d"), roles("bd"), roles("d"), nil, true},
		{account.Unfinished{Request: "r"}, nil, nil, nil, nil, false},
		{account.Unfinished{Request: "r", Had: roles("ab"), Found: roles("ba"), Set: roles("ab")}, roles("ab"), roles("ab"), roles("ab"), nil, false},
		{account.Unfinished{}, roles("a"), roles("a"), roles("a"), nil, false},
	} {
		had, lost := test.u.Before(test.has, test.all)
		if !cmp.Equal(test.want, had, cmpopts.EquateEmpty()) || !slices.Equal(lost, test.lost) || test.u.Unsettled() != test.unsettled {
			t.Errorf("%v of %+v: had %v, lost %v, unsettled %t", test.has, test.u, had, lost, test.u.Unsettled())
		}
	}
}

func TestOnlyOneSetsTheRolesOfAnAccount(t *testing.T) {
	held := func() *embedded.Store {
		s := open(t)
		if _, err := account.Hold(t.Context(), s, "looker", "7", "one", now); err != nil {
			t.Fatal(err)
		}
		return s
	}
	later := now.Add(account.HoldFor)
	for name, test := range map[string]struct {
		id, holder string
		at         time.Time
		want       error
	}{
		"another":                  {"7", "two", later.Add(-time.Nanosecond), account.ErrHeld},
		"another, of another one":  {"8", "two", now, nil},
		"itself":                   {"7", "one", now, nil},
		"another, once it is over": {"7", "two", later, nil},
	} {
		if _, err := account.Hold(t.Context(), held(), "looker", test.id, test.holder, test.at); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	s := held()
	for name, at := range map[string]time.Time{"two": now, "one": later} {
		if err := account.Begin(t.Context(), s, "looker", "7", name, setting, at); !errors.Is(err, account.ErrHeld) {
			t.Errorf("%s begins at %s without holding them: %v", name, at, err)
		}
	}
	if err := account.Release(t.Context(), s, "looker", "7", "two", now); err != nil {
		t.Fatal(err)
	}
	if u := remembered(t, s); u.Holder != "one" {
		t.Errorf("it is held by %q after another released it", u.Holder)
	}
	if err := account.Release(t.Context(), s, "looker", "7", "one", now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(account.Unfinished{}, remembered(t, s)); diff != "" {
		t.Errorf("nothing was begun (-want +got):\n%s", diff)
	}
}

// What a request has begun is forgotten with its end, and not what a later one has begun.
func TestARequestForgetsWhatItHasBegun(t *testing.T) {
	s := begun(t, "one")
	if err := account.Tried(t.Context(), s, "looker", "7", "one", 1, now); err != nil {
		t.Fatal(err)
	}
	if u := remembered(t, s); u.Request != "one" || u.Tries != 1 || !cmp.Equal(u.Had, setting.Had) {
		t.Errorf("remembered %+v", u)
	}
	for id, want := range map[string]idle.Made{"7": {Account: "7", Withheld: roles("a"), Lost: []string{"e", "f"}, Given: roles("b")[0]}, "8": {Account: "8"}} {
		if made, err := account.Made(t.Context(), s, "one", id); err != nil || !cmp.Equal(made, want) {
			t.Errorf("made of %s %+v, %v; want %+v", id, made, err, want)
		}
	}
	second := account.Setting{Had: setting.Had, Found: setting.Set, Set: roles("d")}
	begin(t, s, "two", second)
	for _, request := range []string{"one", "none"} {
		if err := account.Tried(t.Context(), s, "looker", "7", request, 1, now); err != nil {
			t.Fatal(err)
		}
		if err := account.Finish(t.Context(), s, "looker", "7", request, false, now); err != nil {
			t.Fatal(err)
		}
	}
	if u := remembered(t, s); u.Request != "two" || u.Tries != 0 {
		t.Errorf("after another's end: %+v", u)
	}
	for request, want := range map[string][]string{"one": nil, "two": {"7"}} {
		if got, err := account.Begun(t.Context(), s, request); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has begun %v, %v; want %v", request, got, err, want)
		}
	}
	if _, err := account.Hold(t.Context(), s, "looker", "7", "three", now); err != nil {
		t.Fatal(err)
	}
	if err := account.Finish(t.Context(), s, "looker", "7", "two", false, now); err != nil {
		t.Fatal(err)
	}
	if u := remembered(t, s); u.Request != "" || u.Holder != "three" || u.Had != nil {
		t.Errorf("while the third holds it: %+v", u)
	}
}

// Who gave an account back last is known until it is stopped, by which stop ever, and no earlier one.
func TestWhoGaveAnAccountBackIsKnown(t *testing.T) {
	for name, finished := range map[string]bool{"given back": true, "given back, and not yet seen to": false} {
		t.Run(name, func(t *testing.T) {
			s := begun(t, "one")
			check := func(step string, err error, gave, stop string) {
				t.Helper()
				if u := remembered(t, s); err != nil || u.Gave != gave || u.Stop != stop {
					t.Errorf("%s: %+v, %v", step, u, err)
				}
			}
			if finished {
				check("given back", account.Finish(t.Context(), s, "looker", "7", "one", true, now), "one", "")
			}
			check("a stop begins", account.StopBegins(t.Context(), s, "looker", "7", "stop", now), "one", "stop")
			check("another one ends", account.StopEnds(t.Context(), s, "looker", "7", "earlier", "", now), "one", "stop")
			if _, err := account.Hold(t.Context(), s, "looker", "7", "two", now.Add(account.HoldFor)); err != nil {
				t.Fatal(err)
			}
			later := now.Add(account.HoldFor)
			check("given back anew", account.Begin(t.Context(), s, "looker", "7", "two", account.Setting{}, later), "one", "stop")
			check("in vain", account.Finish(t.Context(), s, "looker", "7", "two", false, later), "one", "stop")
			check("once more", account.Begin(t.Context(), s, "looker", "7", "two", account.Setting{}, later), "one", "stop")
			check("with success", account.Finish(t.Context(), s, "looker", "7", "two", true, later), "two", "")
			check("another is taken back of what is stopped by hand", account.StopEnds(t.Context(), s, "looker", "7", "undo", "one", later), "two", "")
			check("the stop ends late", account.StopEnds(t.Context(), s, "looker", "7", "stop", "", later), "two", "")
			check("a stop begins", account.StopBegins(t.Context(), s, "looker", "7", "next", later), "two", "next")
			check("it ends", account.StopEnds(t.Context(), s, "looker", "7", "next", "", later), "", "")
			check("given back", account.Begin(t.Context(), s, "looker", "7", "two", account.Setting{}, later), "", "")
			check("for good", account.Finish(t.Context(), s, "looker", "7", "two", true, later), "two", "")
			check("it is taken back of what is stopped by hand", account.StopEnds(t.Context(), s, "looker", "7", "undo", "two", later), "", "")
		})
	}
}

// A request has begun with two accounts where its address has passed to another: each has its own end.
func TestARequestRemembersEveryAccountThatItBegan(t *testing.T) {
	s := begun(t, "one")
	if _, err := account.Hold(t.Context(), s, "looker", "8", "one", now); err != nil {
		t.Fatal(err)
	}
	if err := account.Begin(t.Context(), s, "looker", "8", "one", account.Setting{}, now); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		finish string
		left   []string
	}{{"", []string{"7", "8"}}, {"7", []string{"8"}}, {"7", []string{"8"}}, {"8", nil}} {
		if test.finish != "" {
			if err := account.Finish(t.Context(), s, "looker", test.finish, "one", false, now); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := account.Begun(t.Context(), s, "one"); err != nil || !slices.Equal(got, test.left) {
			t.Errorf("after the end of %q: %v, %v; want %v", test.finish, got, err, test.left)
		}
	}
}

// An invitation is good for a day, and a request's own.
func TestAnInvitationIsGoodForADay(t *testing.T) {
	s := open(t)
	if err := account.Invite(t.Context(), s, "one", now); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		request string
		at      time.Time
		want    bool
	}{{"one", now, true}, {"one", now.Add(24*time.Hour - 1), true}, {"one", now.Add(24 * time.Hour), false}, {"two", now, false}} {
		if got, err := account.Invited(t.Context(), s, test.request, test.at); err != nil || got != test.want {
			t.Errorf("%s at %s: %t, %v", test.request, test.at, got, err)
		}
	}
}
