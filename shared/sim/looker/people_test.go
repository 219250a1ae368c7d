package looker_test

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/looker"
)

const day = 24 * time.Hour

func (w *world) sessions(email string) []map[string]any {
	w.t.Helper()
	return w.ok("GET", "/users/"+w.id(email)+"/sessions", nil).list(w.t)
}

func TestASignInShows(t *testing.T) {
	w := newWorld(t)
	w.check(w.looker.Login("yui@example.com", "google"))
	w.check(w.looker.Login("yui@example.com", "saml")) // a first sign-in by a provider
	u := w.ok("GET", "/users/"+w.id("yui@example.com")+"?fields=credentials_google(logged_in_at),credentials_saml(logged_in_at,created_at),sessions(credentials_type,created_at,extended_at,sudo_user_id)", nil).object(t)
	const now = "2026-11-22T00:00:00.000+00:00"
	want := map[string]any{
		"credentials_google": map[string]any{"logged_in_at": now},
		"credentials_saml":   map[string]any{"logged_in_at": now, "created_at": now},
		"sessions": []any{
			map[string]any{"credentials_type": "google", "created_at": now, "extended_at": nil, "sudo_user_id": nil},
			map[string]any{"credentials_type": "saml", "created_at": now, "extended_at": nil, "sudo_user_id": nil},
		},
	}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if u, _ := w.looker.User("yui@example.com"); u.Sessions != 2 || !u.Credentials["google"].Equal(begin) {
		t.Errorf("got %+v", u)
	}
}

func TestSessionsLastWhileTheyAreUsed(t *testing.T) {
	w := newWorld(t)
	w.check(w.looker.Login("yui@example.com", "google"))
	w.now = w.now.Add(20 * day)
	w.signIn()
	w.check(w.looker.Work("yui@example.com"))
	if got := w.sessions("yui@example.com"); len(got) != 1 || got[0]["extended_at"] != "2026-12-12T00:00:00.000+00:00" || got[0]["extended_count"] != 1.0 {
		t.Errorf("got %v", got)
	}
	w.now = w.now.Add(30*day - time.Second)
	w.signIn()
	if got := w.sessions("yui@example.com"); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	w.now = w.now.Add(time.Second)
	w.signIn()
	if got := w.sessions("yui@example.com"); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if err := w.looker.Work("yui@example.com"); !errors.Is(err, looker.ErrNotFound) {
		t.Errorf("who is not signed in works: %v", err)
	}
	w.refused(404, "DELETE", "/users/"+w.id("yui@example.com")+"/sessions/1", nil)
}

func TestSudoIsTheSessionOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	w.check(w.looker.Sudo("ken@example.com", "yui@example.com"))
	if got := w.sessions("yui@example.com"); len(got) != 1 || got[0]["sudo_user_id"] != w.id("ken@example.com") {
		t.Errorf("got %v", got)
	}
	if err := w.looker.Work("yui@example.com"); !errors.Is(err, looker.ErrNotFound) {
		t.Errorf("somebody else's session is prolonged: %v", err)
	}
}

func TestWhoIsDisabledStaysSignedInUntilTheSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.check(w.looker.Login("yui@example.com", "google"))
	w.ok("PATCH", "/users/"+w.id("yui@example.com"), `{"is_disabled": true}`)
	got := w.sessions("yui@example.com")
	if len(got) != 1 {
		t.Fatalf("got %v", got)
	}
	id, _ := got[0]["id"].(string)
	if answer := w.ok("DELETE", "/users/"+w.id("yui@example.com")+"/sessions/"+id, nil); answer.status != 204 || len(answer.body) > 0 {
		t.Errorf("got %d %s", answer.status, answer.body)
	}
	if got := w.sessions("yui@example.com"); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestPeopleAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		err, want error
	}{
		"somebody unknown":          {w.looker.Login("x@example.com", "google"), looker.ErrNotFound},
		"who is disabled":           {w.looker.Login("olga@example.com", "google"), looker.ErrDisabled},
		"a password nobody has":     {w.looker.Login("ken@example.com", "email"), looker.ErrNotFound},
		"a second factor":           {w.looker.Login("ken@example.com", "totp"), looker.ErrInvalid},
		"an API key":                {w.looker.Login("sekisho@example.com", "api3"), looker.ErrInvalid},
		"work of somebody unknown":  {w.looker.Work("x@example.com"), looker.ErrNotFound},
		"sudo of somebody unknown":  {w.looker.Sudo("x@example.com", "ken@example.com"), looker.ErrNotFound},
		"sudo as somebody unknown":  {w.looker.Sudo("ken@example.com", "x@example.com"), looker.ErrNotFound},
		"a user nobody has":         {w.looker.SetDisabled("x@example.com", true), looker.ErrNotFound},
		"the roles of somebody not": {w.looker.SetRoles("x@example.com", "User"), looker.ErrNotFound},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: got %v, want %v", name, test.err, test.want)
		}
	}
	if _, ok := w.looker.User("x@example.com"); ok {
		t.Error("there is a user that there is not")
	}
	if got := w.sessions("ken@example.com"); len(got) != 0 {
		t.Errorf("what is refused leaves a trace: %v", got)
	}
}

func TestChangesShowLate(t *testing.T) {
	w := newWorld(t, func(o *looker.Options) { o.Lag = time.Minute })
	id := w.id("yui@example.com")
	shown := func() any {
		return w.ok("GET", "/users/"+id+"?fields=is_disabled", nil).object(t)["is_disabled"]
	}
	if got := w.ok("PATCH", "/users/"+id+"?fields=is_disabled", `{"is_disabled": true}`).object(t)["is_disabled"]; got != true {
		t.Errorf("the answer to the change: got %v", got)
	}
	if u, _ := w.looker.User("yui@example.com"); !u.Disabled || shown() != false {
		t.Error("the change shows at once, or is not there")
	}
	w.now = w.now.Add(30 * time.Second)
	w.ok("PATCH", "/users/"+id, `{"is_disabled": false}`)
	w.now = w.now.Add(30 * time.Second)
	if shown() != true {
		t.Error("the first change does not show after a minute")
	}
	w.now = w.now.Add(30 * time.Second)
	if shown() != false {
		t.Error("the second change does not show after a minute")
	}
	made := w.ok("POST", "/users?fields=id", `{"first_name": "New"}`).object(t)["id"].(string)
	w.refused(404, "GET", "/users/"+made, nil)
	w.now = w.now.Add(time.Minute)
	w.ok("GET", "/users/"+made, nil)
}

// Who is deleted is not found by the id, which nobody gets again; the others keep theirs.
func TestAnIDIsNobodysAfterItsUserIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.signIn()
	users := w.looker.Users()
	gone, last := users[0], users[0]
	for _, u := range users { // the first that was made after ourselves, and the last
		if n, m := number(t, u.ID), number(t, gone.ID); u.Email != "sekisho@example.com" && (n < m || gone.Email == "sekisho@example.com") {
			gone = u
		}
		if number(t, u.ID) > number(t, last.ID) {
			last = u
		}
	}
	w.check(w.looker.Delete(gone.Email))
	w.refused(http.StatusNotFound, "GET", "/users/"+gone.ID, nil)
	if got := w.ok("GET", "/users/"+last.ID, nil).object(t)["email"]; got != last.Email {
		t.Errorf("user %s is %v, want %s", last.ID, got, last.Email)
	}
	if got := w.looker.Users(); len(got) != len(users)-1 {
		t.Errorf("%d users are left of %d", len(got), len(users))
	}
	made := w.ok("POST", "/users", map[string]any{"first_name": "Nia"}).object(t)["id"]
	if made == gone.ID || made == last.ID {
		t.Errorf("a new user has the id %v of another", made)
	}
}

func number(t *testing.T, id string) int {
	t.Helper()
	n, err := strconv.Atoi(id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
