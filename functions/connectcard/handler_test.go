package connectcard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestBadMessages(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, connectcard.Function, func(tb testing.TB) *cloudfntest.Rig { return open(tb).Rig },
		func(*cloudfntest.Rig) event.Payload { return event.Tick{Job: connectcard.JobWatch} },
		event.Tick{}, event.ChangeMoved{}, event.ApplyChange{}, event.FollowHandover{})
}

func TestConfiguration(t *testing.T) {
	o := open(t)
	o.Variables = map[string]string{"FIVETRAN_WEBHOOK_URL": "https://function.example/"}
	_, err := connectcard.Function.Build(t.Context(), o.Env())
	for _, name := range []string{"FIVETRAN_KEY", "FIVETRAN_SECRET", "FIVETRAN_WEBHOOK_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("%s is missing, and the error is %v", name, err)
		}
	}
}

func TestFromTheLinkToTheFirstData(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	back := o.entered(t, o.card(t, h))
	o.handover(t, h.ID, connection.Opened)
	if w := o.visit(t, olga.Email, back); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Thank you") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	o.handover(t, h.ID, connection.Submitted)
	o.Work(o.handler, event.QueueFivetran)
	o.handover(t, h.ID, connection.Running)
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Done)
	if due, err := o.shelf.Due(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("still to be looked at: %v, %v", due, err)
	}
}

// The browser may never come back: the vendor is asked anyway.
func TestTheReturnIsAHintOnly(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	back := o.entered(t, o.card(t, h))
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Running)
	// Coming late it changes nothing.
	if w := o.visit(t, olga.Email, back); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	o.handover(t, h.ID, connection.Running)
}

func TestThereIsNeverASecondConnection(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultAppliedBut500, sim.Fault500, sim.FaultTimeout, sim.Fault429, sim.FaultConflict, sim.FaultDown} {
		for _, calls := range []int{1, 2, 3, 5} {
			t.Run(fmt.Sprintf("%s in %d calls", kind, calls), func(t *testing.T) {
				o := open(t)
				c := o.approve(t, "letters")
				o.faults.Add(sim.Fault{API: "fivetran", Kind: kind, Rate: 1, Left: calls})
				for range 8 {
					if status := o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK && status != http.StatusServiceUnavailable {
						t.Fatalf("status %d\n%s", status, o.Log)
					}
					o.Clock.Advance(time.Hour)
				}
				if all := o.vendor.Connections(); len(all) != 1 {
					t.Errorf("%d connections, want one", len(all))
				}
				o.handover(t, c.ID, connection.Handed)
			})
		}
	}
}

// A connection that may be there is not forgotten because the policy does not want it any more.
func TestWhatMayHaveBeenMadeIsNotForgotten(t *testing.T) {
	o := open(t)
	c := o.approve(t, "letters")
	made := false
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if made {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		made = r.Method == http.MethodPost && r.URL.Path == "/v1/connections"
		o.vendor.ServeHTTP(w, r)
	})
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	o.fivetran = o.vendor
	o.Policy = fstest.MapFS{"policy.yaml": {Data: fmt.Appendf(nil, "connections:\n  defaults: {redirect: %q}\n  services: {salesforce: {}}\n", page)}}
	o.handler = o.Build(connectcard.Function)
	o.Clock.Advance(time.Hour)
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Failed || !strings.Contains(got.Problem, connection.WhyPerhapsMade) || len(o.vendor.Connections()) != 1 {
		t.Errorf("it is %s: %s; the vendor has %d", got.State, got.Problem, len(o.vendor.Connections()))
	}
}

// Two requests may want the same schema under two names: the second one fails, and says why.
func TestTheConnectionOfAnotherRequestIsNotTaken(t *testing.T) {
	o := open(t)
	o.handed(t, "letters")
	o.Clock.Advance(time.Second)
	c := o.approveWith(t, "newsletters", map[string]string{"schema": "letters"})
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Failed || !strings.HasSuffix(got.Problem, connection.WhyTaken+"letters") {
		t.Errorf("it is %s: %s", got.State, got.Problem)
	}
	if _, err := o.shelf.Get(t.Context(), c.ID); !errors.Is(err, handover.ErrUnknown) {
		t.Errorf("it is handed over: %v", err)
	}
	if len(o.vendor.Connections()) != 1 {
		t.Error("there is a second connection")
	}
}

// Two requests for one schema may be carried out at the same moment. Only one of them has the
// connection, wherever the other comes in between.
func TestTwoRequestsForOneSchemaAtOnce(t *testing.T) {
	looked := func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Query().Has("schema") }
	makes := func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/v1/connections" }
	for name, between := range map[string]struct{ before, after func(r *http.Request) bool }{
		"after the first has looked": {after: looked},
		"before the first makes":     {before: makes},
		"after the first has made":   {after: makes},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			first := o.approve(t, "letters")
			second := o.approveWith(t, "newsletters", map[string]string{"schema": "letters"})
			begun, asked := false, 0
			comesIn := func(at func(*http.Request) bool, r *http.Request) {
				if !begun && at != nil && at(r) {
					begun = true
					o.Do(o.handler, o.Envelope(event.ApplyChange{Change: second.ID}))
				}
			}
			o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				comesIn(between.before, r)
				if makes(r) {
					asked++
				}
				o.vendor.ServeHTTP(w, r)
				comesIn(between.after, r)
			})
			o.Do(o.handler, o.Envelope(event.ApplyChange{Change: first.ID}))
			var got []string
			for _, id := range []string{first.ID, second.ID} {
				c, err := o.ledger.Get(t.Context(), id)
				check(t, err)
				_, err = o.shelf.Get(t.Context(), id)
				if c.State == change.Applied && err == nil {
					got = append(got, c.Target.Name)
				} else if c.State != change.Failed || !strings.Contains(c.Problem, connection.WhyTaken) || !errors.Is(err, handover.ErrUnknown) {
					t.Errorf("%s is %s: %s, its hand-over: %v", c.Target.Name, c.State, c.Problem, err)
				}
			}
			// One that is made for the wrong request would have the settings of that.
			if len(got) != 1 || len(o.vendor.Connections()) != 1 || asked != 1 {
				t.Errorf("%q have one of %d connections, asked for %d times", got, len(o.vendor.Connections()), asked)
			}
		})
	}
}

// A schema is free again for another request when what had it came to nothing.
func TestASchemaIsFreeAgain(t *testing.T) {
	apply := func(o *office, c change.Change) change.Change {
		o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
		got, err := o.ledger.Get(o.TB.Context(), c.ID)
		check(o.TB, err)
		return got
	}
	for name, lose := range map[string]func(o *office){
		"its making failed": func(o *office) {
			o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					http.Error(w, `{"code": "NotFound_Group", "message": "Cannot find group"}`, http.StatusNotFound)
					return
				}
				o.vendor.ServeHTTP(w, r)
			})
			if c := apply(o, o.approve(o.TB, "letters")); c.State != change.Failed {
				o.TB.Fatalf("it is %s: %s", c.State, c.Problem)
			}
			o.fivetran = o.vendor
		},
		"it is gone": func(o *office) {
			h := o.handed(o.TB, "letters")
			check(o.TB, o.vendor.DeleteConnection("letters"))
			o.round(connectcard.JobCheck)
			o.handover(o.TB, h.ID, connection.Ended)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			lose(o)
			o.Clock.Advance(time.Second)
			c := apply(o, o.approveWith(t, "newsletters", map[string]string{"schema": "letters"}))
			if c.State != change.Applied {
				t.Fatalf("it is %s: %s", c.State, c.Problem)
			}
			o.handover(t, c.ID, connection.Handed)
		})
	}
}

// What somebody has made at the vendor meanwhile, with the same key, is not ours.
func TestAConnectionMadeByHandIsNotTaken(t *testing.T) {
	o := open(t)
	c := o.approve(t, "letters")
	body := `{"group_id":"thicket_confronted","service":"klaviyo","paused":true,"run_setup_tests":false,"destination_schema_names":"FIVETRAN_NAMING","config":{"schema":"letters"}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.fivetran.com/v1/connections", strings.NewReader(body))
	check(t, err)
	r.SetBasicAuth("key", keySecret)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.vendor.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Failed || !strings.HasSuffix(got.Problem, connection.WhyThere) {
		t.Errorf("it is %s: %s", got.State, got.Problem)
	}
}

// What was asked for is held against the policy once more when it is made.
func TestAPolicyThatHasChangedMeanwhile(t *testing.T) {
	o := open(t)
	for name, settings := range map[string]map[string]string{
		"lacking": nil, "secretive": {"schema": "secretive", "api_key": "hunter2"}, "spaced": {"schema": "two words"},
	} {
		c := o.approveWith(t, name, settings)
		o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
		got, err := o.ledger.Get(t.Context(), c.ID)
		check(t, err)
		if got.State != change.Withdrawn || !strings.Contains(got.Problem, "settings.") || strings.Contains(got.Problem, "hunter2") {
			t.Errorf("%s: it is %s: %s", name, got.State, got.Problem)
		}
	}
	if len(o.vendor.Connections()) != 0 {
		t.Error("there is a connection")
	}
}

// Who has left meanwhile is not asked for credentials.
func TestAnOwnerWhoHasLeftMeanwhile(t *testing.T) {
	o := open(t)
	c := o.approve(t, "letters")
	left := olga
	left.Suspended = true
	check(t, mirror.New(o.Store).PutPeople(t.Context(), []group.Person{left}, o.Clock.Now()))
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Withdrawn || got.Problem != connection.WhyOwnerGone || len(o.vendor.Connections()) != 0 {
		t.Errorf("it is %s: %s", got.State, got.Problem)
	}
}

func TestADestinationThatIsGone(t *testing.T) {
	o := open(t)
	c := o.approve(t, "letters")
	check(t, o.vendor.DeleteGroup("thicket_confronted"))
	if status := o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Failed || !strings.Contains(got.Problem, "not found") {
		t.Errorf("it is %s: %s", got.State, got.Problem)
	}
}

// A listing that is empty by mistake ends no connection, and takes no destination away.
func TestAnEmptyListingIsNotBelieved(t *testing.T) {
	o := open(t)
	o.round(connectcard.JobList)
	h := o.handed(t, "letters")
	o.faults.Add(sim.Fault{API: "fivetran", Kind: sim.FaultEmpty, Rate: 1, Left: -1})
	o.Do(o.handler, o.Envelope(event.Tick{Job: connectcard.JobList}))
	o.round(connectcard.JobCheck)
	o.handover(t, h.ID, connection.Handed)
	d, err := o.shelf.Destinations(t.Context())
	check(t, err)
	if diff := cmp.Diff([]handover.Destination{{ID: "thicket_confronted", Name: "Snowflake_prod"}}, d.List); diff != "" {
		t.Errorf("the destinations (-want +got):\n%s", diff)
	}
}

func TestAConnectionThatIsGone(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	check(t, o.vendor.DeleteConnection("letters"))
	if w := o.visit(t, olga.Email, link(h)); w.Code != http.StatusConflict {
		t.Errorf("status %d, want 409", w.Code)
	}
	o.round(connectcard.JobCheck)
	o.handover(t, h.ID, connection.Ended)
	if !slices.ContainsFunc(o.Audit(), func(line string) bool { return strings.Contains(line, "connection.end") }) {
		t.Errorf("no audit entry: %q", o.Audit())
	}
}
