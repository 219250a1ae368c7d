package inactivitysweep_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
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
	"github.com/sekisho/sekisho/shared/state/notice"
)

const day = 24 * time.Hour

// aCompany has one account of everything that a night has to tell apart.
const aCompany = `
looker:
  self: sekisho@example.com
  roles: [Admin, User]
  users:
    - {email: sekisho@example.com, roles: [Admin], created: 2024-01-10T00:00:00Z, credentials: {email: 2026-11-20T00:00:00Z}}
    - {email: working@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-11-20T00:00:00Z}}
    - {email: away@example.com, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-01T00:00:00Z}}
    - {email: out@partner.example, roles: [User], created: 2024-01-10T00:00:00Z, credentials: {google: 2026-05-01T00:00:00Z}}
`

// nights is the function, a Looker instance, and a mirror that knows the company's people.
type nights struct {
	*cloudfntest.Rig
	handler http.Handler
	looker  *simlooker.Server
	faults  *sim.Faults
	keys    map[string]bool // of all that was ever written
}

func newNights(tb testing.TB, company, rule string, change ...func(*simlooker.Options)) *nights {
	tb.Helper()
	n := &nights{Rig: rig(tb), faults: sim.NewFaults(1), keys: map[string]bool{}}
	c, err := org.Parse("company.yaml", []byte(company))
	if err != nil {
		tb.Fatal(err)
	}
	o := simlooker.Options{Company: c, Now: n.Clock.Now, Faults: n.faults, ClientID: "id", ClientSecret: "secret-" + cloudfntest.Canary, Seed: 1}
	for _, f := range change {
		f(&o)
	}
	if n.looker, err = simlooker.New(o); err != nil {
		tb.Fatal(err)
	}
	n.Outbound = sim.Transport{"looker.test": n.looker}
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("inactivity:\n  looker: " + rule + "\n")}}
	people := []group.Person{
		{ID: "1", Email: "working@example.com"}, {ID: "2", Email: "away@example.com"}, {ID: "3", Email: "kept@example.com", Aliases: []string{"a.way@example.com"}},
	}
	if err := mirror.New(n.Store).PutPeople(context.Background(), people, n.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	n.handler = n.Build(inactivitysweep.Function)
	return n
}

const asking = `{after: 180d, warn: [14d, 7d, 1d], mode: ask, channel: "#looker-admins"}`

// pass lives one night, and moves the clock to the next.
func (n *nights) pass() {
	n.TB.Helper()
	if status := n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
		n.TB.Fatalf("status %d", status)
	}
	n.Clock.Advance(day)
}

// told returns the notices whose ids begin so, by id.
func (n *nights) told(prefix string) map[string]notice.Notice {
	n.TB.Helper()
	out := map[string]notice.Notice{}
	for _, key := range n.Store.Written() {
		n.keys[key] = true
	}
	for key := range n.keys {
		id, ok := strings.CutPrefix(key, "notices/")
		if !ok || !strings.HasPrefix(id, prefix) {
			continue
		}
		got, err := notice.Get(context.Background(), n.Store, id)
		if err != nil {
			n.TB.Fatal(err)
		}
		out[id] = got
	}
	return out
}

// stops returns the stops that were ever proposed, by the account's address.
func (n *nights) stops() map[string]change.State {
	n.TB.Helper()
	all, err := ledger.New(n.Store, n.Bus, n.Clock.Now).Since(context.Background(), change.AccountDisable, cloudfntest.Begin)
	if err != nil {
		n.TB.Fatal(err)
	}
	out := map[string]change.State{}
	for _, c := range all {
		out[c.Target.Name] = c.State
	}
	return out
}

func (n *nights) summary() idle.Summary {
	n.TB.Helper()
	s, err := account.Summary(context.Background(), n.Store, "looker")
	if err != nil {
		n.TB.Fatal(err)
	}
	return s
}

// Each system has a brake of its own: what was stopped in another takes no room from it.
func TestEachSystemHasABrakeOfItsOwn(t *testing.T) {
	for system, want := range map[string]int{"workspace": 2, "looker": 0} {
		n := newNights(t, aCompany, `{after: 180d, mode: auto, brake: {percent: 100, max: 2}}`)
		for _, id := range []string{"901", "902"} {
			_, _, err := ledger.New(n.Store, n.Bus, n.Clock.Now).Propose(t.Context(), change.Proposal{
				Kind: change.AccountDisable, Target: change.Target{ID: account.Name(system, id), Name: id}, Diff: []change.Delta{{Field: "enabled", After: "false"}},
				Requester: change.Actor{Kind: change.ByRule, ID: "inactivity"}, Requirement: change.Requirement{Mode: change.Auto},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		n.pass()
		if got := len(n.stops()) - 2; got != want {
			t.Errorf("after two stops in %s: %d stops, want %d", system, got, want)
		}
	}
}

// A clock that is more than a minute off makes everybody idle, or nobody.
func TestAClockThatIsOffEndsTheNight(t *testing.T) {
	for _, skew := range []time.Duration{-61 * time.Second, 61 * time.Second} {
		n := newNights(t, aCompany, `{after: 180d, mode: auto}`, func(o *simlooker.Options) { o.Skew = skew })
		n.pass()
		refused := n.told("account-refused-looker")
		if len(n.stops()) != 0 || len(refused) != 1 || len(n.told("account-summary")) != 0 {
			t.Errorf("%s off: stops %v, refused %d", skew, n.stops(), len(refused))
		}
		for _, r := range refused {
			if len(r.Rows) != 1 || r.Rows[0]["why"] != idle.ErrClock.Error() || r.Rows[0]["ours"] == "" || r.Rows[0]["theirs"] == "" {
				t.Errorf("%s off: %q", skew, r.Rows)
			}
		}
		if audit := strings.Join(n.Audit(), "\n"); !strings.Contains(audit, "sweep") {
			t.Errorf("%s off: audit %q", skew, audit)
		}
		n.pass() // each night that does nothing says so
		if got := len(n.told("account-refused-looker")); got != 2 {
			t.Errorf("%s off: %d messages of two nights", skew, got)
		}
	}
	n := newNights(t, aCompany, `{after: 180d, mode: auto}`, func(o *simlooker.Options) { o.Skew = time.Minute })
	n.pass()
	if got := n.stops(); got["away@example.com"] != change.Approved || len(got) != 2 {
		t.Errorf("a minute off: stops %v", got)
	}
}

// Where nobody knows who is in a group that policy spares, everybody is left alone.
func TestAGroupThatIsNotKnownEndsTheNight(t *testing.T) {
	n := newNights(t, aCompany, `{after: 180d, mode: auto, spare: {groups: [nowhere@example.com]}}`)
	n.pass()
	refused := n.told("account-refused-looker")
	if len(refused) != 1 || len(n.stops()) != 0 {
		t.Fatalf("stops %v, refused %d", n.stops(), len(refused))
	}
	for _, r := range refused {
		want := []map[string]string{{"why": idle.ErrGroupUnread.Error(), "group": "nowhere@example.com"}}
		if diff := cmp.Diff(want, r.Rows); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Whatever is wrong with a listing, nothing is proposed and nobody is warned by it.
func TestAListingThatIsWrongDoesNothing(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultEmpty, sim.FaultPartial, sim.Fault429, sim.Fault500, sim.FaultTimeout, sim.FaultDown} {
		for _, mode := range []string{"auto", "ask", "report"} {
			n := newNights(t, aCompany, `{after: 180d, mode: `+mode+`, channel: "#looker-admins"}`)
			n.faults.Add(sim.Fault{API: simlooker.API, Kind: kind, Rate: 1, Left: -1})

			status := n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep}))
			if status == http.StatusOK || len(n.told("account-refused")) != 0 {
				t.Errorf("%s in mode %s: status %d, told %v: the listing is not tried again", kind, mode, status, n.told("account-refused"))
			}
			if len(n.stops()) != 0 || len(n.told("account-warning")) != 0 || len(n.told("account-summary")) != 0 || len(n.Queue.Tasks()) > 1 {
				t.Errorf("%s in mode %s: stops %v, tasks %d", kind, mode, n.stops(), len(n.Queue.Tasks()))
			}

		}
	}
}

// A person is warned with messages of their own each time: one that only changed a message of half
// a year ago would be seen by nobody.
func TestTheSecondTimeIsTold(t *testing.T) {
	n := newNights(t, aCompany, asking)
	n.pass()
	first := n.told("account-warning-looker:")
	n.pass()
	if len(first) != 1 || len(n.told("account-warning-looker:")) != 1 {
		t.Fatalf("told %v, then %v", first, n.told("account-warning-looker:"))
	}
	if err := n.looker.Login("away@example.com", "google"); err != nil {
		t.Fatal(err)
	}
	n.pass()
	for id, w := range n.told("account-warning-looker:") {
		if !w.Over || w.Facts["spared"] != "" {
			t.Errorf("after a sign-in %s says %+v", id, w)
		}
	}
	n.Clock.Advance(166 * day)
	n.pass()
	open := 0
	for id, w := range n.told("account-warning-looker:") {
		if _, known := first[id]; !known && !w.Over && w.Person == "2" {
			open++
		}
	}
	if open != 1 {
		t.Errorf("half a year later: %+v", n.told("account-warning-looker:"))
	}
}

// Who is kept, or spared since, is told that nothing will happen.
func TestWarningsAreTakenBackWhereTheAccountIsKept(t *testing.T) {
	n := newNights(t, aCompany, asking)
	n.pass()
	u, _ := n.looker.User("away@example.com")
	err := account.Update(t.Context(), n.Store, "looker", u.ID, n.Clock.Now(), func(m idle.Memory) idle.Memory { return m.Keep(n.Clock.Now().Add(idle.KeepFor)) })
	if err != nil {
		t.Fatal(err)
	}
	n.pass()
	for id, w := range n.told("account-warning-looker:") {
		if !w.Over || w.Facts["spared"] == "" {
			t.Errorf("%s says %+v", id, w)
		}
	}
	if s := n.summary(); s.Spared[idle.KeptByPeople] != 1 || s.Ended != 0 {
		t.Errorf("spared %v, ended %d", s.Spared, s.Ended)
	}
	m, err := account.Get(t.Context(), n.Store, "looker", u.ID)
	if err != nil || len(m.Told) != 0 || m.Kept.IsZero() {
		t.Errorf("remembered %+v, %v", m, err)
	}
}

// Nobody can be warned whom the directory does not know: it is said, and not counted as a warning.
func TestWhoCannotBeToldIsNamed(t *testing.T) {
	n := newNights(t, aCompany, asking)
	n.pass()
	s := n.summary()
	if len(s.Untold) != 1 || s.Untold[0].Email != "out@partner.example" || s.Warned["336h0m0s"] != 1 {
		t.Errorf("untold %+v, warned %v", s.Untold, s.Warned)
	}
	for _, told := range n.told("account-summary") {
		if told.Facts["untold"] != "1" || told.Facts["warned"] != "1" || !strings.Contains(told.Facts["unreached"], "out@partner.example") {
			t.Errorf("the summary says %v", told.Facts)
		}
	}
}

// People whom policy spares are found by any address, and through groups.
func TestWhomPolicySparesIsFoundByAnyAddress(t *testing.T) {
	company := strings.ReplaceAll(aCompany, "away@example.com", "A.Way@example.com")
	for name, spare := range map[string]string{"by another address": "emails: [kept@example.com]", "by the same": "emails: [a.way@example.com]", "by a group": "groups: [exec@example.com]"} {
		n := newNights(t, company, `{after: 180d, mode: auto, spare: {`+spare+`}}`)
		exec := group.Snapshot{Group: group.Group{ID: "g1", Email: "exec@example.com"}, Read: n.Clock.Now()}
		exec.Members = []group.Member{{ID: "3", Email: "kept@example.com", Type: group.User, Role: group.Plain}}
		if _, err := mirror.New(n.Store).Replace(t.Context(), exec); err != nil {
			t.Fatal(err)
		}
		n.pass()
		if got := n.stops(); len(got) != 1 || got["out@partner.example"] == "" {
			t.Errorf("%s: stops %v", name, got)
		}
	}
}

// One thing that speaks against a listing is enough: nothing is done by it, and people are asked whether it
// is right.
func TestOneDoubtEndsTheNight(t *testing.T) {
	for why, believed := range map[idle.Doubt]idle.Census{
		idle.Shrunk:   {Total: 8, Used: 4, Self: true},
		idle.Undated:  {Total: 4, Used: 8, Self: true},
		idle.Deserted: {Total: 4, Used: 4, Active: 20, Self: true},
	} {
		for _, rule := range []string{`{after: 180d, mode: auto}`, asking} {
			n := newNights(t, aCompany, rule)
			believed.At = n.Clock.Now().Add(-day)
			if err := account.Believe(t.Context(), n.Store, "looker", believed); err != nil {
				t.Fatal(err)
			}
			n.pass()
			if len(n.stops()) != 0 || len(n.told("account-warning")) != 0 || len(n.told("account-summary")) != 0 {
				t.Errorf("%s: stops %v, warnings %d, summaries %d", why, n.stops(), len(n.told("account-warning")), len(n.told("account-summary")))
			}
			refused := n.told("account-refused-looker")
			if len(refused) != 1 {
				t.Errorf("%s: %d messages", why, len(refused))
			}
			for _, r := range refused {
				if diff := cmp.Diff([]map[string]string{{"why": string(why)}}, r.Rows); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			asked, err := ledger.New(n.Store, n.Bus, n.Clock.Now).LiveOf(t.Context(), change.AccountListing)
			if err != nil || len(asked) != 1 || asked[0].Reason != string(why) {
				t.Errorf("%s: people are asked %v, %v", why, asked, err)
			}
			if still, err := account.Census(t.Context(), n.Store, "looker"); err != nil || !still.Equal(believed) {
				t.Errorf("%s: the listing is believed: %+v, %v", why, still, err)
			}
		}
	}
}
