package connectcard_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
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

// Two requests may want the same schema under two names: the second one fails, and says why.
func TestTheConnectionOfAnotherRequestIsNotTaken(t *testing.T) {
	o := open(t)
	o.handed(t, "letters")
	o.Clock.Advance(time.Second)
	c := o.approve(t, "Letters")
	o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID}))
	got, err := o.ledger.Get(t.Context(), c.ID)
	check(t, err)
	if got.State != change.Approved && got.State != change.Failed && got.State != change.Withdrawn {
		t.Errorf("it is %s", got.State)
	}
	if len(o.vendor.Connections()) != 1 {
		t.Error("there is a second connection")
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
	if d, err := o.shelf.Destinations(t.Context()); err != nil || len(d.List) != 1 {
		t.Errorf("%d destinations, %v", len(d.List), err)
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
