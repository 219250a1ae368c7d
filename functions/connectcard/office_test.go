package connectcard_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	simiap "github.com/sekisho/sekisho/shared/sim/iap"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	page       = "https://console.example.com/connected"
	audience   = "/projects/1/global/backendServices/1"
	hookSecret = "hook-" + cloudfntest.Canary
	keySecret  = "key-" + cloudfntest.Canary
	// cardMark begins the token of every connect card of the simulated account.
	cardMark = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
)

var (
	kai  = group.Person{ID: "1", Email: "kai@example.com"}
	olga = group.Person{ID: "2", Email: "olga@example.com", Aliases: []string{"o.sand@example.com"}}
	mia  = group.Person{ID: "3", Email: "mia@example.com"}
	gus  = group.Person{ID: "4", Email: "gone@example.com", Suspended: true}
)

// office is the function, a Fivetran account, the proxy that signs people in, and a mirror that
// knows them. Kai asks, Olga owns the data.
type office struct {
	*cloudfntest.Rig
	handler  http.Handler
	vendor   *simfivetran.Server
	fivetran http.Handler // what answers for the vendor; may be changed
	faults   *sim.Faults
	proxy    *simiap.Proxy
	ledger   *ledger.Ledger
	shelf    *handover.Shelf
	file     string
	signed   map[string]string
}

func open(t testing.TB) *office {
	t.Helper()
	return openWith(t, page, nil)
}

// openWith opens an office whose page is at an address, and whose connect cards are at origins of
// their own where there are any.
func openWith(t testing.TB, redirect string, cards []string) *office {
	t.Helper()
	o := &office{file: filepath.Join(t.TempDir(), "store.db"), faults: sim.NewFaults(1), signed: map[string]string{}}
	o.Rig = cloudfntest.NewPlain(t, o.file)
	company, err := org.Parse("company.yaml", []byte("fivetran:\n  groups: [{id: thicket_confronted, name: Snowflake_prod}]\n"))
	check(t, err)
	options := simfivetran.Options{Company: company, Now: o.Clock.Now, Key: "key", Secret: keySecret, Seed: 1, Faults: o.faults}
	if len(cards) > 0 {
		options.Cards = cards[0]
	}
	o.vendor, err = simfivetran.New(options)
	check(t, err)
	o.fivetran = o.vendor
	o.proxy, err = simiap.New(audience, o.Clock.Now, 1)
	check(t, err)
	o.ledger = ledger.New(o.Store, o.Bus, o.Clock.Now)
	o.shelf = handover.New(o.Store, connection.Policy{}, o.Clock.Now)
	o.Outbound = sim.Transport{"api.fivetran.com": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.fivetran.ServeHTTP(w, r) })}
	o.Visitors = cloudfn.IAP{Audience: audience, Validate: o.proxy.Validate, Now: o.Clock.Now}
	o.Policy = fstest.MapFS{"policy.yaml": {Data: fmt.Appendf(nil, `connections:
  defaults: {redirect: %q}
  services:
    klaviyo: {required: [schema]}
`, redirect)}}
	o.Variables["FIVETRAN_KEY"], o.Variables["FIVETRAN_SECRET"] = "key", keySecret
	o.Variables["FIVETRAN_WEBHOOK_SECRET"] = hookSecret
	if len(cards) > 0 {
		o.Variables["FIVETRAN_CARDS"] = strings.Join(cards, ",")
	}
	check(t, mirror.New(o.Store).PutPeople(context.Background(), []group.Person{kai, olga, mia, gus}, o.Clock.Now()))
	o.handler = o.Build(connectcard.Function)
	return o
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// approve makes an approved request for a connection, which nobody has carried out yet.
func (o *office) approve(t testing.TB, name string) change.Change {
	t.Helper()
	return o.approveWith(t, name, map[string]string{"schema": name})
}

// approveWith is approve with other settings.
func (o *office) approveWith(t testing.TB, name string, settings map[string]string) change.Change {
	t.Helper()
	detail, err := json.Marshal(connection.Request{
		Service: "klaviyo", Group: "thicket_confronted", Name: name, Settings: settings, Owner: olga.ID, Reason: "Newsletters",
	})
	check(t, err)
	c, _, err := o.ledger.Propose(t.Context(), change.Proposal{
		Kind: change.ConnectionCreate, Target: change.Target{ID: name, Name: name}, Detail: detail, Reason: "Newsletters",
		Diff: []change.Delta{{Field: "service", After: "klaviyo"}}, Requester: change.Actor{Kind: change.ByPerson, ID: kai.ID, Name: kai.Email},
		Requirement: change.Requirement{Mode: change.Auto},
	})
	check(t, err)
	return c
}

// handed makes a connection whose owner has the link.
func (o *office) handed(t testing.TB, name string) connection.Handover {
	t.Helper()
	c := o.approve(t, name)
	if status := o.Do(o.handler, o.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
		t.Fatalf("apply: status %d\n%s", status, o.Log)
	}
	return o.handover(t, c.ID, connection.Handed)
}

// handover returns a hand-over, which must be in a state.
func (o *office) handover(t testing.TB, id string, want connection.State) connection.Handover {
	t.Helper()
	h, err := o.shelf.Get(t.Context(), id)
	check(t, err)
	if h.State != want {
		t.Fatalf("the hand-over is %s, want %s\n%s", h.State, want, o.Log)
	}
	return h
}

// link is what the owner of a hand-over presses.
func link(h connection.Handover) string { return page + "?handover=" + url.QueryEscape(h.ID) }

// assertion signs somebody in. The same person at the same time has the same one.
func (o *office) assertion(t testing.TB, who string) string {
	t.Helper()
	key := fmt.Sprint(who, o.Clock.Now().Unix())
	if o.signed[key] == "" {
		token, err := o.proxy.Assertion(who)
		check(t, err)
		o.signed[key] = token
	}
	return o.signed[key]
}

// visit opens an address as somebody; empty means that nobody is signed in.
func (o *office) visit(t testing.TB, who, address string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	if who != "" {
		r.Header.Set(cloudfn.HeaderAssertion, o.assertion(t, who))
	}
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s of status %d is %q, want %q", name, w.Code, got, want)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the content security policy is %q", policy)
	}
	return w
}

// card opens the owner's link and returns the address of the card.
func (o *office) card(t testing.TB, h connection.Handover) string {
	t.Helper()
	w := o.visit(t, olga.Email, link(h))
	if w.Code != http.StatusSeeOther || w.Body.Len() > 0 {
		t.Fatalf("status %d with %d bytes, want a plain redirect\n%s", w.Code, w.Body.Len(), o.Log)
	}
	return w.Header().Get("Location")
}

// entered lets the owner enter credentials on a card, and returns where the browser is sent.
func (o *office) entered(t testing.TB, card string) string {
	t.Helper()
	sent, err := o.vendor.SubmitCard(card, nil)
	check(t, err)
	if sent.Redirect == "" {
		t.Fatalf("the card keeps its owner: %v", sent.Tests)
	}
	return sent.Redirect
}

// pass lets time pass at the vendor, which syncs meanwhile.
func (o *office) pass(d time.Duration) {
	until := o.Clock.Now().Add(d)
	for o.Clock.Now().Before(until) {
		o.Clock.Advance(min(time.Minute, until.Sub(o.Clock.Now())))
		for o.vendor.RunNext(context.Background()) {
		}
	}
}

// round is one call of the scheduler, with all that follows.
func (o *office) round(job string) {
	o.TB.Helper()
	if status := o.Do(o.handler, o.Envelope(event.Tick{Job: job})); status != http.StatusOK {
		o.TB.Fatalf("job %s: status %d\n%s", job, status, o.Log)
	}
	o.Work(o.handler, event.QueueFivetran)
}
