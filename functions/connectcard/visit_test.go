package connectcard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/iap"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestOnlyTheOwnerIsLetThrough(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	mark := o.Mark()
	for who, want := range map[string]int{
		"": http.StatusUnauthorized, mia.Email: http.StatusForbidden, kai.Email: http.StatusForbidden, gus.Email: http.StatusForbidden,
		"stranger@example.com": http.StatusForbidden, "olga@example.com.evil.example": http.StatusForbidden, "Olga <olga@example.com>": http.StatusForbidden,
		"accounts.google.com:olga@example.com": http.StatusUnauthorized,
	} {
		for _, address := range []string{link(h), link(h) + "&state=AAAA"} {
			if w := o.visit(t, who, address); w.Code != want || w.Header().Get("Location") != "" {
				t.Errorf("%q at %s: status %d to %q, want %d", who, address, w.Code, w.Header().Get("Location"), want)
			}
		}
	}
	mark.Nothing(t, "audit/")
	o.handover(t, h.ID, connection.Handed)
	if w := o.visit(t, "o.sand@example.com", link(h)); w.Code != http.StatusSeeOther {
		t.Errorf("the owner by another address: status %d", w.Code)
	}
}

// An owner who was suspended is a stranger, though somebody still has their session.
func TestAnOwnerWhoIsSuspended(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	left := olga
	left.Suspended = true
	check(t, mirror.New(o.Store).PutPeople(t.Context(), []group.Person{left}, o.Clock.Now()))
	if w := o.visit(t, olga.Email, link(h)); w.Code != http.StatusForbidden || w.Header().Get("Location") != "" {
		t.Errorf("status %d, want 403", w.Code)
	}
	o.handover(t, h.ID, connection.Handed)
}

// Whoever gets past the proxy has no assertion that counts.
func TestAssertionsThatDoNotCount(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	good, err := o.proxy.Assertion(olga.Email)
	check(t, err)
	other, err := iap.New(audience, o.Clock.Now, 2)
	check(t, err)
	stranger, err := other.Assertion(olga.Email)
	check(t, err)
	claims := o.proxy.Claims(olga.Email)
	old, young, google, elsewhere, long := claims, claims, claims, claims, claims
	old.Issued, old.Expires = old.Issued-3600, old.Expires-3600
	young.Issued, young.Expires = young.Issued+120, young.Expires+120
	google.Issuer = "https://accounts.google.com"
	elsewhere.Audience = "/projects/1/global/backendServices/2"
	long.Expires += 24 * 3600
	sign := func(c iap.Claims) string {
		token, err := o.proxy.Sign(c)
		check(t, err)
		return token
	}
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"another key": stranger, "expired": sign(old), "not valid yet": sign(young), "of Google, not of the proxy": sign(google),
		"for another page": sign(elsewhere), "for too long": sign(long), "no signature": parts[0] + "." + parts[1] + ".",
		"a short signature": parts[0] + "." + parts[1] + ".AAAA", "no token": "olga@example.com", "nothing": "", "of no algorithm": "eyJhbGciOiJub25lIn0." + parts[1] + "." + parts[2],
	} {
		r := httptest.NewRequest(http.MethodGet, link(h), nil)
		r.Header.Set(cloudfn.HeaderAssertion, token)
		r.Header.Set("X-Goog-Authenticated-User-Email", "accounts.google.com:"+olga.Email)
		if status := o.Do(o.handler, r); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, status)
		}
	}
	twice := httptest.NewRequest(http.MethodGet, link(h), nil)
	twice.Header[cloudfn.HeaderAssertion] = []string{good, good}
	if status := o.Do(o.handler, twice); status != http.StatusUnauthorized {
		t.Errorf("two assertions: status %d, want 401", status)
	}
	o.handover(t, h.ID, connection.Handed)
}

func TestOtherMethods(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions, http.MethodDelete} {
		r := httptest.NewRequest(method, link(h), nil)
		assertion, err := o.proxy.Assertion(olga.Email)
		check(t, err)
		r.Header.Set(cloudfn.HeaderAssertion, assertion)
		if status := o.Do(o.handler, r); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 405", method, status)
		}
	}
	o.handover(t, h.ID, connection.Handed)
}

func TestAReturnCountsOnceAndForItsOwner(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	other := o.handed(t, "other")
	o.card(t, other)
	first := o.entered(t, o.card(t, h))
	second, err := url.Parse(first)
	check(t, err)
	q := second.Query()
	q.Set("handover", other.ID)
	second.RawQuery = q.Encode()
	if w := o.visit(t, olga.Email, second.String()); w.Code != http.StatusBadRequest {
		t.Errorf("for another hand-over: status %d, want 400", w.Code)
	}
	o.handover(t, other.ID, connection.Opened)
	if w := o.visit(t, mia.Email, first); w.Code != http.StatusForbidden {
		t.Errorf("by another person: status %d, want 403", w.Code)
	}
	o.handover(t, h.ID, connection.Opened)
	if w := o.visit(t, olga.Email, first); w.Code != http.StatusOK {
		t.Errorf("by the owner: status %d, want 200", w.Code)
	}
	if w := o.visit(t, olga.Email, first); w.Code != http.StatusBadRequest {
		t.Errorf("once more: status %d, want 400", w.Code)
	}
	o.handover(t, h.ID, connection.Submitted)
}

func TestAReturnThatComesTooLate(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	back := o.entered(t, o.card(t, h))
	o.Clock.Advance(connection.TicketLife)
	if w := o.visit(t, olga.Email, back); w.Code != http.StatusBadRequest {
		t.Errorf("status %d, want 400", w.Code)
	}
	o.handover(t, h.ID, connection.Opened)
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Running) // nothing is lost
}

func TestALinkThatIsTooOld(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	o.Clock.Advance(connection.CardLife)
	if w := o.visit(t, olga.Email, link(h)); w.Code != http.StatusGone {
		t.Errorf("before anybody has looked: status %d, want 410", w.Code)
	}
	o.round(connectcard.JobWatch)
	o.handover(t, h.ID, connection.Aged)
	if w := o.visit(t, olga.Email, link(h)); w.Code != http.StatusGone {
		t.Errorf("status %d, want 410", w.Code)
	}
}

func TestPagesInJapanese(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	r := httptest.NewRequest(http.MethodGet, link(h), nil)
	r.Header.Set("Accept-Language", "ja,en;q=0.5")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `lang="ja"`) || !strings.Contains(w.Body.String(), "サインインしてください") {
		t.Errorf("it says %s", w.Body)
	}
}

// Whatever the vendor, or whoever pretends to be it, answers: a browser is sent nowhere else.
func TestNoAnswerOfTheVendorLeadsElsewhere(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	var address string
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := `{"code":"Success","data":{"connector_id":"` + h.Connection + `","connect_card":{"uri":` + quoted(address) + `}}}`
		_, _ = w.Write([]byte(body))
	})
	tried := 0
	for _, address = range payloads() {
		tried++
		if w := o.visit(t, olga.Email, link(h)); w.Code != http.StatusBadGateway || w.Header().Get("Location") != "" {
			t.Errorf("%q: status %d to %q", address, w.Code, w.Header().Get("Location"))
		}
	}
	o.handover(t, h.ID, connection.Handed)
	if tried < 5000 {
		t.Errorf("%d addresses were tried, want 5,000", tried)
	}
}

// While the vendor makes the card, the hand-over may go to somebody else, or come to an end. Whoever
// is not its owner any more is not sent on.
func TestWhatChangesWhileACardIsMade(t *testing.T) {
	for name, test := range map[string]struct {
		e      connection.Event
		status int
	}{
		"another owner": {connection.Event{Verb: connection.VerbReassign, Owner: mia.ID}, http.StatusForbidden},
		"it is over":    {connection.Event{Verb: connection.VerbEnd}, http.StatusConflict},
		"it aged out":   {connection.Event{Verb: connection.VerbAge}, http.StatusGone},
	} {
		o := open(t)
		h := o.handed(t, "letters")
		vendor := o.fivetran
		o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/connect-card") {
				_, _, err := o.shelf.Apply(t.Context(), h.ID, test.e, change.Actor{ID: "somebody"})
				check(t, err)
			}
			vendor.ServeHTTP(w, r)
		})
		if w := o.visit(t, olga.Email, link(h)); w.Code != test.status || w.Header().Get("Location") != "" {
			t.Errorf("%s: status %d, want %d", name, w.Code, test.status)
		}
	}
}

// An address that is not taken is not said either: neither on the page, nor in the log.
func TestAnAddressThatIsRefusedIsNotSaid(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	const address = "https://evil.example/connect-card/setup?auth=canary.0f3a"
	o.fivetran = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"code":"Success","data":{"connector_id":"` + h.Connection + `","connect_card":{"uri":` + quoted(address) + `}}}`))
	})
	w := o.visit(t, olga.Email, link(h))
	for where, text := range map[string]string{"the page": w.Body.String(), "the log": o.Log.String(), "the audit": strings.Join(o.Audit(), "\n")} {
		if strings.Contains(text, "canary") || strings.Contains(text, "evil.example") {
			t.Errorf("it is in %s", where)
		}
	}
	if !strings.Contains(o.Log.String(), "the address that Fivetran gave") {
		t.Error("the log does not say what happened")
	}
}

// What somebody puts into our own address leads nowhere either.
func TestNoAddressOfOursLeadsElsewhere(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	for i, payload := range payloads() {
		if i%17 != 0 {
			continue
		}
		for _, parameter := range []string{"redirect_uri", "state", "id", "next", "handover"} {
			q := url.Values{"handover": {h.ID}}
			q.Add(parameter, payload)
			if parameter == "handover" {
				q.Set(parameter, payload)
			}
			w := o.visit(t, olga.Email, page+"?"+q.Encode())
			if to := w.Header().Get("Location"); to != "" && !strings.HasPrefix(to, connection.CardOrigin+"/connect-card/") {
				t.Errorf("%s=%q leads to %q", parameter, payload, to)
			}
			if strings.Contains(w.Body.String(), payload) && len(payload) > 8 {
				t.Errorf("%s=%q is on the page", parameter, payload)
			}
		}
	}
}

// The address of a card, the token of a return and the credentials are in nothing that is kept.
func TestNothingSecretIsKept(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	card := o.card(t, h)
	if !strings.Contains(card, cardMark) {
		t.Fatal("the mark of a card's address is not in it: nothing would be found")
	}
	back := o.entered(t, card)
	u, err := url.Parse(back)
	check(t, err)
	token := u.Query().Get("state")
	o.visit(t, mia.Email, back)
	o.visit(t, olga.Email, back)
	o.visit(t, olga.Email, back)
	o.Work(o.handler, event.QueueFivetran)
	o.pass(10 * time.Minute)
	o.round(connectcard.JobWatch)
	o.round(connectcard.JobCheck)
	o.handover(t, h.ID, connection.Done)

	texts := map[string]string{"the log": o.Log.String(), "the audit": strings.Join(o.Audit(), "\n")}
	files, err := filepath.Glob(o.file + "*") // the database, and what is on its way into it
	check(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		texts[filepath.Base(file)] = string(data)
	}
	if len(files) == 0 || !strings.Contains(texts[filepath.Base(o.file)]+texts[filepath.Base(o.file)+"-wal"], "letters") {
		t.Fatal("the database was not found, or has nothing in it")
	}
	for where, text := range texts {
		for what, secret := range map[string]string{
			"a card's address": cardMark, "the way to a card": "connect-card/setup?", "a token": token, "a credential": "entered by the owner",
			"the key": keySecret, "the webhook's secret": hookSecret,
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}

func TestWebhooks(t *testing.T) {
	o := open(t)
	h := o.handed(t, "letters")
	o.entered(t, o.card(t, h))
	body := `{"event":"connection_successful","created":"2026-11-22T09:00:00.000Z","connector_id":"` + h.Connection + `"}`
	post := func(body, signature string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Fivetran-Signature-256", signature)
		return o.Do(o.handler, r)
	}
	mark := o.Mark()
	for name, signature := range map[string]string{
		"another secret": simfivetran.Sign("other", []byte(body)), "an empty one": simfivetran.Sign("", []byte(body)),
		"another body": simfivetran.Sign(hookSecret, []byte(body+" ")), "no signature": "00",
	} {
		if status := post(body, signature); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, status)
		}
	}
	mark.OnlyAudit(t, 1)
	if status := post("{}", simfivetran.Sign(hookSecret, []byte("{}"))); status != http.StatusBadRequest {
		t.Errorf("not an event: status %d, want 400", status)
	}
	if status := post(strings.Repeat(" ", cloudfn.MaxBody+1), "00"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: status %d, want 413", status)
	}
	unknown := `{"event":"sync_end","connector_id":"nobody_knows"}`
	if status := post(unknown, simfivetran.Sign(hookSecret, []byte(unknown))); status != http.StatusOK || len(o.Queue.Tasks()) != mark.Tasks() {
		t.Errorf("of an unknown connection: status %d, %d tasks", status, len(o.Queue.Tasks()))
	}
	for range 3 { // the same event again is one event
		if status := post(body, simfivetran.Sign(hookSecret, []byte(body))); status != http.StatusOK {
			t.Errorf("status %d, want 200", status)
		}
	}
	if n := len(o.Queue.Take(event.QueueFivetran)); n != 1 {
		t.Errorf("%d tasks, want one", n)
	}
}
