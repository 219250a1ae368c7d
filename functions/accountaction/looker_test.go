package accountaction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/accountaction"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/sim"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// desks is the function, and a Looker instance whose accounts it changes.
type desks struct {
	*cloudfntest.Rig
	handler http.Handler
	looker  *simlooker.Server
	ledger  *ledger.Ledger
}

func newDesks(tb testing.TB) *desks {
	tb.Helper()
	return newDesksOf(tb, `
looker:
  self: sekisho@example.com
  roles: [Admin, Developer, User]
  users:
    - {email: sekisho@example.com, roles: [Admin], created: 2024-01-10T00:00:00Z, credentials: {email: 2026-11-20T00:00:00Z}}
    - {email: working@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-11-20T00:00:00Z}}
    - {email: away@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-01-01T00:00:00Z}}
    - {email: stopped@example.com, roles: [User], created: 2024-01-10T00:00:00Z, disabled: true, credentials: {google: 2026-01-01T00:00:00Z}}
`)
}

// newDesksOf is the function with the Looker instance of a company.
func newDesksOf(tb testing.TB, file string) *desks {
	tb.Helper()
	d := &desks{Rig: rig(tb)}
	company, err := org.Parse("company.yaml", []byte(file))
	if err != nil {
		tb.Fatal(err)
	}
	d.looker, err = simlooker.New(simlooker.Options{Company: company, Now: d.Clock.Now, ClientID: "id", ClientSecret: "secret-" + cloudfntest.Canary, Seed: 1})
	if err != nil {
		tb.Fatal(err)
	}
	d.Outbound = sim.Transport{"looker.test": d.looker}
	d.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("inactivity: {looker: {after: 180d, mode: auto}}")}}
	d.ledger = ledger.New(d.Store, d.Bus, d.Clock.Now)
	if err := mirror.New(d.Store).PutPeople(context.Background(), []group.Person{{ID: "1", Email: "new@example.com", Name: "Nia Ito"}}, d.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	d.handler = d.Build(accountaction.Function)
	return d
}

// carry proposes a change that waits for nobody, and has it carried out.
func (d *desks) carry(kind change.Kind, target, role string) change.Change {
	d.TB.Helper()
	p := change.Proposal{
		Kind: kind, Target: change.Target{ID: account.Name("looker", target), Name: target}, Diff: []change.Delta{{Field: "enabled", After: "x"}},
		Reason: "a test", Requester: change.Actor{Kind: change.ByRule, ID: "inactivity"}, Requirement: change.Requirement{Mode: change.Auto},
	}
	if role != "" {
		p.Diff = append(p.Diff, change.Delta{Field: "role", After: role})
	}
	c, _, err := d.ledger.Propose(context.Background(), p)
	if err != nil {
		d.TB.Fatal(err)
	}
	if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
		d.TB.Fatalf("status %d", status)
	}
	if c, err = d.ledger.Get(context.Background(), c.ID); err != nil {
		d.TB.Fatal(err)
	}
	return c
}

// Whoever asks for an account has one with the role, whether they had none, a stopped one, whose other
// roles come back where they could be asked for, or one without the role; and it counts as used from
// then on.
func TestAnAccountIsMadeWithItsRole(t *testing.T) {
	for email, want := range map[string][]string{
		"new@example.com": {"Developer"}, "stopped@example.com": {"Developer"}, "working@example.com": {"Developer", "User"},
	} {
		d := newDesks(t)
		if c := d.carry(change.AccountCreate, email, "Developer"); c.State != change.Applied {
			t.Errorf("%s: %s, %s", email, c.State, c.Problem)
		}
		u, ok := d.looker.User(email)
		slices.Sort(u.Roles)
		if !ok || u.Disabled || !slices.Equal(u.Roles, want) {
			t.Errorf("%s: %+v", email, u)
		}
		if email == "new@example.com" && u.Name != "Nia Ito" {
			t.Errorf("the new account is called %q", u.Name)
		}
		m, err := account.Get(t.Context(), d.Store, "looker", u.ID)
		if err != nil || !m.Active.Equal(d.Clock.Now()) {
			t.Errorf("%s: remembered %+v, %v", email, m, err)
		}
	}
}

// asMade is a transport on which nothing can be read any more once a call has changed something.
type asMade struct {
	http.RoundTripper
	made bool
}

func (m *asMade) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.made {
		return nil, errors.New("no answer")
	}
	m.made = r.Method == http.MethodPatch
	return m.RoundTripper.RoundTrip(r)
}

// Who has an account back is not stopped the next night, also where nobody could see yet that the
// change came to its end.
func TestWhatIsGivenBackIsRememberedAtOnce(t *testing.T) {
	for kind, role := range map[change.Kind]string{change.AccountCreate: "Developer", change.AccountEnable: ""} {
		d := newDesks(t)
		u, _ := d.looker.User("stopped@example.com")
		d.Outbound = &asMade{RoundTripper: d.Outbound}
		d.handler = d.Build(accountaction.Function)
		if c := d.carry(kind, "stopped@example.com", role); c.State != change.Approved {
			t.Errorf("%s: %s, %s", kind, c.State, c.Problem)
		}
		m, err := account.Get(t.Context(), d.Store, "looker", u.ID)
		if u, _ := d.looker.User("stopped@example.com"); err != nil || u.Disabled || !m.Active.Equal(d.Clock.Now()) {
			t.Errorf("%s: %+v, remembered %+v, %v", kind, u, m, err)
		}
	}
}

// withoutRole is a transport on which the list of roles lacks one of them.
type withoutRole struct {
	http.RoundTripper
	name string
}

func (w withoutRole) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil || r.URL.Path != "/api/4.0/roles" {
		return resp, err
	}
	var roles []map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&roles); err != nil {
		return nil, err
	}
	roles = slices.DeleteFunc(roles, func(role map[string]any) bool { return role["name"] == w.name })
	text, err := json.Marshal(roles)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, err
}

// A role is given with those that the account has. Where they cannot all be read, none is given, or
// it would take the others away; it is tried again.
func TestARoleTakesNoneAwayThatCannotBeRead(t *testing.T) {
	d := newDesks(t)
	d.Outbound = withoutRole{d.Outbound, "User"}
	d.handler = d.Build(accountaction.Function)
	if c := d.carry(change.AccountCreate, "working@example.com", "Developer"); c.State != change.Approved || !strings.Contains(c.Problem, "could not all be read") {
		t.Errorf("%s, %s", c.State, c.Problem)
	}
	if u, _ := d.looker.User("working@example.com"); !slices.Equal(u.Roles, []string{"User"}) {
		t.Errorf("roles %v", u.Roles)
	}
}

// A stop signs the person out; who came back since keeps the account.
func TestAStopSignsOutAndIsJudgedOnceMore(t *testing.T) {
	d := newDesks(t)
	away, _ := d.looker.User("away@example.com")
	if c := d.carry(change.AccountDisable, away.ID, ""); c.State != change.Applied {
		t.Errorf("unused: %s, %s", c.State, c.Problem)
	}
	if u, _ := d.looker.User("away@example.com"); !u.Disabled || u.Sessions != 0 {
		t.Errorf("unused: %+v", u)
	}
	working, _ := d.looker.User("working@example.com")
	if err := d.looker.Login("working@example.com", "google"); err != nil {
		t.Fatal(err)
	}
	if c := d.carry(change.AccountDisable, working.ID, ""); c.State != change.Withdrawn {
		t.Errorf("in use again: %s, %s", c.State, c.Problem)
	}
	if u, _ := d.looker.User("working@example.com"); u.Disabled || u.Sessions != 1 {
		t.Errorf("in use again: %+v", u)
	}
}

// between is a transport on which the person signs in just before the account is disabled, and the
// first listing of the sessions gets no answer.
type between struct {
	http.RoundTripper
	signIn func()
	lost   bool
}

func (b *between) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.Method == http.MethodPatch && !b.lost:
		b.signIn()
	case strings.HasSuffix(r.URL.Path, "/sessions") && !b.lost:
		b.lost = true
		return nil, io.ErrUnexpectedEOF
	}
	return b.RoundTripper.RoundTrip(r)
}

// An account that is disabled while its person is still signed in is not stopped yet: the next attempt ends
// the sessions.
func TestAStopIsDoneOnceNobodyIsSignedIn(t *testing.T) {
	d := newDesks(t)
	d.Outbound = &between{RoundTripper: d.Outbound, signIn: func() {
		if err := d.looker.Login("away@example.com", "google"); err != nil {
			t.Error(err)
		}
	}}
	d.handler = d.Build(accountaction.Function)
	away, _ := d.looker.User("away@example.com")
	c := d.carry(change.AccountDisable, away.ID, "")
	if u, _ := d.looker.User("away@example.com"); c.State == change.Applied || !u.Disabled || u.Sessions != 1 {
		t.Fatalf("after the first attempt: %s, %+v", c.State, u)
	}
	d.Clock.Advance(time.Hour)
	if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	c, err := d.ledger.Get(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := d.looker.User("away@example.com"); c.State != change.Applied || !u.Disabled || u.Sessions != 0 {
		t.Errorf("after the second attempt: %s, %s, %+v", c.State, c.Problem, u)
	}
}

// replaced is a transport on which the API key is not taken for a while.
type replaced struct {
	http.RoundTripper
	until time.Time
	now   func() time.Time
}

func (k replaced) RoundTrip(r *http.Request) (*http.Response, error) {
	if !k.now().Before(k.until) {
		return k.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// A key that is replaced a little late ends no change; one that is never mended does in the end.
func TestAKeyThatIsNotTakenIsTriedAgain(t *testing.T) {
	for end, out := range map[change.State]time.Duration{change.Applied: time.Hour, change.Failed: 24 * time.Hour} {
		d := newDesks(t)
		d.Outbound = replaced{d.Outbound, d.Clock.Now().Add(out), d.Clock.Now}
		d.handler = d.Build(accountaction.Function)
		c := d.carry(change.AccountCreate, "stopped@example.com", "Developer")
		for c.State == change.Approved && c.Attempts <= ledger.MaxAttempts {
			d.Clock.Advance(time.Hour)
			if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			var err error
			if c, err = d.ledger.Get(t.Context(), c.ID); err != nil {
				t.Fatal(err)
			}
		}
		if c.State != end {
			t.Errorf("not taken for %s: %s after %d attempts, %s", out, c.State, c.Attempts, c.Problem)
		}
	}
}

// Who is kept by people is spared for the term, counted from their word; what the person was told
// stays known until the next night takes it back.
func TestKeepingIsRemembered(t *testing.T) {
	for name, target := range map[string]func(id string) string{
		"a stop": func(id string) string { return id }, "what takes a request back": func(string) string { return "away@example.com" },
	} {
		t.Run(name, func(t *testing.T) { keepingIsRemembered(t, target) })
	}
}

func keepingIsRemembered(t *testing.T, target func(id string) string) {
	d := newDesks(t)
	away, _ := d.looker.User("away@example.com")
	told := idle.Memory{Told: []time.Duration{time.Hour}, From: d.Clock.Now(), Stop: d.Clock.Now()}
	if err := account.Update(t.Context(), d.Store, "looker", away.ID, d.Clock.Now(), func(idle.Memory) idle.Memory { return told }); err != nil {
		t.Fatal(err)
	}
	c, _, err := d.ledger.Propose(t.Context(), change.Proposal{
		Kind: change.AccountDisable, Target: change.Target{ID: account.Name("looker", target(away.ID)), Name: "away@example.com"}, Diff: []change.Delta{{Field: "enabled", After: "false"}},
		Reason: "a test", Requester: change.Actor{Kind: change.ByRule, ID: "inactivity"},
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "owners"}}, Within: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	said := d.Clock.Now()
	c, err = d.ledger.Apply(t.Context(), c.ID, change.Deny{By: change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}, Revision: c.Revision, Counts: []change.Selector{"owners"}})
	if err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Hour)
	if status := d.Do(d.handler, d.Envelope(event.ChangeMoved{Change: c.ID, Seq: 2, Kind: string(c.Kind), State: string(c.State)})); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	m, err := account.Get(t.Context(), d.Store, "looker", away.ID)
	if want := told.Keep(said.Add(idle.KeepFor)); err != nil || !m.Equal(want) {
		t.Errorf("remembered %+v, want %+v, %v", m, want, err)
	}
}
