package accountaction_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/accountaction"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// requests is a policy by which anybody may ask for two roles, and who is in a group for a third.
const requests = `inactivity: {requests: {looker: {roles: [User, Developer], roles_for: {Admin: [group:bi@example.com]}, mode: ask, auto_for: [group:bi@example.com]}}}`

// people puts a company into the mirror, in which some are in the group bi.
func (d *desks) people(inGroup ...group.Person) {
	d.TB.Helper()
	m := mirror.New(d.Store)
	all := append([]group.Person{{ID: "9", Email: "root@example.com", Name: "Rui Costa", Admin: true}, nia}, inGroup...)
	if err := m.PutPeople(d.TB.Context(), all, d.Clock.Now()); err != nil {
		d.TB.Fatal(err)
	}
	s := group.Snapshot{Group: group.Group{ID: "bi", Email: "bi@example.com"}, Read: d.Clock.Now()}
	for _, p := range inGroup {
		s.Members = append(s.Members, group.Member{ID: p.ID, Email: p.Email, Role: group.Plain, Type: group.User})
	}
	if _, err := m.Replace(d.TB.Context(), s); err != nil {
		d.TB.Fatal(err)
	}
}

// under puts a policy in force.
func (d *desks) under(policy string) {
	d.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
	d.handler = d.Build(accountaction.Function)
}

var nia = group.Person{ID: "1", Email: "new@example.com", Name: "Nia Ito"}

// ask proposes what a person asks for. In mode ask root approves it.
func (d *desks) ask(who group.Person, role string, mode change.Mode) change.Change {
	d.TB.Helper()
	p := change.Proposal{
		Kind: change.AccountCreate, Target: change.Target{ID: account.Name("looker", who.Email), Name: who.Email},
		Diff:   []change.Delta{{Field: "enabled", After: "true"}, {Field: "role", After: role}, {Field: "system", After: "looker"}},
		Reason: "a test", Requester: change.Actor{Kind: change.ByPerson, ID: who.ID, Name: who.Email}, Requirement: change.Requirement{Mode: mode},
	}
	return d.decided(p)
}

// decided proposes a change. In mode ask root approves it.
func (d *desks) decided(p change.Proposal) change.Change {
	d.TB.Helper()
	ask := p.Requirement.Mode == change.Ask
	if ask {
		p.Requirement.Needs, p.Requirement.Within = []change.Need{{Count: 1, From: "user:root@example.com"}}, time.Hour
	}
	c, _, err := d.ledger.Propose(d.TB.Context(), p)
	if err != nil {
		d.TB.Fatal(err)
	}
	if ask {
		root := change.Actor{Kind: change.ByPerson, ID: "9", Name: "root@example.com"}
		c, err = d.ledger.Apply(d.TB.Context(), c.ID, change.Approve{By: root, Revision: c.Revision, Counts: []change.Selector{"user:root@example.com"}})
		if err != nil {
			d.TB.Fatal(err)
		}
	}
	return c
}

// carryOut has a change carried out once.
func (d *desks) carryOut(c change.Change) change.Change {
	d.TB.Helper()
	if status := d.Do(d.handler, d.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
		d.TB.Fatalf("status %d", status)
	}
	c, err := d.ledger.Get(d.TB.Context(), c.ID)
	if err != nil {
		d.TB.Fatal(err)
	}
	return c
}

// Who leaves the group that a role is for, or to whom the policy offers it no more, does not have it,
// whoever has approved it. What went by itself goes to people who could decide; what is offered is given.
func TestARoleIsGivenWhileItIsOffered(t *testing.T) {
	for name, test := range map[string]struct {
		role    string
		mode    change.Mode
		stays   bool   // in the group
		by      string // the policy by now, if it is another one
		problem string
	}{
		"still in the group":                  {role: "Admin", mode: change.Ask, stays: true},
		"at once, still in the group":         {role: "Admin", mode: change.Auto, stays: true},
		"approved, and left the group":        {role: "Admin", mode: change.Ask, problem: idle.WhyNotOffered},
		"at once, and left the group":         {role: "Admin", mode: change.Auto, problem: idle.WhyNotOffered},
		"at once, which others have to ask":   {role: "User", mode: change.Auto, problem: idle.WhyAsked},
		"approved, a role for everybody":      {role: "User", mode: change.Ask},
		"approved, and taken from the policy": {role: "Developer", mode: change.Ask, by: `inactivity: {requests: {looker: {roles: [User], mode: ask}}}`, problem: idle.WhyNotOffered},
		"approved, and in other letters":      {role: "Developer", mode: change.Ask, by: `inactivity: {requests: {looker: {roles: [developer], mode: ask}}}`},
		"approved, and nobody can ask now":    {role: "User", mode: change.Ask, by: `inactivity: {requests: {looker: {roles: [User], mode: report}}}`, problem: idle.WhyNotLet},
		"approved, and nothing of it is left": {role: "User", mode: change.Ask, by: `inactivity: {looker: {after: 180d}}`, problem: idle.WhyNotLet},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.under(requests)
			d.people(nia)
			c := d.ask(nia, test.role, test.mode)
			d.Clock.Advance(time.Minute)
			if !test.stays {
				d.people()
			}
			if test.by != "" {
				d.under(test.by)
			}
			c = d.carryOut(c)
			want := change.Withdrawn
			if test.problem == "" {
				want = change.Applied
			}
			if c.State != want || c.Problem != test.problem {
				t.Errorf("%s, %q; want %s, %q", c.State, c.Problem, want, test.problem)
			}
			if _, there := d.looker.User(nia.Email); there != (want == change.Applied) {
				t.Errorf("there is an account: %t", there)
			}
		})
	}
}

// readdressed is a transport behind which an address has passed to another account, once it is on: the
// account that had the address is called otherwise, and another one has it.
type readdressed struct {
	http.RoundTripper
	on       bool
	from, to string // addresses: whose was taken away, and whose became it
}

func (m *readdressed) RoundTrip(r *http.Request) (*http.Response, error) {
	if !m.on {
		return m.RoundTripper.RoundTrip(r)
	}
	if q := r.URL.Query(); q.Get("email") == m.from {
		r = r.Clone(r.Context())
		q.Set("email", m.to)
		r.URL.RawQuery = q.Encode()
	}
	resp, err := m.RoundTripper.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/users") {
		return resp, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte(m.from), []byte("renamed@example.com"))
	text = bytes.ReplaceAll(text, []byte(m.to), []byte(m.from))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// What takes a request back stops the account that the request gave back, and not that of whoever has
// its address by now.
func TestTakingBackIsAboutTheAccountThatWasGiven(t *testing.T) {
	d := newDesks(t)
	m := &readdressed{RoundTripper: d.Outbound, from: "stopped@example.com", to: "working@example.com"}
	d.Outbound = m
	d.handler = d.Build(accountaction.Function)
	c := d.carry(change.AccountCreate, "stopped@example.com", "Developer")
	if c.State != change.Applied {
		t.Fatalf("%s, %s", c.State, c.Problem)
	}
	m.on = true
	p, ok := c.Reverse(change.Actor{Kind: change.ByFunction, ID: "test"}, "", d.Clock.Now())
	if !ok {
		t.Fatal("there is nothing to take back")
	}
	p.Requirement = change.Requirement{Mode: change.Auto}
	undo, _, err := d.ledger.Propose(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if undo = d.carryOut(undo); undo.State != change.Applied {
		t.Errorf("taking it back is %s, %s", undo.State, undo.Problem)
	}
	if given, _ := d.looker.User("stopped@example.com"); !given.Disabled {
		t.Error("the account that was given is in use")
	}
	if other, _ := d.looker.User("working@example.com"); other.Disabled {
		t.Error("somebody else's account was stopped")
	}
}

// Whose address has changed has the account back that is still under the old one, and no second one. An
// address that is somebody else's as well leads to nobody's account, and two accounts are for people to
// look at.
func TestWhoseAddressHasChangedHasTheirAccountBack(t *testing.T) {
	aiko := group.Person{ID: "2", Email: "aiko@example.com", Name: "Aiko", Aliases: []string{"a.sato@example.com", "stopped@example.com"}}
	for name, test := range map[string]struct {
		who    group.Person
		also   []group.Person
		wanted change.State
		has    string // the address of the account that is given
		said   string
	}{
		"under an old address": {who: aiko, wanted: change.Applied, has: "stopped@example.com"},
		"under their own":      {who: group.Person{ID: "2", Email: "stopped@example.com", Aliases: []string{"a.sato@example.com"}}, wanted: change.Applied, has: "stopped@example.com"},
		"an address of two people": {
			who: aiko, also: []group.Person{{ID: "3", Email: "stopped@example.com"}}, wanted: change.Applied, has: "aiko@example.com",
		},
		"two accounts": {
			who: group.Person{ID: "2", Email: "away@example.com", Aliases: []string{"stopped@example.com"}}, wanted: change.Failed,
			said: "one person has several accounts: away@example.com, stopped@example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			d.under(requests)
			d.people(append(test.also, test.who)...)
			before := len(d.looker.Users())
			c := d.carryOut(d.ask(test.who, "User", change.Ask))
			if c.State != test.wanted || !strings.Contains(c.Problem, test.said) {
				t.Errorf("%s, %s", c.State, c.Problem)
			}
			if u, there := d.looker.User(test.has); test.has != "" && (!there || u.Disabled) {
				t.Errorf("the account %s is there: %t, disabled: %t", test.has, there, u.Disabled)
			}
			if made := len(d.looker.Users()) > before; made != (test.has == "aiko@example.com") {
				t.Errorf("another account was made: %t", made)
			}
			if u, _ := d.looker.User("stopped@example.com"); u.Disabled != (test.has != "stopped@example.com") {
				t.Errorf("the old account is disabled: %t", u.Disabled)
			}
		})
	}
}

// breaking is a transport on which the first request that is of a method and to a path that ends so is
// lost, or its answer.
type breaking struct {
	http.RoundTripper
	method, path string
	answer       bool
	broken       bool
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.broken || r.Method != b.method || !strings.HasSuffix(r.URL.Path, b.path) {
		return b.RoundTripper.RoundTrip(r)
	}
	b.broken = true
	if b.answer {
		resp, err := b.RoundTripper.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("no answer")
}

// until has a change carried out until it has come to its end.
func (d *desks) until(c change.Change) change.Change {
	d.TB.Helper()
	for range ledger.MaxAttempts {
		if c = d.carryOut(c); c.State != change.Approved {
			break
		}
		d.Clock.Advance(time.Hour)
	}
	return c
}

// A stopped account comes back with the role that was asked for, and with those of its roles that its
// person could ask for now; what does not come back is said, also where the making was interrupted.
// What people do with the stop itself gives everything back: that is what they were shown.
func TestAStoppedAccountComesBackWithWhatItsPersonCouldAskFor(t *testing.T) {
	stopped := group.Person{ID: "2", Email: "stopped@example.com"}
	for name, test := range map[string]struct {
		had      []string
		role     string
		in       bool // the group that Admin is for
		lost     breaking
		want     []string
		withheld []string
	}{
		"an administrator asks for a user's role": {had: []string{"Admin", "User"}, role: "User", want: []string{"User"}, withheld: []string{"Admin"}},
		"who may ask for it":                      {had: []string{"Admin"}, role: "User", in: true, want: []string{"Admin", "User"}},
		"a role for everybody":                    {had: []string{"User"}, role: "Developer", want: []string{"Developer", "User"}},
		"it is not enabled at first": {
			had: []string{"Admin", "User"}, role: "User", lost: breaking{method: http.MethodPatch}, want: []string{"User"}, withheld: []string{"Admin"},
		},
		"its roles are not set at first": {
			had: []string{"Admin", "User"}, role: "User", lost: breaking{method: http.MethodPut, path: "/roles"}, want: []string{"User"}, withheld: []string{"Admin"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesks(t)
			if err := d.looker.SetRoles(stopped.Email, test.had...); err != nil {
				t.Fatal(err)
			}
			test.lost.RoundTripper = d.Outbound
			d.Outbound = &test.lost
			d.under(requests)
			if test.in {
				d.people(stopped)
			} else {
				d.people()
				if err := mirror.New(d.Store).PutPeople(t.Context(), []group.Person{stopped}, d.Clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			c := d.until(d.ask(stopped, test.role, change.Ask))
			if c.State != change.Applied {
				t.Fatalf("%s, %s", c.State, c.Problem)
			}
			u, _ := d.looker.User(stopped.Email)
			slices.Sort(u.Roles)
			if u.Disabled || !slices.Equal(u.Roles, test.want) {
				t.Errorf("%+v, want the roles %v", u, test.want)
			}
			if made, err := idle.DecodeMade(c.Result); err != nil || !slices.Equal(idle.Names(made.Withheld), test.withheld) {
				t.Errorf("withheld %v, want %v; %v", made.Withheld, test.withheld, err)
			}
		})
	}
	d := newDesks(t)
	u, _ := d.looker.User(stopped.Email)
	if err := d.looker.SetRoles(stopped.Email, "Admin", "User"); err != nil {
		t.Fatal(err)
	}
	d.under(requests)
	c := d.carry(change.AccountEnable, u.ID, "")
	if u, _ = d.looker.User(stopped.Email); c.State != change.Applied || u.Disabled || len(u.Roles) != 2 {
		t.Errorf("a stop that was taken back: %s, %+v", c.State, u)
	}
}

// Wherever the making of an account is interrupted, there is one account in the end, with its role, and its
// person was sent the mail by which a password is set.
func TestWhoGetsANewAccountIsInvited(t *testing.T) {
	for name, lost := range map[string]breaking{
		"nothing":               {},
		"making the user":       {method: http.MethodPost, path: "/users"},
		"giving it an address":  {method: http.MethodPost, path: "/credentials_email"},
		"giving it its role":    {method: http.MethodPut, path: "/roles"},
		"inviting":              {method: http.MethodPost, path: "/send_password_reset"},
		"enabling it":           {method: http.MethodPatch, path: ""},
		"looking for the roles": {method: http.MethodGet, path: "/roles"},
	} {
		for _, answer := range []bool{false, true} {
			d := newDesks(t)
			d.Variables["LOOKER_INVITE"] = "true"
			lost.RoundTripper, lost.answer, lost.broken = d.Outbound, answer, false
			d.Outbound = &lost
			d.under(requests)
			d.people()
			before := len(d.looker.Users())
			c := d.until(d.ask(nia, "Developer", change.Ask))
			u, _ := d.looker.User(nia.Email)
			if c.State != change.Applied || u.Disabled || !slices.Equal(u.Roles, []string{"Developer"}) || len(d.looker.Users()) != before+1 {
				t.Errorf("%s lost, its answer only: %t: %s, %s; %+v among %d", name, answer, c.State, c.Problem, u, len(d.looker.Users()))
			}
			mails := d.looker.Mails()
			if len(mails) == 0 || len(mails) > 2 || lost.method == "" && len(mails) != 1 {
				t.Errorf("%s lost, its answer only: %t: %d mails", name, answer, len(mails))
			}
		}
	}
}

// Whose account was never used, and was stopped, is invited to it when it comes back: with the roles that
// they could ask for, as any other. Who signs in by an identity provider needs no mail.
func TestWhoNeverSignedInIsInvitedAnew(t *testing.T) {
	for kind, mails := range map[string]int{"email": 1, "google": 0} {
		d := newDesksOf(t, `
looker:
  self: sekisho@example.com
  roles: [Admin, Developer, User]
  users:
    - {email: new@example.com, roles: [Admin, User], created: 2024-01-10T00:00:00Z, disabled: true, credentials: {`+kind+`: null}}
`)
		d.Variables["LOOKER_INVITE"] = "true"
		d.under(requests)
		d.people()
		c := d.until(d.ask(nia, "Developer", change.Ask))
		u, _ := d.looker.User(nia.Email)
		slices.Sort(u.Roles)
		if c.State != change.Applied || u.Disabled || !slices.Equal(u.Roles, []string{"Developer", "User"}) {
			t.Errorf("%s: %s, %s; %+v", kind, c.State, c.Problem, u)
		}
		if got := len(d.looker.Mails()); got != mails {
			t.Errorf("%s: %d mails, want %d", kind, got, mails)
		}
		m, err := account.Get(t.Context(), d.Store, "looker", u.ID)
		if err != nil || m.Active.IsZero() {
			t.Errorf("%s: remembered %+v, %v", kind, m, err)
		}
	}
}

// Whom the policy does not let ask any more by the time of the effect has no account made, whoever approved it.
func TestWhomThePolicyDeniesMeanwhileHasNoAccount(t *testing.T) {
	for denied, want := range map[string]change.State{nia.Email: change.Withdrawn, "root@example.com": change.Applied} {
		for _, mode := range []change.Mode{change.Ask, change.Auto} {
			d := newDesks(t)
			d.under(requests)
			d.people(nia)
			c := d.ask(nia, "User", mode)
			d.under(requests + `
roles: [{name: barred, policies: [bar], members: [user:` + denied + `]}]
policies: [{name: bar, rules: [{name: bar, effect: deny, operations: [RequestAccount], resources: [account]}]}]
`)
			c = d.carryOut(c)
			if _, there := d.looker.User(nia.Email); c.State != want || there != (want == change.Applied) {
				t.Errorf("denied to %s, mode %s: %s, %q, want %s; there is an account: %t", denied, mode, c.State, c.Problem, want, there)
			}
		}
	}
}
