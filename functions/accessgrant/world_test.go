package accessgrant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

const companyFile = `
domain: example.com
people: [{email: aiko@example.com}, {email: fay@example.com}, {email: ken@example.com}]
groups:
  - {email: admins@example.com, owners: [ken@example.com]}
projects:
  - {id: prd, bindings: [{role: roles/viewer, members: ["user:ken@example.com"]}]}
  - id: sekisho
    service_accounts:
      - {email: granter@sekisho.iam.gserviceaccount.com, token_creators: ["serviceAccount:fn@sekisho.iam.gserviceaccount.com"]}
      - {email: fn@sekisho.iam.gserviceaccount.com}
`

const policyFile = `
access:
  - {name: etl, project: prd, roles: [roles/run.admin], eligible: [group:team@example.com], max: 8h, approval: self}
  - {name: release, group: admins@example.com, eligible: [group:team@example.com], max: 8h, approval: self}
  - {name: on-call, group: admins@example.com, eligible: [group:team@example.com], max: 8h, approval: self}
`

// The people of the team: Aiko directly, Fay through a group in it.
var (
	aiko = group.Person{ID: "1", Email: "aiko@example.com"}
	fay  = group.Person{ID: "2", Email: "fay@example.com"}
)

// company is the function in front of a simulated Google Cloud, with a mirror that knows its people.
type company struct {
	*cloudfntest.Rig
	cloud   *cloud.Server
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	handler http.Handler
	asked   int
}

func open(t *testing.T) *company {
	t.Helper()
	o := &company{Rig: rig(t)}
	o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policyFile)}}
	o.Variables["GRANTER"], o.Variables["CLOUD_URL"] = "granter@sekisho.iam.gserviceaccount.com", "http://cloud.test"
	parsed, err := org.Parse("company.yaml", []byte(companyFile))
	check(t, err)
	o.cloud, err = cloud.New(cloud.Options{
		Company: parsed, Now: o.Clock.Now, Seed: 1,
		Tokens: map[string]cloud.Caller{cloudfntest.GoogleToken: {
			Member: "serviceAccount:fn@sekisho.iam.gserviceaccount.com", Scopes: []string{cloud.ScopeCloudPlatform},
		}},
		Administrators:      []string{"serviceAccount:granter@sekisho.iam.gserviceaccount.com"},
		GroupAdministrators: []string{"serviceAccount:granter@sekisho.iam.gserviceaccount.com"},
	})
	check(t, err)
	o.Outbound = sim.Transport{"cloud.test": o.cloud}
	o.mirror, o.ledger = mirror.New(o.Store), ledger.New(o.Store, o.Bus, o.Clock.Now)
	check(t, o.mirror.PutPeople(t.Context(), []group.Person{aiko, fay}, o.Clock.Now()))
	o.members(t, "japan", group.Member{ID: fay.ID, Email: fay.Email, Type: group.User, Role: group.Plain})
	o.members(t, "team",
		group.Member{ID: aiko.ID, Email: aiko.Email, Type: group.User, Role: group.Plain},
		group.Member{ID: "japan", Email: "japan@example.com", Type: group.Nested, Role: group.Plain})
	check(t, o.mirror.PutCensus(t.Context(), mirror.Census{Groups: 2, People: 2, At: o.Clock.Now()}))
	o.handler = o.Build(accessgrant.Function)
	return o
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// members has a group been read, with these members.
func (o *company) members(t *testing.T, id string, all ...group.Member) {
	t.Helper()
	o.Clock.Advance(time.Second)
	_, err := o.mirror.Replace(t.Context(), group.Snapshot{
		Group: group.Group{ID: id, Email: id + "@example.com"}, Members: all, Read: o.Clock.Now(),
	})
	check(t, err)
}

// ask proposes that somebody gets an entitlement for an hour, which waits for nobody.
func (o *company) ask(t *testing.T, p group.Person, entitlement string) change.Change {
	t.Helper()
	return o.askFor(t, p, entitlement, time.Hour)
}

func (o *company) askFor(t *testing.T, p group.Person, entitlement string, d time.Duration) change.Change {
	t.Helper()
	o.asked++
	detail, err := json.Marshal(desk.AccessDetail{Entitlement: entitlement, For: d})
	check(t, err)
	c, _, err := o.ledger.Propose(t.Context(), change.Proposal{
		Kind: change.AccessGrant, Target: change.Target{ID: entitlement, Name: entitlement}, Detail: detail, Reason: "INC-1",
		Diff:      []change.Delta{{Field: "person", After: p.Email}, {Field: "try", After: fmt.Sprint(o.asked)}},
		Requester: change.Actor{Kind: change.ByPerson, ID: p.ID, Name: p.Email}, Concerned: []string{p.ID},
		Requirement: change.Requirement{Mode: change.Auto},
	})
	check(t, err)
	return c
}

// give has somebody get an entitlement for an hour.
func (o *company) give(t *testing.T, p group.Person, entitlement string) change.Change {
	t.Helper()
	c := o.ask(t, p, entitlement)
	o.tell(t, event.ApplyChange{Change: c.ID})
	if c = o.state(t, c); c.State != change.Applied {
		t.Fatalf("%s for %s is %s: %s\n%s", entitlement, p.Email, c.State, c.Problem, o.Log)
	}
	return c
}

// tell gives the function one message.
func (o *company) tell(t *testing.T, p event.Payload) {
	t.Helper()
	if status := o.Do(o.handler, o.Envelope(p)); status != http.StatusOK {
		t.Fatalf("%s: status %d\n%s", p.Type(), status, o.Log)
	}
}

// approved tells the function what it would hear of a change that was approved.
func (o *company) approved(t *testing.T, c change.Change) {
	t.Helper()
	o.tell(t, event.ChangeMoved{Change: c.ID, Seq: c.Seq, Kind: string(c.Kind), State: string(change.Approved)})
}

func (o *company) state(t *testing.T, c change.Change) change.Change {
	t.Helper()
	now, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	return now
}

// revocations returns the changes that take access away.
func (o *company) revocations(t *testing.T) []change.Change {
	t.Helper()
	all, err := o.ledger.Since(t.Context(), change.AccessRevoke, time.Time{})
	check(t, err)
	return all
}

// has reports whether somebody has the role of the entitlement etl.
func (o *company) has(p group.Person) bool {
	return o.cloud.Access(p.Email, "prd", "roles/run.admin", o.Clock.Now())
}

// member reports whether somebody is in the group of the entitlement on-call.
func (o *company) member(p group.Person) bool {
	return slices.ContainsFunc(o.cloud.Memberships("admins@example.com", o.Clock.Now()), func(m cloud.Membership) bool { return m.Email == p.Email })
}
