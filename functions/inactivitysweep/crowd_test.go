package inactivitysweep_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// crowd answers like a Looker instance with that many users: a third signed in lately, a third long
// ago, and a third works in a session that goes on.
type crowd struct {
	users int
	begin time.Time // from which the sign-ins count back
	now   func() time.Time
	page  func() // called before each page
}

const someone = `{"id":"%[1]d","email":"u%[1]d@example.com","display_name":"User %[1]d","is_disabled":false,"role_ids":["1"],"is_service_account":false,` +
	`"verified_looker_employee":false,"presumed_looker_employee":false,"credentials_email":{"created_at":"2024-01-01T00:00:00.000+00:00","logged_in_at":null,"is_disabled":false},` +
	`"credentials_google":{"created_at":"2024-01-01T00:00:00.000+00:00","logged_in_at":"%[2]s","is_disabled":false},"credentials_ldap":null,"credentials_saml":null,` +
	`"credentials_oidc":null,"credentials_workforce":null,"credentials_looker_openid":null,"credentials_totp":null,"credentials_embed":[],"credentials_api3":[],"sessions":[%[3]s]}`

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", c.now().UTC().Format(http.TimeFormat))
	switch r.URL.Path {
	case "/api/4.0/login":
		_, _ = w.Write([]byte(`{"access_token": "t", "expires_in": 3600}`))
	case "/api/4.0/user":
		_, _ = w.Write([]byte(`{"id": "1"}`))
	case "/api/4.0/roles":
		_, _ = w.Write([]byte(`[{"id": "1", "name": "User"}]`))
	default:
		c.page()
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		var out bytes.Buffer
		out.WriteByte('[')
		for id := offset + 1; id <= min(offset+limit, c.users); id++ {
			if id > offset+1 {
				out.WriteByte(',')
			}
			last, session := c.begin.Add(-300*day), ""
			switch id % 3 {
			case 0:
				last = c.begin.Add(-10 * day)
			case 1:
				last = c.begin.Add(-20 * day)
				session = fmt.Sprintf(`{"created_at":"%s","extended_at":"%s","credentials_type":"google","sudo_user_id":null}`, stamp(last), stamp(c.begin.Add(-day)))
			}
			fmt.Fprintf(&out, someone, id, stamp(last), session)
		}
		out.WriteByte(']')
		_, _ = w.Write(out.Bytes())
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-07:00") }

// live is what the heap holds once the garbage is gone.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A night of a million accounts through all of the function, with a million people in the directory
// and a memory of every account: it holds little at any time, does so much as fits into a
// night, and leaves the rest to the next. The default is fewer.
func TestANightOfAMillionAccounts(t *testing.T) {
	users := 1_500
	if os.Getenv("SEKISHO_LONG") != "" {
		users = 1_000_000
	}
	n := &nights{Rig: cloudfntest.NewPlain(t, filepath.Join(t.TempDir(), "store")), keys: map[string]bool{}}
	n.Variables["LOOKER_URL"], n.Variables["LOOKER_CLIENT_ID"], n.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`inactivity: {looker: {after: 180d, warn: [14d], mode: ask, channel: "#looker-admins", spare: {emails: [u2@example.com]}}}`)}}
	fill(t, n, users)
	pages, before, most := 0, live(), uint64(0)
	c := &crowd{users: users, begin: n.Clock.Now(), now: n.Clock.Now, page: func() {
		if pages++; pages%100 == 0 || pages*500 == users {
			most = max(most, live())
		}
	}}
	n.Outbound = sim.Transport{"looker.test": c}
	n.handler = n.Build(inactivitysweep.Function)
	begun := time.Now()
	if status := n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	s := n.summary()
	held := (max(most, before) - before) >> 20
	t.Logf("%d accounts in %d requests and %s held %d MiB besides what was there: %v warned, %d postponed", s.Total, pages, time.Since(begun).Round(time.Second), held, s.Warned, s.Postponed)
	if held > 100 || most > 128<<20 {
		t.Errorf("held %d MiB, %d MiB altogether", held, most>>20)
	}
	idleOnes := (users+1)/3 - 1 // one of them is spared
	warned := min(idleOnes, 5_000)
	if s.Total != users || s.Warned["336h0m0s"] != warned || s.Postponed != idleOnes-warned || s.Spared[idle.SparedEmail] != 1 {
		t.Errorf("total %d, warned %v, postponed %d, spared %v", s.Total, s.Warned, s.Postponed, s.Spared)
	}
}

// ofIdle is what [fill] remembers of who is idle: a session that ended long ago.
func ofIdle(at time.Time) idle.Memory { return idle.Memory{Active: at.Add(-250 * day), Session: true} }

// fill puts everybody into the directory, and a memory of each account into the store.
func fill(t *testing.T, n *nights, users int) {
	t.Helper()
	ctx, m := context.Background(), mirror.New(n.Store)
	const some = 5_000
	for from := 1; from <= users; from += some {
		var people []group.Person
		var notes []account.Note
		for id := from; id < min(from+some, users+1); id++ {
			people = append(people, group.Person{ID: fmt.Sprint("p", id), Email: fmt.Sprintf("u%d@example.com", id), Aliases: []string{fmt.Sprintf("user.%d@example.com", id)}})
			m := idle.Memory{Active: n.Clock.Now().Add(-5 * day)}
			if id%3 == 2 {
				m = ofIdle(n.Clock.Now())
			}
			notes = append(notes, account.Note{ID: strconv.Itoa(id), After: m})
		}
		if err := m.PutPeople(ctx, people, n.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := account.Remember(ctx, n.Store, "looker", n.Clock.Now(), notes...); err != nil {
			t.Fatal(err)
		}
		n.Store.Written() // what is written is not kept twice
	}
}

// What a night leaves is done in the next ones, nobody is warned twice for one step, and nobody
// stopped who was not warned.
func TestWhatANightLeavesIsDoneInTheNext(t *testing.T) {
	if os.Getenv("SEKISHO_LONG") == "" {
		t.Skip("six thousand people are told something: set SEKISHO_LONG=1")
	}
	const users = 18_000 // of which a third is idle: 6,000
	n := &nights{Rig: cloudfntest.NewPlain(t, ""), keys: map[string]bool{}}
	n.Variables["LOOKER_URL"], n.Variables["LOOKER_CLIENT_ID"], n.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`inactivity: {looker: {after: 180d, warn: [2d], mode: ask, channel: "#looker-admins", brake: {max: 100}}}`)}}
	fill(t, n, users)
	n.Outbound = sim.Transport{"looker.test": &crowd{users: users, begin: n.Clock.Now(), now: n.Clock.Now, page: func() {}}}
	n.handler = n.Build(inactivitysweep.Function)
	const idleOnes = users / 3
	for night, want := range []struct{ warned, postponed, stops, held int }{
		{5_000, idleOnes - 5_000, 0, 0}, {idleOnes - 5_000, 0, 0, 0}, {0, 0, 5_000, 5_000},
	} {
		n.pass()
		s := n.summary()
		if s.Warned["48h0m0s"] != want.warned || s.Postponed != want.postponed || s.Stops != want.stops || s.Held != want.held {
			t.Errorf("night %d: warned %v, postponed %d, stops %d, held %d; want %+v", night, s.Warned, s.Postponed, s.Stops, s.Held, want)
		}
	}
	if got := len(n.stops()); got != 0 {
		t.Errorf("%d stops are proposed past the brake", got)
	}
}

// manyRoles answers as a crowd each of whom has all of these roles.
type manyRoles struct {
	*crowd
	names []string
}

func (m manyRoles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var ids, roles []string
	for i, name := range m.names {
		ids, roles = append(ids, fmt.Sprintf(`"%d"`, i+1)), append(roles, fmt.Sprintf(`{"id":"%d","name":%q}`, i+1, name))
	}
	answer := httptest.NewRecorder()
	m.crowd.ServeHTTP(answer, r)
	body := answer.Body.String()
	if r.URL.Path == "/api/4.0/roles" {
		body = "[" + strings.Join(roles, ",") + "]"
	}
	maps.Copy(w.Header(), answer.Header())
	_, _ = io.WriteString(w, strings.ReplaceAll(body, `"role_ids":["1"]`, `"role_ids":[`+strings.Join(ids, ",")+`]`))
}

// A plan takes in as many accounts as can be stored, and says how many it leaves.
func TestAPlanOfAccountsWithManyRoles(t *testing.T) {
	const users = 1_503 // of which a third is idle
	n := &nights{Rig: cloudfntest.NewPlain(t, ""), keys: map[string]bool{}}
	n.Variables["LOOKER_URL"], n.Variables["LOOKER_CLIENT_ID"], n.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`inactivity: {looker: {after: 180d, mode: ask, channel: "#looker-admins", brake: {max: 50}}}`)}}
	m := manyRoles{crowd: &crowd{users: users, begin: n.Clock.Now(), now: n.Clock.Now, page: func() {}}}
	for i := range 12 {
		m.names = append(m.names, fmt.Sprintf("営業本部ダッシュボード閲覧者 %02d", i))
	}
	n.Outbound = sim.Transport{"looker.test": m}
	n.handler = n.Build(inactivitysweep.Function)
	n.pass()
	plans, err := ledger.New(n.Store, n.Bus, n.Clock.Now).Since(t.Context(), change.AccountDisablePlan, cloudfntest.Begin)
	if err != nil || len(plans) != 1 {
		t.Fatalf("%d plans, %v", len(plans), err)
	}
	through := 0
	for _, d := range plans[0].Diff {
		if strings.HasSuffix(d.Field, " enabled") {
			through++
		}
	}
	want := fmt.Sprintf("%d accounts at once are more than the brake lets pass; %d more are left for the next plan", through, users/3-through)
	if through < 300 || plans[0].Reason != want {
		t.Errorf("it lets %d through, because %q; want %q", through, plans[0].Reason, want)
	}
	if s := n.summary(); s.Held != users/3 {
		t.Errorf("%d are held", s.Held)
	}
}

// Where a stop cannot be proposed, people are warned and told all the same, and the night is tried
// again.
func TestANightWarnsWhereProposingGoesWrong(t *testing.T) {
	n := &nights{Rig: cloudfntest.NewPlain(t, ""), keys: map[string]bool{}}
	n.Variables["LOOKER_URL"], n.Variables["LOOKER_CLIENT_ID"], n.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	n.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(`inactivity: {looker: {after: 180d, warn: [14d], mode: auto}}`)}}
	const users, idleOnes = 30, 10
	fill(t, n, users)
	at := n.Clock.Now()
	told := idle.Memory{Told: []time.Duration{14 * day}, From: at.Add(-300 * day), Stop: at.Add(-day), Begun: at.Add(-15 * day)}
	if _, err := account.Remember(t.Context(), n.Store, "looker", at, account.Note{ID: "2", Before: ofIdle(at), After: told}); err != nil {
		t.Fatal(err)
	}
	broken := store.Record{
		Key: store.Key{Collection: "changes", ID: "broken"}, Data: []byte(`{"id": 7}`),
		Fields: map[string]any{"kind": string(change.AccountDisablePlan), "target": account.Name("looker", account.Held), "live": true},
	}
	if err := n.Store.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(broken) }); err != nil {
		t.Fatal(err)
	}
	n.Outbound = sim.Transport{"looker.test": &crowd{users: users, begin: at, now: n.Clock.Now, page: func() {}}}
	n.handler = n.Build(inactivitysweep.Function)
	if status := n.Do(n.handler, n.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status == http.StatusOK && len(n.Quarantined()) == 0 {
		t.Errorf("status %d", status)
	}
	if warned := len(n.told("account-warning-")); warned != idleOnes-1 || len(n.stops()) != 0 {
		t.Errorf("%d people are warned, stops %v", warned, n.stops())
	}
	for _, s := range n.told("account-summary-") {
		if s.Facts["warned"] != fmt.Sprint(idleOnes-1) || s.Facts["stopped"] != "0" {
			t.Errorf("the summary says %v", s.Facts)
		}
	}
	if m, err := account.Get(t.Context(), n.Store, "looker", "2"); err != nil || !m.Equal(told) || len(n.told("account-summary-")) != 1 {
		t.Errorf("remembered %+v, %v; %d summaries", m, err, len(n.told("account-summary-")))
	}
}
