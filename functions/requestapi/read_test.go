package requestapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/requestapi"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

func TestOffersAreWhatTheDesksOffer(t *testing.T) {
	o := open(t)
	all := decode[requestapi.Offers](t, o.do("aiko@example.com", "GET", "/v1/offers", ""), 200)
	var names []string
	for _, offer := range all.Offers {
		names = append(names, offer.Desk+" "+offer.Name)
	}
	if diff := cmp.Diff([]string{"access etl", "access prod", "account looker", "connect klaviyo"}, names); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	want := requestapi.Offer{
		Desk: "access", Name: "etl", Title: "Ask for access", Terms: []string{"You have it at once. It ends by itself."},
		Place: &requestapi.Place{Kind: "project", Name: "etl-prd"}, Roles: []string{"roles/run.admin", "roles/bigquery.dataOwner"},
		MaxSeconds: 8 * 3600, Approval: "self", ReasonPattern: `^https://example\.com/tasks/\d+$`,
		Fields: []requestapi.Field{
			{Name: "entitlement", Label: "What", Kind: "choice", Required: true, Options: []requestapi.Option{{Label: "etl (etl-prd)", Value: "etl"}}, Value: []string{"etl"}},
			{
				Name: "roles", Label: "Roles", Kind: "many", Required: true, Value: []string{"roles/run.admin", "roles/bigquery.dataOwner"},
				Options: []requestapi.Option{{Label: "roles/run.admin", Value: "roles/run.admin"}, {Label: "roles/bigquery.dataOwner", Value: "roles/bigquery.dataOwner"}},
			},
			{Name: "duration", Label: "How long", Hint: "Up to 8h, such as 2h or 30m.", Kind: "text", Required: true},
			{Name: "reason", Label: "Why", Hint: `It has to match ^https://example\.com/tasks/\d+$`, Kind: "long", Required: true},
		},
	}
	if diff := cmp.Diff(want, all.Offers[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := all.Offers[1]; got.Approval != "quorum" || got.MaxSeconds != 3600 || got.ReasonPattern != "" {
		t.Errorf("prod: %+v", got)
	}
	if got := all.Offers[2]; got.Approval != "quorum" || !cmp.Equal(got.Roles, []string{"User", "Developer"}) || got.Place != nil {
		t.Errorf("looker: %+v", got)
	}
	if got := all.Offers[3]; got.Approval != "quorum" || len(got.Fields) != 6 {
		t.Errorf("klaviyo: %+v", got)
	}
	// What somebody has for as long as can be is not offered.
	o.give(o.ask("aiko@example.com", `{"desk": "access", "fields": {"entitlement": "etl", "duration": "8h", "reason": "https://example.com/tasks/7"}}`, "k").ID, 8*time.Hour)
	if got := decode[requestapi.Offers](t, o.do("aiko@example.com", "GET", "/v1/offers", ""), 200); got.Offers[0].Name != "prod" {
		t.Errorf("%+v", got.Offers[0])
	}
	// Lena leads, and is not among those who do the work.
	lenas := decode[requestapi.Offers](t, o.do("lena@example.com", "GET", "/v1/offers", ""), 200)
	if len(lenas.Offers) != 3 || lenas.Offers[0].Name != "leads-only" {
		t.Errorf("%+v", lenas)
	}
}

func TestReadingOnesOwn(t *testing.T) {
	o := open(t)
	r := o.ask("aiko@example.com", prod, "k")
	o.Clock.Advance(time.Minute)
	yes := change.Approve{By: change.Actor{Kind: change.ByPerson, ID: lena.ID, Name: lena.Email}, Revision: 1, Counts: []change.Selector{"group:leads@example.com"}}
	_, err := o.ledger.Apply(t.Context(), r.ID, yes)
	check(t, err)
	got := decode[requestapi.Request](t, o.do("aiko@example.com", "GET", r.Link, ""), 200)
	begin := r.Proposed
	want := requestapi.Request{
		ID: r.ID, Kind: "access.grant", Name: "prod", State: "proposed", Reason: "release canary", Proposed: begin, Updated: begin.Add(time.Minute),
		Facts: []requestapi.Fact{
			{Field: "person", Value: "aiko@example.com"},
			{Field: "scope", Value: "project prod"},
			{Field: "duration", Value: "30m"},
			{Field: "role roles/run.admin", Value: "roles/run.admin"},
		},
		Asked: []string{"2 of the members of leads@example.com"}, Deadline: begin.Add(4 * time.Hour),
		Decisions: []requestapi.Decision{{By: "lena@example.com", Verdict: "yes", At: begin.Add(time.Minute)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	inJapanese := decode[requestapi.Request](t, o.do("aiko@example.com", "GET", r.Link, "", "Accept-Language: ja"), 200)
	if diff := cmp.Diff([]string{"leads@example.com のメンバー のうち 2 人"}, inJapanese.Asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w := o.do("aiko@example.com", "GET", r.Link, "")
	if w := o.do("aiko@example.com", "GET", r.Link, "", "If-None-Match: "+w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("with its entity tag: status %d", w.Code)
	}
}

func TestWhatOthersAskedForIsNotThere(t *testing.T) {
	o := open(t)
	r := o.ask("aiko@example.com", prod, "k")
	want := o.do("ken@example.com", "GET", "/v1/requests/aaaaaaaaaaaaaaaaaaaaaaaa-1", "").Body.String()
	for _, link := range []string{r.Link, "/v1/requests/x", "/v1/requests/%2e%2e%2fchanges", "/v1/requests/" + r.ID + "0"} {
		quiet := o.Mark()
		w := o.do("ken@example.com", "GET", link, "")
		refused(t, w, http.StatusNotFound, "not-found")
		if w.Body.String() != want {
			t.Errorf("%s: %s, want %s", link, w.Body, want)
		}
		quiet.OnlyAudit(t, 0) // one a minute, which was the first
	}
	// Who decides about it reads it where they are asked, not here.
	refused(t, o.do("lena@example.com", "GET", r.Link, ""), http.StatusNotFound, "not-found")
}

func TestTheListIsWhatIsUnderWayOrHeld(t *testing.T) {
	o := open(t)
	list := func(who string) (out []string) {
		t.Helper()
		for _, r := range decode[requestapi.Requests](t, o.do(who, "GET", "/v1/requests", ""), 200).Requests {
			line := r.Name + " " + r.State
			for _, can := range r.Can {
				line += " " + can
			}
			out = append(out, line)
		}
		return out
	}
	expect := func(who string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, list(who)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who, diff)
		}
	}
	expect("aiko@example.com")
	first := o.ask("aiko@example.com", etl, "k1")
	o.Clock.Advance(time.Second)
	second := o.ask("aiko@example.com", prod, "k2")
	expect("aiko@example.com", "prod proposed", "etl approved")
	expect("ken@example.com")
	o.give(first.ID, 2*time.Hour)
	expect("aiko@example.com", "prod proposed", "etl applied give-back extend")
	_, err := o.ledger.Apply(t.Context(), second.ID, change.Deny{
		By: change.Actor{Kind: change.ByPerson, ID: lena.ID, Name: lena.Email}, Revision: 1, Counts: []change.Selector{"group:leads@example.com"},
	})
	check(t, err)
	expect("aiko@example.com", "etl applied give-back extend")
	o.Clock.Advance(3 * time.Hour)
	expect("aiko@example.com")
}

func TestWhoIsAskedInWords(t *testing.T) {
	o := open(t)
	manager := aiko
	manager.Manager = lena.Email
	check(t, o.mirror.PutPeople(t.Context(), []group.Person{manager}, o.Clock.Now().Add(time.Second)))
	c := o.ask("aiko@example.com", `{"desk": "account", "fields": {"system": "looker", "reason": "reports"}}`, "k")
	for language, want := range map[string]string{"en": "1 of those who may approve it", "ja": "承認者 のうち 1 人"} {
		got := decode[requestapi.Request](t, o.do("aiko@example.com", "GET", c.Link, "", "Accept-Language: "+language), 200)
		if diff := cmp.Diff([]string{want}, got.Asked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
