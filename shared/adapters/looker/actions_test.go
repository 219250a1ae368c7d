package looker_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
)

func TestOneAccountIsAsInTheListing(t *testing.T) {
	w := newWorld(t)
	w.must(w.looker.Login("yui@example.com", "google"))
	for email, want := range w.mustList() {
		got, err := w.Account(t.Context(), w.id(email))
		w.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s by id (-listed +alone):\n%s", email, diff)
		}
		got, err = w.Find(t.Context(), strings.ToUpper(email)+" ")
		w.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s by address (-listed +alone):\n%s", email, diff)
		}
	}
	_, err := w.Account(t.Context(), "999")
	check(t, err, looker.ErrNotFound)
	_, err = w.Find(t.Context(), "x@example.com")
	check(t, err, looker.ErrNotFound)
}

func TestASearchFindsExactlyThePerson(t *testing.T) {
	w := newWorld(t, company(t, "looker: {users: [{email: a_b@example.com}, {email: axb@example.com}, {email: ayb@example.com}]}"))
	for _, email := range []string{"a_b@example.com", "axb@example.com", "A_B@Example.com"} {
		got, err := w.Find(t.Context(), email)
		if err != nil || !strings.EqualFold(got.Email, email) {
			t.Errorf("%s: got %s, %v", email, got.Email, err)
		}
	}
	for _, email := range []string{"%@example.com", "a__@example.com", "azb@example.com"} {
		_, err := w.Find(t.Context(), email)
		check(t, err, looker.ErrNotFound)
	}
	for _, email := range []string{"", "%", "IS NULL"} {
		_, err := w.Find(t.Context(), email)
		check(t, err, looker.ErrInvalid)
	}
	twice := client(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/4.0/users/search" && r.URL.Query().Get("offset") == "0" {
			_, _ = rw.Write([]byte(`[{"id": "1", "email": "a@example.com"}, {"id": "2", "email": "A@example.com"}]`))
			return
		}
		raw(nil, nil)(rw, r)
	})
	_, err := twice.Find(t.Context(), "a@example.com")
	if e := check(t, err, looker.ErrConflict); !e.Permanent() {
		t.Errorf("got %v", err)
	}
}

func TestRolesOfOneAccountAreReadOnce(t *testing.T) {
	w := newWorld(t)
	for range 5 {
		_, err := w.Account(t.Context(), w.id("yui@example.com"))
		w.must(err)
	}
	calls := func(method string) int {
		n, _ := w.calls.Count(simlooker.API, method)
		return n
	}
	if calls("all_roles") != 1 || calls("me") != 1 {
		t.Errorf("roles %d times, ourselves %d times", calls("all_roles"), calls("me"))
	}
	w.must(w.looker.SetRoles("yui@example.com", "User", "Modeller"))
	got, err := w.Account(t.Context(), w.id("yui@example.com"))
	w.must(err)
	if !slices.Equal(got.Roles, []string{"User", "Modeller"}) || calls("all_roles") != 2 {
		t.Errorf("a new role: got %v after %d readings", got.Roles, calls("all_roles"))
	}
	w.now = w.now.Add(time.Hour)
	_, err = w.Account(t.Context(), w.id("yui@example.com"))
	w.must(err)
	if calls("all_roles") != 3 {
		t.Errorf("an hour later: %d readings", calls("all_roles"))
	}
}

func TestDisablingEndsTheSessions(t *testing.T) {
	w := newWorld(t)
	id := w.id("yui@example.com")
	for range 3 {
		w.must(w.looker.Login("yui@example.com", "google"))
	}
	for range 2 { // again does no harm
		w.must(w.Disable(t.Context(), id))
		if u := w.user("yui@example.com"); !u.Disabled || u.Sessions != 0 {
			t.Errorf("got %+v", u)
		}
	}
	w.must(w.Enable(t.Context(), id))
	if u := w.user("yui@example.com"); u.Disabled || !slices.Equal(u.Roles, []string{"User"}) {
		t.Errorf("got %+v", u)
	}
	for _, err := range []error{w.Disable(t.Context(), "999"), w.Enable(t.Context(), "999")} {
		check(t, err, looker.ErrNotFound)
	}
	for _, id := range []string{"", "../roles", "1/sessions", "1?x=y", "a@example.com", "1%2f2"} {
		check(t, w.Disable(t.Context(), id), looker.ErrInvalid)
	}
}

func TestAChangeWithoutAnAnswerIsNoSuccess(t *testing.T) {
	for _, fault := range []sim.FaultKind{sim.FaultAppliedBut500, sim.FaultTimeout, sim.Fault500, sim.Fault429} {
		w := newWorld(t)
		w.fault(fault, 1, 1)
		err := w.Disable(t.Context(), w.id("yui@example.com"))
		if e, ok := errors.AsType[*looker.Error](err); !ok || e.Permanent() {
			t.Errorf("%s: got %v", fault, err)
		}
		w.must(w.Disable(t.Context(), w.id("yui@example.com")))
	}
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			_, _ = w.Write([]byte(`{"id": "7", "is_disabled": false}`))
			return
		}
		raw(nil, nil)(w, r)
	})
	check(t, c.Disable(t.Context(), "7"), looker.ErrIncomplete)
}

func TestRolesAreReplaced(t *testing.T) {
	w := newWorld(t)
	all, err := w.Roles(t.Context())
	w.must(err)
	some, _ := idle.RolesNamed(all, []string{"Developer", "Admin"})
	w.must(w.SetRoles(t.Context(), w.id("yui@example.com"), append(some, some[0])))
	if u := w.user("yui@example.com"); !slices.Equal(u.Roles, []string{"Admin", "Developer"}) {
		t.Errorf("got %v", u.Roles)
	}
	check(t, w.SetRoles(t.Context(), "a@example.com", some), looker.ErrInvalid)
	w.must(w.SetRoles(t.Context(), w.id("yui@example.com"), nil))
	if u := w.user("yui@example.com"); len(u.Roles) != 0 {
		t.Errorf("got %v", u.Roles)
	}
}

var nia = looker.NewAccount{Email: "Nia@example.com", First: "Nia", Last: "Ito"}

// made checks that there is exactly one account for a person, whole and not yet enabled.
func (w *world) made(id string) {
	w.t.Helper()
	n := 0
	for _, u := range w.looker.Users() {
		if strings.EqualFold(u.Email, nia.Email) || u.Name == "Nia Ito" {
			n++
			if u.ID != id || !u.Disabled || len(u.Roles) > 0 || u.Email != "nia@example.com" {
				w.t.Errorf("got %+v, want %s", u, id)
			}
		}
	}
	if n != 1 {
		w.t.Errorf("there are %d accounts", n)
	}
}

func TestCreate(t *testing.T) {
	w := newWorld(t)
	id, err := w.Create(t.Context(), nia)
	w.must(err)
	w.made(id)
	again, err := w.Create(t.Context(), nia)
	w.must(err)
	if again != id {
		t.Errorf("a second time: got %s, want %s", again, id)
	}
	w.made(id)
	w.must(w.Invite(t.Context(), id))
	if mails := w.looker.Mails(); len(mails) != 1 || mails[0].To != "nia@example.com" || !mails[0].Setup {
		t.Errorf("mails: %+v", mails)
	}
	w.must(w.Enable(t.Context(), id))
	_, err = w.Create(t.Context(), nia)
	if e := check(t, err, looker.ErrConflict); e.Permanent() {
		t.Errorf("an account that is there by now: %v", err)
	}
	w.must(w.looker.Login("nia@example.com", "google"))

	quiet, err := w.Create(t.Context(), looker.NewAccount{Email: "bo@example.com"})
	w.must(err)
	if u := w.user("bo@example.com"); u.ID != quiet || !u.Disabled || len(w.looker.Mails()) != 1 {
		t.Errorf("without a name: got %+v", u)
	}
	_, err = w.Create(t.Context(), looker.NewAccount{Email: "cy"})
	check(t, err, looker.ErrInvalid)
	// olga was stopped after she had used it: to give it back is another decision.
	_, err = w.Create(t.Context(), looker.NewAccount{Email: "olga@example.com"})
	if e := check(t, err, looker.ErrConflict); !e.Permanent() || !w.user("olga@example.com").Disabled {
		t.Errorf("an account that was stopped: %v", err)
	}
}

// Whatever step of a creation fails, in whatever way, and however often: trying again makes
// one account and no second.
func TestCreateCanBeTriedAgainAfterEveryStep(t *testing.T) {
	kinds := []sim.FaultKind{sim.FaultAppliedBut500, sim.FaultTimeout, sim.Fault500, sim.Fault429, sim.FaultConflict, sim.FaultEmpty}
	for _, kind := range kinds {
		for step := range 14 {
			t.Run(fmt.Sprintf("%s at request %d", kind, step), func(t *testing.T) {
				w := newWorld(t, unjudged)
				w.before = func(n int) {
					if n == step {
						w.fault(kind, 1, 1)
					}
				}
				id, err := w.Create(t.Context(), nia)
				for try := 0; err != nil; try++ {
					if e, ok := errors.AsType[*looker.Error](err); !ok || try == 3 || e.Permanent() {
						t.Fatalf("got %v", err)
					}
					id, err = w.Create(t.Context(), nia)
				}
				w.made(id)
			})
		}
	}
}
