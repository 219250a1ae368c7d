package groupsettings_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// tenant is the function, a Workspace account, and a mirror that knows it.
type tenant struct {
	*cloudfntest.Rig
	handler   http.Handler
	workspace *simworkspace.Server
	faults    *sim.Faults
	mirror    *mirror.Mirror
	ledger    *ledger.Ledger
	ids       map[string]string // by address
}

const viewRule = `
settings:
  mode: auto
  rules:
    general:
      - {field: whoCanViewGroup, needles: [ANYONE_CAN_VIEW, ALL_IN_DOMAIN_CAN_VIEW], replace: ALL_MEMBERS_CAN_VIEW}
`

// open makes a tenant under a policy; prepare may change the rig before the function is built.
func open(tb testing.TB, rig *cloudfntest.Rig, policy string, prepare ...func(*tenant)) *tenant {
	tb.Helper()
	data, err := os.ReadFile("testdata/company.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	company, err := org.Parse("company.yaml", data)
	if err != nil {
		tb.Fatal(err)
	}
	t := &tenant{
		Rig: rig, faults: sim.NewFaults(1), ids: map[string]string{},
		mirror: mirror.New(rig.Store), ledger: ledger.New(rig.Store, rig.Bus, rig.Clock.Now),
	}
	t.workspace, err = simworkspace.New(simworkspace.Options{
		Company: company, Now: rig.Clock.Now, Faults: t.faults, Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{
			cloudfntest.GoogleToken: {simworkspace.ScopeSettings}, "other-" + cloudfntest.Canary: {simworkspace.ScopeAudit},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.Background()
	var people []group.Person
	for _, u := range t.workspace.Users() {
		people = append(people, group.Person{ID: u.ID, Email: u.Email, Admin: u.Admin})
	}
	if err := t.mirror.PutPeople(ctx, people, time.Time{}); err != nil {
		tb.Fatal(err)
	}
	for _, g := range t.workspace.Groups() {
		s := group.Snapshot{Group: group.Group{ID: g.ID, Email: g.Email, Name: g.Name}, Read: rig.Clock.Now()}
		for _, m := range t.workspace.Members(g.Email) {
			s.Members = append(s.Members, group.Member{ID: m.ID, Email: m.Email, Role: group.Role(m.Role), Type: group.Type(m.Type)})
		}
		if _, err := t.mirror.Replace(ctx, s); err != nil {
			tb.Fatal(err)
		}
		t.ids[g.Email] = g.ID
	}
	rig.Outbound = sim.Transport{"google.test": t.workspace}
	rig.Variables["WORKSPACE_URL"] = "http://google.test"
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
	for _, p := range prepare {
		p(t)
	}
	t.handler = rig.Build(groupsettings.Function)
	return t
}

// check lets one group be checked and returns the status of the answer.
func (t *tenant) check(address string) int {
	return t.Do(t.handler, t.Envelope(event.CheckSettings{Group: t.ids[address], Noticed: t.Clock.Now()}))
}

// changes returns all changes of one group, oldest first.
func (t *tenant) changes(tb testing.TB, address string) []change.Change {
	tb.Helper()
	all, err := t.ledger.Of(context.Background(), change.GroupSettings, t.ids[address])
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// only returns the one change of a group.
func (t *tenant) only(tb testing.TB, address string) change.Change {
	tb.Helper()
	all := t.changes(tb, address)
	if len(all) != 1 {
		tb.Fatalf("%d changes of %s, want one: %+v\n%s", len(all), address, all, t.Log)
	}
	return all[0]
}

// carry hands the function the notice of a change's latest transition and does what follows,
// until nothing is left to do.
func (t *tenant) carry(tb testing.TB, c change.Change) change.Change {
	tb.Helper()
	moved := event.ChangeMoved{Change: c.ID, Seq: c.Seq, Kind: string(c.Kind), State: string(c.State)}
	if status := t.Do(t.handler, t.Envelope(moved)); status != http.StatusOK {
		tb.Fatalf("notice: status %d, want 200", status)
	}
	for rounds := 0; len(t.Queue.Tasks()) > 0; rounds++ {
		if rounds > 50 {
			tb.Fatalf("it does not come to an end: %v", t.Queue.Tasks())
		}
		t.Work(t.handler, event.QueueSettings)
	}
	got, err := t.ledger.Get(context.Background(), c.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// patches returns the bodies of the patches that were sent since the last call.
func (t *tenant) patches(tb testing.TB) []map[string]string {
	tb.Helper()
	var out []map[string]string
	for _, c := range t.Calls.Made() {
		if c.Method != http.MethodPatch {
			continue
		}
		var body map[string]string
		if err := json.Unmarshal([]byte(c.Body), &body); err != nil {
			tb.Fatalf("patch %s: %v", c.Body, err)
		}
		out = append(out, body)
	}
	return out
}
