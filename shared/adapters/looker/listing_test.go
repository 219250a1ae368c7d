package looker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
)

func TestAccountsAreReadWithEveryKindOfCredential(t *testing.T) {
	w := newWorld(t, company(t, `
looker:
  self: sekisho@example.com
  users:
  - {email: sekisho@example.com, roles: [Admin], service_account: true, created: 2024-01-01T00:00:00Z}
  - email: all@example.com
    roles: [User, Developer]
    created: 2025-01-10T00:00:00Z
    api3: true
    credentials:
      {email: null, embed: 2026-01-01T00:00:00Z, google: 2026-05-01T09:30:15Z, ldap: 2026-01-02T00:00:00Z, looker_openid: 2026-01-03T00:00:00Z, oidc: 2026-01-04T00:00:00Z, saml: 2026-01-05T00:00:00Z, totp: null, workforce: 2026-01-06T00:00:00Z}
  - {email: staff@looker.example, staff: true, disabled: true}
  - {email: old.staff@looker.example, presumed_staff: true}
`))
	w.must(w.looker.Login("all@example.com", "google"))
	w.now = w.now.Add(day)
	w.must(w.looker.Work("all@example.com"))
	w.must(w.looker.Sudo("sekisho@example.com", "all@example.com"))
	got := w.mustList()
	made := time.Date(2025, 1, 10, 0, 0, 0, 0, time.UTC)
	on := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	want := map[string]idle.Account{
		"sekisho@example.com": {
			ID: "3", Email: "sekisho@example.com", Name: "sekisho", Self: true, Service: true, Administers: true, Roles: []string{"Admin"},
			Credentials: []idle.Credential{{Kind: idle.API3, Created: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}},
		},
		"all@example.com": {
			ID: "4", Email: "all@example.com", Name: "all", Roles: []string{"User", "Developer"},
			Credentials: []idle.Credential{
				{Kind: idle.Email, Created: made},
				{Kind: idle.Google, Created: made, Used: noon},
				{Kind: idle.LDAP, Created: made, Used: on(2)},
				{Kind: idle.SAML, Created: made, Used: on(5)},
				{Kind: idle.OIDC, Created: made, Used: on(4)},
				{Kind: idle.Workforce, Created: made, Used: on(6)},
				{Kind: idle.LookerOpenID, Created: made, Used: on(3)},
				{Kind: idle.TOTP, Created: made},
				{Kind: idle.Embed, Created: made, Used: on(1)},
				{Kind: idle.API3, Created: made},
			},
			Sessions: []idle.Session{
				{Begun: noon, Extended: noon.Add(day), Kind: idle.Google},
				{Begun: noon.Add(day), Kind: idle.Email, Sudo: true},
			},
		},
		"staff@looker.example":     {ID: "2", Email: "staff@looker.example", Name: "staff", Staff: true, Disabled: true},
		"old.staff@looker.example": {ID: "1", Email: "old.staff@looker.example", Name: "old.staff", Staff: true},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every kind of credential that Looker describes is asked for. Looker's own command line
// overlooks one.
func TestNoKindOfCredentialIsOverlooked(t *testing.T) {
	text, err := fs.ReadFile(contract.Specs(t), "looker/Looker.4.0.oas.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	asked := ""
	c := client(t, func(rw http.ResponseWriter, r *http.Request) {
		asked += " " + r.URL.Query().Get("fields")
		w.looker.ServeHTTP(rw, r)
	})
	if _, err := c.Accounts(t.Context(), func(*idle.Account) error { return nil }); err != nil {
		t.Fatal(err)
	}
	n := 0
	for name := range document.Components.Schemas["User"].Properties {
		if strings.HasPrefix(name, "credentials_") {
			n++
			if !strings.Contains(asked, name+"(") {
				t.Errorf("%s is not asked for", name)
			}
		}
	}
	if n < 10 {
		t.Errorf("Looker describes %d kinds of credential", n)
	}
	for _, secret := range []string{"setup_url", "reset_url", "client_id", "credentials_email,"} {
		if strings.Contains(asked, secret) {
			t.Errorf("%s is asked for", secret)
		}
	}
}

func TestCallsOfASweep(t *testing.T) {
	w := newWorld(t, unjudged, manyUsers(5_000))
	accounts, reading, err := w.list()
	w.must(err)
	calls, _ := w.calls.Count(simlooker.API, "")
	t.Logf("a listing of %d users took %d requests, %d of them administrative", len(accounts), calls, w.looker.Administrative())
	if len(accounts) != 5_000 || reading.Accounts != 5_000 || calls > 15 || reading.Calls != calls-1 {
		t.Errorf("%d users, %d requests, %+v", len(accounts), calls, reading)
	}

	// A month of nights, in each of which somebody's account is read again and stopped. Pages of
	// 21 make of 200 users as many as there are of 5,000.
	month := newWorld(t, unjudged, manyUsers(200), func(_ *simlooker.Options, o *looker.Options) { o.PageSize = 21 })
	month.now = time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	for night := range 31 {
		_, _, err := month.list()
		month.must(err)
		id := month.id(fmt.Sprintf("u%06d@example.com", night))
		_, err = month.Account(t.Context(), id)
		month.must(err)
		month.must(month.Disable(t.Context(), id))
		month.now = month.now.Add(day)
	}
	month.now = month.now.Add(-day)
	if got := month.looker.Administrative(); got >= 1_000 {
		t.Errorf("a month took %d administrative calls", got)
	} else {
		t.Logf("a month of nights took %d administrative calls", got)
	}
}

func TestPagesOfEveryLength(t *testing.T) {
	for _, n := range []int{1, 2, 19, 20, 21, 23, 39, 40, 41, 46, 47, 60} {
		for _, size := range []int{20, 23} {
			for _, limit := range []int{0, 20, 21} {
				w := newWorld(t, unjudged, manyUsers(n), func(so *simlooker.Options, o *looker.Options) { so.PageLimit, o.PageSize = limit, size })
				got, reading, err := w.list()
				if err != nil || len(got) != n || reading.Accounts != n {
					t.Errorf("%d users, pages of %d, at most %d: got %d, %v", n, size, limit, len(got), err)
				}
			}
		}
	}
}

// A listing that a fault has made shorter is an error or whole after all, for any number of
// users and for faults that stay or come a few times. Of two users we may see ourselves alone.
func TestAListingThatLiesIsWholeOrAnError(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultPartial, sim.FaultEmpty} {
		for _, users := range []int{2, 3, 4, 5, 7, 12, 19, 20, 21, 39, 40, 41, 60, 80} {
			for _, times := range []int{1, 2, -1} {
				w := newWorld(t, unjudged, manyUsers(users), func(_ *simlooker.Options, o *looker.Options) { o.PageSize = 20 })
				w.must(second(w.Roles(t.Context()))) // the fault is to meet the users
				w.fault(kind, 1, times)
				got, _, err := w.list()
				if alone := len(got) == 1 && got["sekisho@example.com"].Self; err == nil && len(got) != users && !alone {
					t.Errorf("%s %d times: got %d of %d users and no error", kind, times, len(got), users)
				}
				if err != nil {
					if e := check(t, err, looker.ErrIncomplete); e.Permanent() {
						t.Errorf("%v is permanent", err)
					}
				}
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestListingsThatCannotBe(t *testing.T) {
	twenty := func(o *looker.Options) { o.PageSize = 20 }
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		kind  error
		text  string
	}{
		"nobody":                          {raw(nil, nil), looker.ErrIncomplete, "not listed itself"},
		"everybody but us":                {raw(users(7)[1:], nil), looker.ErrIncomplete, "not listed itself"},
		"a user twice":                    {raw(append(users(4), aUser("2")), nil), looker.ErrIncomplete, "twice"},
		"the same page again and again":   {raw(users(20), func(int, []map[string]any) []map[string]any { return users(20) }), looker.ErrIncomplete, "have moved"},
		"a page that comes twice":         {raw(users(50), around), looker.ErrIncomplete, "twice"},
		"a user without id":               {raw(append(users(2), map[string]any{"email": "x@example.com"}), nil), looker.ErrIncomplete, "no id"},
		"a user whose id is a number":     {raw(append(users(2), map[string]any{"id": 7}), nil), looker.ErrIncomplete, "no id"},
		"an empty page in the middle":     {raw(users(50), cutAt(19, 0)), looker.ErrIncomplete, "have moved"},
		"a hole in the middle":            {raw(users(50), cutAt(19, 1)), looker.ErrIncomplete, "read again"},
		"a short page in the middle":      {raw(users(50), cutAt(19, 2)), looker.ErrIncomplete, "not the last"},
		"a short page at the beginning":   {raw(users(50), cutAt(0, 19)), looker.ErrIncomplete, "not the last"},
		"a page that is too long":         {raw(users(50), longer), looker.ErrIncomplete, "longer"},
		"others at the end":               {raw(users(25), othersAtTheEnd), looker.ErrIncomplete, "read again"},
		"names alone":                     {raw([]map[string]any{{"id": "1", "display_name": "U"}}, nil), looker.ErrForbidden, "administrator"},
		"no list":                         {say(200, `{"users": []}`), looker.ErrIncomplete, "cannot be read"},
		"null":                            {say(200, `null`), looker.ErrIncomplete, "not listed itself"},
		"an answer that breaks off":       {say(200, `[{"id": "1"`), looker.ErrIncomplete, "cannot be read"},
		"a role without name":             {sayAt("/api/4.0/roles", `[{"id": "1"}]`), looker.ErrIncomplete, "no name"},
		"no roles":                        {sayAt("/api/4.0/roles", `[]`), looker.ErrIncomplete, "no role"},
		"ourselves without id":            {sayAt("/api/4.0/user", `{}`), looker.ErrIncomplete, "no id"},
		"a login without token":           {sayAt("/api/4.0/login", `{"expires_in": 3600}`), looker.ErrIncomplete, "no token"},
		"a login that is a page":          {sayAt("/api/4.0/login", `<html>`), looker.ErrIncomplete, "no token"},
		"a listing that never ends, soon": {raw(nil, endless), looker.ErrIncomplete, "more pages"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, test.serve, twenty).Accounts(t.Context(), func(*idle.Account) error { return nil })
			if e := check(t, err, test.kind); !strings.Contains(e.Error(), test.text) {
				t.Errorf("got %v, want %q in it", err, test.text)
			}
		})
	}
}

// Whoever is deleted while a listing is read, it misses nobody else: it has everybody who stays, or
// is an error and whole the next time.
func TestAListingWhileSomebodyIsDeleted(t *testing.T) {
	const all = 60
	refused := 0
	for request := 1; request <= 6; request++ {
		for deleted := 2; deleted <= all; deleted += 2 {
			there, requests := users(all), 0
			serve := func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/4.0/users" {
					if requests++; requests == request {
						there = slices.DeleteFunc(there, func(u map[string]any) bool { return u["id"] == strconv.Itoa(deleted) })
					}
				}
				raw(there, nil)(w, r)
			}
			c := client(t, serve, func(o *looker.Options) { o.PageSize = 20 })
			for again := range 2 {
				seen := map[string]bool{}
				_, err := c.Accounts(t.Context(), func(a *idle.Account) error { seen[a.ID] = true; return nil })
				if err != nil && again == 0 {
					check(t, err, looker.ErrIncomplete)
					refused++
					continue
				}
				missed := slices.DeleteFunc(slices.Clone(there), func(u map[string]any) bool { return seen[u["id"].(string)] })
				if err != nil || len(missed) > 0 {
					t.Errorf("user %d is deleted before request %d: %v, missed %v", deleted, request, err, missed)
				}
				break
			}
		}
	}
	if refused < all/2 {
		t.Errorf("%d listings were refused", refused)
	}
}

// cutAt shortens the page at an offset, once.
func cutAt(at, to int) func(int, []map[string]any) []map[string]any {
	done := false
	return func(offset int, page []map[string]any) []map[string]any {
		if offset == at && !done {
			done = true
			return page[:min(to, len(page))]
		}
		return page
	}
}

// around goes back to the first users after the last of a page.
func around(offset int, page []map[string]any) []map[string]any {
	if offset == 0 {
		return page
	}
	return append(page[:1:1], users(19)...)
}

// longer gives one user more than was asked for.
func longer(offset int, _ []map[string]any) []map[string]any {
	return users(50)[min(offset, 50):min(offset+21, 50)]
}

// othersAtTheEnd shows somebody else when the last users are read again.
func othersAtTheEnd(offset int, page []map[string]any) []map[string]any {
	if offset == 15 {
		page = append(page[:9:9], aUser("99"))
	}
	return page
}

// endless goes on for ever, with new users.
func endless(offset int, _ []map[string]any) []map[string]any {
	var out []map[string]any
	for i := range 20 {
		out = append(out, map[string]any{"id": strconv.Itoa(offset + i + 1), "is_disabled": false})
	}
	return out
}

// say answers the listing of users with a body.
func say(status int, body string) http.HandlerFunc {
	ordinary := raw(users(1), nil)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/4.0/users" {
			ordinary(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// sayAt answers one path with a body, and all others as usual.
func sayAt(path, body string) http.HandlerFunc {
	ordinary := raw(users(1), nil)
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			ordinary(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	}
}

func TestTheCallerCanEndAListing(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	w := newWorld(t)
	_, err := w.Accounts(t.Context(), func(*idle.Account) error {
		n++
		return enough
	})
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("got %v after %d accounts", err, n)
	}
}

func TestTheClocks(t *testing.T) {
	w := newWorld(t, func(so *simlooker.Options, _ *looker.Options) { so.Skew = 90 * time.Second })
	_, reading, err := w.list()
	w.must(err)
	if !reading.Ours.Equal(noon) || !reading.Theirs.Equal(noon.Add(90*time.Second)) {
		t.Errorf("got %+v", reading)
	}
	if err := idle.CheckClock(reading.Ours, reading.Theirs); !errors.Is(err, idle.ErrClock) {
		t.Errorf("got %v", err)
	}
	_, err = client(t, func(w http.ResponseWriter, r *http.Request) {
		raw(users(1), nil)(w, r)
		w.Header().Del("Date")
	}).Accounts(t.Context(), func(*idle.Account) error { return nil })
	w.must(err)
}

// A million users pass through the client, the judge and the count in little memory. The
// default is fewer.
func TestMemoryOfALargeListing(t *testing.T) {
	n := 5_000
	if os.Getenv("SEKISHO_LONG") != "" {
		n = 1_000_000
	}
	one, err := json.Marshal(aUser("ID"))
	if err != nil {
		t.Fatal(err)
	}
	ordinary := raw(nil, nil)
	serve := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/4.0/users" {
			ordinary(w, r)
			return
		}
		query, _ := url.ParseQuery(r.URL.RawQuery)
		offset, _ := strconv.Atoi(query.Get("offset"))
		limit, _ := strconv.Atoi(query.Get("limit"))
		var page []string
		for id := offset + 1; id <= min(offset+limit, n); id++ {
			page = append(page, strings.ReplaceAll(string(one), "ID", strconv.Itoa(id)))
		}
		_, _ = w.Write([]byte("[" + strings.Join(page, ",") + "]"))
	}
	rule := idle.Rule{After: 180 * day, Warn: []time.Duration{14 * day}, Mode: change.Ask}
	j, err := idle.NewJudge(rule, idle.Directory{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	run := j.NewRun()
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, seen := held(), uint64(0), 0
	_, err = client(t, serve).Accounts(t.Context(), func(a *idle.Account) error {
		run.Add(a, j.Decide(a, idle.Memory{}))
		if seen++; seen%(n/5) == 0 {
			most = max(most, held())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := run.Summary(); s.Total != n || s.Warned["336h0m0s"] == 0 {
		t.Errorf("got %d accounts, %v", s.Total, s.Warned)
	}
	t.Logf("%d accounts held %d KiB", n, (most-min(before, most))>>10)
	if most > before+96<<20 {
		t.Errorf("%d accounts held %d MiB", n, (most-before)>>20)
	}
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	got, err := w.Roles(t.Context())
	w.must(err)
	if !slices.Equal(idle.Names(got), []string{"Admin", "Developer", "User"}) || slices.ContainsFunc(got, func(r idle.Role) bool { return r.ID == "" }) {
		t.Errorf("got %v", got)
	}
}
