package handover_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// room is a shelf on a store and a clock.
type room struct {
	*handover.Shelf
	store store.Store
	now   time.Time
}

var robot = change.Actor{Kind: change.ByFunction, ID: "connectcard"}

func open(t *testing.T) *room {
	t.Helper()
	r := &room{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	db, err := embedded.Open("", clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	r.store = db.Store().Rehearsed()
	r.Shelf = handover.New(r.store, connection.Policy{}, clock)
	return r
}

// begin puts a hand-over on the shelf and lets events happen to it.
func (r *room) begin(t *testing.T, id string, verbs ...connection.Verb) {
	t.Helper()
	h := connection.Begin(id, connection.Request{Name: "sales", Owner: "2", Service: "mysql"}, connection.Plan{Schema: "sales"}, "1", r.now)
	if err := r.Begin(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	for _, v := range verbs {
		if _, _, err := r.Apply(t.Context(), id, connection.Event{Verb: v, Connection: "vendor_" + id}, robot); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHandoverBeginsOnce(t *testing.T) {
	r := open(t)
	r.begin(t, "a", connection.VerbCreate, connection.VerbHand)
	r.begin(t, "a")
	h, err := r.Get(t.Context(), "a")
	if err != nil || h.State != connection.Handed {
		t.Errorf("it is %s, %v", h.State, err)
	}
}

func TestEveryEventIsAudited(t *testing.T) {
	r := open(t)
	r.begin(t, "a", connection.VerbCreate, connection.VerbHand)
	if _, _, err := r.Apply(t.Context(), "a", connection.Event{Verb: connection.VerbSync}, robot); !errors.Is(err, connection.ErrRefused) {
		t.Errorf("a sync before anything was set up: %v", err)
	}
	var got []string
	err := trail.Entries.Each(t.Context(), r.store, store.Query{OrderBy: "at"}, func(e audit.Entry) error {
		got = append(got, e.String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2026-11-22T09:00:00Z accepted connection.create by connectcard connection.create sales requested→created (a)",
		"2026-11-22T09:00:00Z accepted connection.hand by connectcard connection.create sales created→handed (a)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnknownHandovers(t *testing.T) {
	r := open(t)
	for _, id := range []string{"", "nobody", "a/b", strings.Repeat("x", 5000), "\x00"} {
		if _, err := r.Get(t.Context(), id); !errors.Is(err, handover.ErrUnknown) {
			t.Errorf("get %.20q: %v", id, err)
		}
		if _, _, err := r.Apply(t.Context(), id, connection.Event{Verb: connection.VerbHand}, robot); !errors.Is(err, handover.ErrUnknown) {
			t.Errorf("apply to %.20q: %v", id, err)
		}
	}
}

func TestWhatHasToBeLookedAt(t *testing.T) {
	r := open(t)
	if _, ok, err := r.Next(t.Context()); ok || err != nil {
		t.Errorf("an empty shelf: %v, %v", ok, err)
	}
	r.begin(t, "waits", connection.VerbCreate, connection.VerbHand)
	r.begin(t, "ended", connection.VerbEnd)
	due, err := r.Due(t.Context())
	if diff := cmp.Diff([]string{"waits"}, due); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	// A link that has aged out is left in peace until its owner is to be reminded.
	r.now = r.now.Add(connection.CardLife)
	for _, v := range []connection.Verb{connection.VerbRemind, connection.VerbAge} {
		if _, _, err := r.Apply(t.Context(), "waits", connection.Event{Verb: v}, robot); err != nil {
			t.Fatal(err)
		}
	}
	if due, err = r.Due(t.Context()); len(due) != 0 || err != nil {
		t.Errorf("aged: %v, %v", due, err)
	}
	next, ok, err := r.Next(t.Context())
	if want := r.now.Add(2 * connection.DefaultRemind); !ok || err != nil || !next.Equal(want) {
		t.Errorf("next is %s, %v, %v, want %s", next, ok, err, want)
	}
}

func TestFindingHandovers(t *testing.T) {
	r := open(t)
	r.begin(t, "a", connection.VerbCreate)
	r.begin(t, "b", connection.VerbCreate, connection.VerbEnd)
	for name, find := range map[string]func() ([]connection.Handover, error){
		"open":  func() ([]connection.Handover, error) { return r.Open(t.Context()) },
		"named": func() ([]connection.Handover, error) { return r.Named(t.Context(), "sales") },
		"of":    func() ([]connection.Handover, error) { return r.Of(t.Context(), "vendor_a") },
	} {
		if got, err := find(); err != nil || len(got) != 1 || got[0].ID != "a" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := r.Of(t.Context(), "vendor_b"); err != nil || len(got) != 0 {
		t.Errorf("what has ended is found: %v, %v", got, err)
	}
}

// However many want a schema at once, one has it; and who has seen an older state takes nothing.
func TestASchemaHasOneHolder(t *testing.T) {
	r := open(t)
	plan := connection.Plan{Group: "g", Schema: "sales"}
	nobody := handover.Claim{}
	if c, err := r.Claimed(t.Context(), plan); c != nobody || err != nil {
		t.Errorf("a free schema: %v, %v", c, err)
	}
	got := make(chan handover.Claim)
	for i := range 8 {
		go func() {
			c, err := r.Claim(t.Context(), plan, nobody, handover.Claim{Change: fmt.Sprint(i), Name: "sales"})
			if err != nil {
				t.Error(err)
			}
			got <- c
		}()
	}
	holder := <-got
	for range 7 {
		if c := <-got; c != holder {
			t.Errorf("%v and %v have it", c, holder)
		}
	}
	// Letters count for nothing, the group does.
	for p, want := range map[[2]string]handover.Claim{{"g", "SALES"}: holder, {"h", "sales"}: nobody, {"g", "sale"}: nobody} {
		if c, err := r.Claimed(t.Context(), connection.Plan{Group: p[0], Schema: p[1]}); c != want || err != nil {
			t.Errorf("%v: %v, %v, want %v", p, c, err, want)
		}
	}
	next := handover.Claim{Change: "next", Name: "other"}
	if c, err := r.Claim(t.Context(), plan, nobody, next); c != holder || err != nil {
		t.Errorf("by one who saw nobody: %v, %v", c, err)
	}
	if c, err := r.Claim(t.Context(), plan, holder, next); c != next || err != nil {
		t.Errorf("by one who saw the holder: %v, %v", c, err)
	}
}

func TestWhatCanBeAskedFor(t *testing.T) {
	r := open(t)
	if d, err := r.Destinations(t.Context()); err != nil || len(d.List) != 0 {
		t.Errorf("before a reading: %v, %v", d, err)
	}
	if _, read, err := r.Service(t.Context(), "mysql"); err != nil || read {
		t.Errorf("before a reading: %v, %v", read, err)
	}
	list := []handover.Destination{{ID: "g1", Name: "Snowflake"}}
	fields := []connection.Field{{Name: "host", Type: "string"}}
	if err := errors.Join(r.PutDestinations(t.Context(), list), r.PutService(t.Context(), "mysql", true, fields), r.PutService(t.Context(), "delphi", false, nil)); err != nil {
		t.Fatal(err)
	}
	d, err := r.Destinations(t.Context())
	if diff := cmp.Diff(handover.Destinations{List: list, Read: r.now}, d); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	s, read, err := r.Service(t.Context(), "mysql")
	if diff := cmp.Diff(handover.Service{Name: "mysql", Known: true, Fields: fields, Read: r.now}, s); diff != "" || !read || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	if s, read, err := r.Service(t.Context(), "delphi"); err != nil || !read || s.Known {
		t.Errorf("what the vendor does not have: %v, %v, %v", s, read, err)
	}
}

func TestNotices(t *testing.T) {
	r := open(t)
	r.begin(t, "a", connection.VerbCreate)
	if err := r.PutNotices(t.Context(), "a", []string{"n1", "n2"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Apply(t.Context(), "a", connection.Event{Verb: connection.VerbHand}, robot); err != nil {
		t.Fatal(err)
	}
	got, err := r.Notices(t.Context(), "a")
	if diff := cmp.Diff([]string{"n1", "n2"}, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}
