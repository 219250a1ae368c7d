package workspace_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/org"
	google "github.com/sekisho/sekisho/shared/sim/workspace"
)

const day = 24 * time.Hour

const usersFile = `
domain: example.com
people:
- {email: admin@example.com, name: Ada Min, admin: true, aliases: [boss@example.com], last_login: 2026-11-20T08:00:00Z}
- {email: gone@example.com, created: 2024-02-03T04:05:06Z, last_login: 2025-01-02T03:04:05Z}
- {email: new@example.com, last_login: never}
- {email: stopped@example.com, suspended: true}
- {email: usual@example.com}
`

// usersWorld is a company's users in a simulated Google, judged by Google's description where
// that is at hand.
type usersWorld struct {
	*workspace.Users
	t      *testing.T
	now    time.Time
	google *google.Server
	faults *sim.Faults
	calls  *sim.Calls
}

func newUsersWorld(t *testing.T, company *org.Company) *usersWorld {
	t.Helper()
	w := &usersWorld{t: t, now: noon, faults: sim.NewFaults(1), calls: &sim.Calls{}}
	clock := func() time.Time { return w.now }
	var err error
	w.google, err = google.New(google.Options{
		Company: company, Now: clock, Faults: w.faults, Calls: w.calls, Seed: 1, Tokens: map[string][]string{"the-token": {google.ScopeUser}},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := http.Handler(w.google)
	if folder, ok := contract.Folder(); ok {
		spec, err := contract.LoadGoogle(folder, "admin.directory.v1.admin")
		if err != nil {
			t.Fatal(err)
		}
		recorder := contract.NewRecorder(contract.GoogleExceptions...)
		handler = recorder.Handler(contract.Tap{Specs: []contract.Spec{spec}}, w.google)
		t.Cleanup(func() {
			for _, v := range recorder.Report().Violations {
				t.Errorf("against Google's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
			}
		})
	}
	o := workspace.Options{Client: &http.Client{Transport: bearer{"the-token", sim.Transport{"admin.googleapis.com": handler}}}, Now: clock}
	w.Users = newUsers(t, o, "Boss@example.com")
	return w
}

func newUsers(t *testing.T, o workspace.Options, self string) *workspace.Users {
	t.Helper()
	u, err := workspace.NewUsers(t.Context(), o, self)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func parseCompany(t *testing.T, text string) *org.Company {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *usersWorld) list() (map[string]idle.Account, idle.Reading, error) {
	out := map[string]idle.Account{}
	reading, err := w.Accounts(w.t.Context(), func(a *idle.Account) error {
		out[a.Email] = *a
		return nil
	})
	return out, reading, err
}

func (w *usersWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestUsersAreAccounts(t *testing.T) {
	w := newUsersWorld(t, parseCompany(t, usersFile))
	got, reading, err := w.list()
	w.must(err)
	old := time.Date(2020, 4, 1, 0, 0, 0, 0, time.UTC)
	account := func(email, name string, made, used time.Time) idle.Account {
		return idle.Account{
			ID: got[email].ID, Email: email, Name: name, Created: made,
			Credentials: []idle.Credential{{Kind: idle.Google, Created: made, Used: used}},
		}
	}
	admin := account("admin@example.com", "Ada Min", old, time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC))
	admin.Self, admin.Super, admin.Roles = true, true, []string{workspace.SuperAdmin}
	stopped := account("stopped@example.com", "Stopped", old, noon)
	stopped.Disabled = true
	want := map[string]idle.Account{
		"admin@example.com":   admin,
		"gone@example.com":    account("gone@example.com", "Gone", time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)),
		"new@example.com":     account("new@example.com", "New", old, time.Time{}),
		"stopped@example.com": stopped,
		"usual@example.com":   account("usual@example.com", "Usual", old, noon),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if reading != (idle.Reading{Accounts: 5, Calls: 2, Ours: noon, Theirs: noon}) {
		t.Errorf("got %+v", reading)
	}
	for email, want := range got {
		for _, find := range []func() (idle.Account, error){
			func() (idle.Account, error) { return w.Account(t.Context(), want.ID) },
			func() (idle.Account, error) { return w.Find(t.Context(), email) },
		} {
			alone, err := find()
			w.must(err)
			if diff := cmp.Diff(want, alone); diff != "" {
				t.Errorf("%s (-listed +alone):\n%s", email, diff)
			}
		}
	}
	alias, err := w.Find(t.Context(), "boss@example.com")
	w.must(err)
	if alias.Email != "admin@example.com" {
		t.Errorf("by an alias: got %s", alias.Email)
	}
	_, err = w.Find(t.Context(), "x@example.com")
	check(t, err, workspace.ErrNotFound)
	for _, key := range []string{"", "x"} {
		_, err = w.Find(t.Context(), key)
		check(t, err, workspace.ErrInvalid)
	}
	_, err = w.Account(t.Context(), "")
	check(t, err, workspace.ErrInvalid)
}

func TestAUserIsStoppedAndGivenBack(t *testing.T) {
	w := newUsersWorld(t, parseCompany(t, usersFile))
	gone, err := w.Find(t.Context(), "gone@example.com")
	w.must(err)
	for range 2 {
		w.must(w.Disable(t.Context(), gone.ID))
	}
	if got, err := w.Account(t.Context(), gone.ID); err != nil || !got.Disabled {
		t.Errorf("got %+v, %v", got, err)
	}
	w.must(w.Enable(t.Context(), gone.ID))
	w.must(w.google.SignIn("gone@example.com"))
	if got, err := w.Account(t.Context(), gone.ID); err != nil || got.Disabled || !got.Credentials[0].Used.Equal(noon) {
		t.Errorf("got %+v, %v", got, err)
	}
	check(t, w.Disable(t.Context(), "999"), workspace.ErrNotFound)
	check(t, w.Enable(t.Context(), ""), workspace.ErrInvalid)
	for _, fault := range []sim.FaultKind{sim.FaultAppliedBut500, sim.FaultTimeout, sim.Fault500, sim.Fault429, sim.FaultConflict} {
		w.faults.Add(sim.Fault{API: google.Directory, Kind: fault, Rate: 1, Left: 1})
		if e, ok := errors.AsType[*workspace.Error](w.Disable(t.Context(), gone.ID)); !ok || e.Permanent() {
			t.Errorf("%s: got %v", fault, e)
		}
		w.must(w.Disable(t.Context(), gone.ID))
	}
}

func TestAListingOfManyUsersIsWholeOrAnError(t *testing.T) {
	for _, n := range []int{1, 2, 3, 499, 500, 501, 1_203} {
		company := &org.Company{Domain: "example.com", People: []org.Person{{Email: "boss@example.com", Admin: true}}}
		for i := range n - 1 {
			company.People = append(company.People, org.Person{Email: fmt.Sprintf("u%06d@example.com", i)})
		}
		w := newUsersWorld(t, company)
		got, reading, err := w.list()
		w.must(err)
		calls, _ := w.calls.Count(google.Directory, "")
		if len(got) != n || reading.Accounts != n || reading.Calls != calls || calls > 2+n/500 {
			t.Errorf("%d users: got %d in %d requests, %+v", n, len(got), calls, reading)
		}
		for _, kind := range []sim.FaultKind{sim.FaultPartial, sim.FaultEmpty} {
			for _, times := range []int{1, 2, -1} {
				w := newUsersWorld(t, company)
				w.faults.Add(sim.Fault{API: google.Directory, Kind: kind, Rate: 1, Left: times})
				if _, _, err := w.list(); !errors.Is(err, workspace.ErrIncomplete) {
					t.Errorf("%d users, %s %d times: got %v", n, kind, times, err)
				}
			}
		}
	}
}

// google answers each listing with the next of some pages.
func pagesOf(t *testing.T, pages ...string) *workspace.Users {
	t.Helper()
	at := 0
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page := pages[min(at, len(pages)-1)]
		at++
		say(w, 200, page)
	})
	return newUsers(t, o, "boss@example.com")
}

// whole is an account of whom everything is said.
func whole(id, email string) map[string]any {
	return map[string]any{
		"id": id, "primaryEmail": email, "name": map[string]any{"fullName": "N"}, "suspended": false, "archived": false, "isAdmin": false,
		"isDelegatedAdmin": false, "creationTime": "2020-01-01T00:00:00.000Z", "lastLoginTime": "2025-01-01T00:00:00.000Z",
	}
}

func pageOf(t *testing.T, next string, users ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"users": users, "nextPageToken": next})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestListingsOfUsersThatCannotBe(t *testing.T) {
	boss, zoe, bo := whole("1", "boss@example.com"), whole("9", "zoe@example.com"), whole("2", "bo@example.com")
	last := pageOf(t, "", zoe)
	for name, test := range map[string]struct {
		pages []string
		text  string
	}{
		"nobody at the end":       {[]string{`{}`}, "nobody is the last"},
		"two at the end":          {[]string{pageOf(t, "", zoe, boss)}, "nobody is the last"},
		"nobody in the listing":   {[]string{last, `{}`}, "does not end"},
		"the last is missing":     {[]string{last, pageOf(t, "", bo, boss)}, "does not end"},
		"we are missing":          {[]string{last, pageOf(t, "", bo, zoe)}, "not listed"},
		"somebody twice":          {[]string{last, pageOf(t, "x", bo, boss), pageOf(t, "", bo, zoe)}, "twice"},
		"a user without id":       {[]string{last, pageOf(t, "", boss, map[string]any{"primaryEmail": "x@example.com"}, zoe)}, "no id"},
		"a user without address":  {[]string{last, pageOf(t, "", boss, map[string]any{"id": "3"}, zoe)}, "no address"},
		"pages in a circle":       {[]string{last, pageOf(t, "x", bo), pageOf(t, "y", boss), pageOf(t, "x", zoe)}, "circle"},
		"an answer that is none":  {[]string{last, `[]`}, "cannot be read"},
		"an answer of other type": {[]string{last, `{"users": [{"id": 3}]}`}, "cannot be read"},
		"an answer that ends":     {[]string{last, `{"users": [`}, "cannot be read"},
	} {
		_, err := pagesOf(t, test.pages...).Accounts(t.Context(), func(*idle.Account) error { return nil })
		if e := check(t, err, workspace.ErrIncomplete); !strings.Contains(e.Error(), test.text) {
			t.Errorf("%s: got %v, want %q in it", name, err, test.text)
		}
	}
	enough := errors.New("enough")
	_, err := pagesOf(t, last, pageOf(t, "", boss, zoe)).Accounts(t.Context(), func(*idle.Account) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("the caller ends it: got %v", err)
	}
	check(t, pagesOf(t, `{"suspended": false}`).Disable(t.Context(), "3"), workspace.ErrIncomplete)
	check(t, pagesOf(t, `{}`).Enable(t.Context(), "3"), workspace.ErrIncomplete)
	_, err = pagesOf(t, `{}`).Account(t.Context(), "3")
	check(t, err, workspace.ErrIncomplete)
}

// dated is a transport whose answers have another Date header; none where it is empty.
type dated struct {
	http.RoundTripper
	date string
}

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Header.Del("Date")
	if d.date != "" {
		answer.Header.Set("Date", d.date)
	}
	return answer, nil
}

// Google's clock is read off the answer, whatever ours shows: one that tells no time, or none that can be
// meant, agrees with no clock.
func TestTheClockOfAListingOfUsers(t *testing.T) {
	server, err := google.New(google.Options{
		Company: parseCompany(t, usersFile), Now: func() time.Time { return noon }, Seed: 1, Tokens: map[string][]string{"the-token": {google.ScopeUser}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]time.Time{
		noon.Add(time.Hour).Format(http.TimeFormat): noon.Add(time.Hour), noon.Format(http.TimeFormat): noon, "": {}, "yesterday": {},
	} {
		u := newUsers(t, workspace.Options{
			Client: &http.Client{Transport: dated{bearer{"the-token", sim.Transport{"admin.googleapis.com": server}}, date}}, Now: func() time.Time { return noon },
		}, "boss@example.com")
		reading, err := u.Accounts(t.Context(), func(*idle.Account) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if !reading.Ours.Equal(noon) || !reading.Theirs.Equal(want) {
			t.Errorf("Date %q: ours %s, theirs %s, want %s", date, reading.Ours, reading.Theirs, want)
		}
		if agree := idle.CheckClock(reading.Ours, reading.Theirs) == nil; agree != want.Equal(noon) {
			t.Errorf("Date %q: the clocks agree: %t", date, agree)
		}
	}
}

func TestUsersOfWhomSomethingIsNotSaid(t *testing.T) {
	j, err := idle.NewJudge(idle.Rule{After: 180 * day, Mode: change.Auto}, idle.Directory{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change map[string]any
		stops  bool
	}{
		"everything is said":         {nil, true},
		"no sign-in":                 {map[string]any{"lastLoginTime": nil}, false},
		"never signed in":            {map[string]any{"lastLoginTime": "1970-01-01T00:00:00.000Z"}, true},
		"a sign-in that is none":     {map[string]any{"lastLoginTime": "today"}, false},
		"a sign-in of another age":   {map[string]any{"lastLoginTime": "1985-01-01T00:00:00.000Z"}, false},
		"not when it was made":       {map[string]any{"creationTime": nil}, false},
		"not whether it is stopped":  {map[string]any{"suspended": nil}, false},
		"not whether it administers": {map[string]any{"isAdmin": nil}, false},
		"nor whether a little":       {map[string]any{"isDelegatedAdmin": nil}, false},
		"an administrator":           {map[string]any{"isAdmin": true}, false},
		"a delegated one":            {map[string]any{"isDelegatedAdmin": true}, true},
		"an archived one":            {map[string]any{"archived": true}, false},
	} {
		odd := whole("9", "zoe@example.com")
		maps.Copy(odd, test.change)
		u := pagesOf(t, pageOf(t, "", odd), pageOf(t, "", whole("1", "boss@example.com"), odd))
		_, err := u.Accounts(t.Context(), func(a *idle.Account) error {
			if d := j.Decide(a, idle.Memory{}); !a.Self && (d.Action == idle.Stop) != test.stops {
				t.Errorf("%s: got %s %q %q", name, d.Verdict, d.Why, d.Action)
			}
			if a.Email == "zoe@example.com" && name == "a delegated one" && !slices.Equal(a.Roles, []string{workspace.DelegatedAdmin}) {
				t.Errorf("got %v", a.Roles)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUsersNeedSomebodyToAskAs(t *testing.T) {
	o := serve(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := workspace.NewUsers(t.Context(), o, "me"); err == nil {
		t.Error("no error without an address")
	}
	o.Now = nil
	if _, err := workspace.NewUsers(t.Context(), o, "me@example.com"); err == nil {
		t.Error("no error without a clock")
	}
}
