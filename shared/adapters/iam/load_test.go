package iam_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/sim"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// simCompany is the company of the simulations, read once; it is never changed.
var simCompany = sync.OnceValue(func() *org.Company {
	c, err := org.Parse("company.yaml", []byte(companyFile))
	if err != nil {
		panic(err) // the file is in this package
	}
	return c
})

// A day of requests on one policy, while somebody else writes it every second: no edit of theirs
// is lost, and every request ends with access or is tried again by its queue.
//
//	SEKISHO_IAM_REQUESTS=10000 go test ./shared/adapters/iam -run TestADayOfRequests
//
// An ordinary run has a few of them. Each request and each answer takes some hundred
// milliseconds, so that about every second write loses a race.
func TestADayOfRequestsBesideSomebodyWhoWritesEverySecond(t *testing.T) {
	requests := number("SEKISHO_IAM_REQUESTS", 40)
	now := noon
	server, err := cloud.New(cloud.Options{
		Company: simCompany(), Now: func() time.Time { return now }, Seed: 1,
		Tokens:         map[string]cloud.Caller{canary: {Member: "serviceAccount:" + granter, Scopes: []string{cloud.ScopeCloudPlatform}}},
		Administrators: []string{"serviceAccount:" + granter},
	})
	check(t, err)
	server.Quota(cloud.Policies).Set(1_000_000, time.Minute)

	// The other one keeps fifty entries, each with the number of the write that it stems from.
	written, edits := map[string]string{}, 0
	second := now
	others := func() {
		for ; !second.After(now); second = second.Add(time.Second) {
			n := int(second.Sub(noon) / time.Second)
			title, role := fmt.Sprintf("write %d", n), fmt.Sprintf("roles/custom%d.x", n%50)
			check(t, server.EditByHand("etl-prj-prd", func(b []cloud.Binding) []cloud.Binding {
				b = slices.DeleteFunc(b, func(o cloud.Binding) bool { return o.Role == role })
				return append(b, cloud.Binding{Role: role, Members: []string{"user:other@example.com"}, Condition: &cloud.Condition{Title: title, Expression: "true"}})
			}))
			written[role] = title
			edits++
		}
	}
	lost := 0
	look := func() {
		bindings, _ := server.Policy("etl-prj-prd")
		seen := map[string]string{}
		for _, b := range bindings {
			if b.Condition != nil {
				seen[b.Role] = b.Condition.Title
			}
		}
		for role, title := range written {
			if seen[role] != title {
				lost++
			}
		}
	}
	calls := 0
	pass := roundTripper(func(r *http.Request) (*http.Response, error) {
		calls++
		now = now.Add(time.Duration(150+calls*37%300) * time.Millisecond) // on the way there
		others()
		resp, err := (bearer{canary, sim.Transport{"cloudresourcemanager.googleapis.com": server}}).RoundTrip(r)
		look()
		now = now.Add(time.Duration(100+calls*53%200) * time.Millisecond) // and back
		others()
		return resp, err
	})
	w := &world{}
	o := w.options(&http.Client{Transport: pass})
	o.Now = func() time.Time { return now }
	o.Sleep = func(_ context.Context, d time.Duration) error {
		now = now.Add(d)
		others()
		return nil
	}
	p, err := iam.NewPolicies(o)
	check(t, err)

	retried, worst := 0, time.Duration(0)
	queued := func(n int, do func() error) {
		for err := do(); err != nil; err = do() {
			if retried++; !errors.Is(err, iam.ErrConflict) || retried > requests/1000+2 {
				t.Fatalf("request %d: %v", n, err)
			}
		}
	}
	every := 24 * time.Hour / 10_000
	for n := range requests {
		g := grant.Grant{
			ID: id(n + 1), Entitlement: "e", Scope: prj, Roles: []string{run}, Member: fmt.Sprintf("user:u%d@example.com", n%200), Title: "t",
			Since: now, Until: now.Add(time.Duration(5+n%20) * time.Minute).Truncate(time.Second),
		}
		begun := now
		queued(n, func() error { _, err := p.Give(t.Context(), g); return err })
		worst = max(worst, now.Sub(begun))
		if !server.Access(g.Member, "etl-prj-prd", run, now) {
			t.Fatalf("request %d: no access", n)
		}
		if n%3 == 0 {
			queued(n, func() error { return p.Take(t.Context(), g) })
		}
		if next := noon.Add(time.Duration(n+1) * every); now.Before(next) {
			now = next
			others()
		}
	}
	look()
	if lost != 0 {
		t.Errorf("%d edits of others were lost", lost)
	}
	if _, err := p.Edit(t.Context(), prj, grant.Edit{Now: now.Add(48 * time.Hour)}); err != nil || server.Bindings("etl-prj-prd") != len(written)+1 {
		t.Errorf("after the night: %d entries, error %v", server.Bindings("etl-prj-prd"), err)
	}
	t.Logf("%d requests, %d calls, %d writes of others, %d tried again by the queue, the longest took %s of simulated time",
		requests, calls, edits, retried, worst)
}
