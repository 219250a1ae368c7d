package console

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Each connection is on the page with how it stands and whose data it is.
func TestConnectionsAreOnThePage(t *testing.T) {
	w, policy := startWorld(t, nil)
	ctx := t.Context()
	emma, err := mirror.New(w.Store()).PersonAt(ctx, "emma@example.com")
	if err != nil {
		t.Fatal(err)
	}
	shelf := handover.New(w.Store(), policy.Connections, w.Clock.Now)
	begin := func(name, owner string, verbs ...connection.Verb) {
		t.Helper()
		h := connection.Begin(name, connection.Request{Name: name, Service: "klaviyo", Owner: owner}, connection.Plan{}, emma.ID, w.Clock.Now())
		if err := shelf.Begin(ctx, h); err != nil {
			t.Fatal(err)
		}
		for _, v := range verbs {
			if _, _, err := shelf.Apply(ctx, name, connection.Event{Verb: v, Connection: "vendor_" + name}, change.Actor{ID: "test"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	begin("waits", emma.ID, connection.VerbCreate, connection.VerbHand)
	begin("works", emma.ID, connection.VerbCreate, connection.VerbConnect)
	begin("fails", "nobody", connection.VerbCreate, connection.VerbBreak)
	begin("is_gone", emma.ID, connection.VerbCreate, connection.VerbEnd)
	body := visit(t, New(NewLive(w), Options{Policy: policy})).get("/").Body.String()
	for _, want := range []string{
		"Connection waits (klaviyo)</dt><dd><b>incomplete</b> · owner of the data emma@example.com",
		"Connection works (klaviyo)</dt><dd><b>connected</b> · owner of the data emma@example.com",
		"Connection fails (klaviyo)</dt><dd><b>broken</b> · owner of the data nobody",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(body, "is_gone") {
		t.Error("what has ended is on the page")
	}
}
