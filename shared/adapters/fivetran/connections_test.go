package fivetran_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/fivetran"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/secret"
	"github.com/sekisho/sekisho/shared/sim"
	vendor "github.com/sekisho/sekisho/shared/sim/fivetran"
)

func TestNew(t *testing.T) {
	good := fivetran.Options{Client: http.DefaultClient, Key: "k", Secret: secret.New("s"), Now: time.Now}
	for name, change := range map[string]func(*fivetran.Options){
		"no client": func(o *fivetran.Options) { o.Client = nil }, "no clock": func(o *fivetran.Options) { o.Now = nil },
		"no key": func(o *fivetran.Options) { o.Key = "" }, "no secret": func(o *fivetran.Options) { o.Secret = secret.Text{} },
		"no address": func(o *fivetran.Options) { o.BaseURL = "fivetran" }, "another scheme": func(o *fivetran.Options) { o.BaseURL = "ftp://x" },
		"a query": func(o *fivetran.Options) { o.BaseURL = "https://x.example/?a=b" },
	} {
		o := good
		change(&o)
		if _, err := fivetran.New(o); err == nil {
			t.Errorf("%s: a client", name)
		}
	}
}

// A hand-over as the function will do it, with the real vendor replaced.
func TestAHandover(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	groups, err := w.client.Groups(ctx)
	check(t, err)
	if diff := cmp.Diff([]fivetran.Group{{ID: "lantern_quietly", Name: "BigQuery_dev"}, {ID: "thicket_confronted", Name: "Snowflake_prod"}}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	made, err := w.client.Create(ctx, plan(), noon)
	check(t, err)
	want := fivetran.Connection{
		ID: made.ID, Group: "thicket_confronted", Service: "sql_server_rds", Schema: "sales", Created: noon, CreatedBy: "careful_keeper",
		Status: connection.Status{Setup: "incomplete", Paused: true},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	w.advance(time.Hour)

	token, ticket, err := connection.NewTicket(strings.NewReader(strings.Repeat("x", 32)), "1001", "h1", w.now)
	check(t, err)
	back, err := connection.ReturnAddress(own+"/connected", "h1", token)
	check(t, err)
	card, err := w.client.Card(ctx, made.ID, back)
	check(t, err)
	targets, err := connection.NewTargets(own)
	check(t, err)
	card, err = targets.Card(card)
	check(t, err)
	sent, err := w.vendor.SubmitCard(card.Reveal(), map[string]string{"user": "reader", "password": "hunter2"})
	check(t, err)
	if _, err := targets.Own(sent.Redirect); err != nil || !strings.Contains(sent.Redirect, "id="+made.ID) {
		t.Error("the browser does not come back")
	}
	if _, err := ticket.Redeem(token, "1001", "h1", w.now); err != nil {
		t.Error(err)
	}

	tested, err := w.client.Test(ctx, made.ID, true, false)
	check(t, err)
	tests := tested.Tests
	if connection.Judge(tests) != connection.OutcomePassed || tested.Status.Setup != connection.SetupConnected || len(tests) != 3 {
		t.Errorf("tests %v, status %+v", tests, tested.Status)
	}
	for range 2 {
		unpaused, err := w.client.Unpause(ctx, made.ID)
		check(t, err)
		if unpaused.Status.Paused {
			t.Error("it is paused")
		}
	}
	w.advance(10 * time.Minute)
	done, err := w.client.Get(ctx, made.ID)
	check(t, err)
	if diff := cmp.Diff(tests, done.Tests); diff != "" {
		t.Errorf("the results read later (-want +got):\n%s", diff)
	}
	if !done.Status.Succeeded.After(noon) || done.Status.Paused {
		t.Errorf("after the first sync: %+v", done.Status)
	}
	check(t, w.vendor.Break("sales"))
	broken, err := w.client.Get(ctx, made.ID)
	check(t, err)
	if broken.Status.Setup != connection.SetupBroken || len(broken.Status.Tasks) != 1 || broken.Status.Tasks[0].Code != "reconnect" {
		t.Errorf("broken: %+v", broken.Status)
	}
	if calls, refused := w.calls.Count(vendor.API, ""); refused != 0 || calls > 14 {
		t.Errorf("%d calls, %d refused", calls, refused)
	}
}

// What is asked for is what the plan says: paused, without setup tests, and with the page to which
// the owner's browser returns; and so is what follows.
func TestWhatIsAskedFor(t *testing.T) {
	for _, trust := range []bool{true, false} {
		w := newWorld(t)
		var body []byte
		vendor := w.hosts["api.fivetran.com"]
		w.hosts["api.fivetran.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				body, _ = io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			vendor.ServeHTTP(rw, r)
		})
		sent := func(want map[string]any) {
			t.Helper()
			var got map[string]any
			check(t, json.Unmarshal(body, &got))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		made, err := w.client.Create(t.Context(), plan(func(p *connection.Plan) { p.TrustCertificates, p.TrustFingerprints = trust, !trust }), noon)
		check(t, err)
		sent(map[string]any{
			"group_id": "thicket_confronted", "service": "sql_server_rds", "paused": true, "run_setup_tests": false,
			"trust_certificates": trust, "trust_fingerprints": !trust, "sync_frequency": 360.0, "destination_schema_names": "FIVETRAN_NAMING",
			"connect_card_config": map[string]any{"redirect_uri": own + "/connected"},
			"config":              map[string]any{"schema_prefix": "sales", "host": "db.example.com", "port": 1433.0, "database": "Sales", "update_method": "TELEPORT"},
		})
		_, err = w.client.Card(t.Context(), made.ID, secret.New(own+"/connected?handover=h1"))
		check(t, err)
		sent(map[string]any{"connect_card_config": map[string]any{"redirect_uri": own + "/connected?handover=h1"}})
		_, err = w.client.Test(t.Context(), made.ID, trust, !trust)
		check(t, err)
		sent(map[string]any{"trust_certificates": trust, "trust_fingerprints": !trust})
		_, err = w.client.Unpause(t.Context(), made.ID)
		check(t, err)
		sent(map[string]any{"paused": false, "run_setup_tests": false})
	}
}

// However often it is asked and whatever becomes of the requests: one connection.
func TestCreateMakesOne(t *testing.T) {
	for name, faults := range map[string][]sim.FaultKind{
		"nothing goes wrong":            nil,
		"done, and answered with 500":   {sim.FaultAppliedBut500},
		"refused with 500":              {sim.Fault500},
		"no answer":                     {sim.FaultTimeout},
		"a conflict with somebody else": {sim.FaultConflict},
		"too many requests":             {sim.Fault429},
		"the listing is empty":          {sim.FaultEmpty},
		"done twice and not told":       {sim.FaultAppliedBut500, sim.FaultDown, sim.FaultEmpty},
		"everything":                    {sim.FaultDown, sim.FaultAppliedBut500, sim.FaultEmpty, sim.FaultTimeout, sim.FaultConflict, sim.FaultPartial},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, kind := range faults {
				w.fault(kind, 1)
			}
			var ids []string
			for range 12 {
				made, err := w.client.Create(t.Context(), plan(), noon)
				if err != nil {
					var e *fivetran.Error
					if !errors.As(err, &e) || e.Permanent() {
						t.Fatalf("given up: %v", err)
					}
					w.now = w.now.Add(time.Minute)
					continue
				}
				ids = append(ids, made.ID)
			}
			if all := w.vendor.Connections(); len(all) != 1 || len(ids) < 12-len(faults) {
				t.Fatalf("%d connections after %v", len(all), ids)
			}
			for _, id := range ids {
				if id != ids[0] {
					t.Errorf("several connections: %v", ids)
				}
			}
		})
	}
}

// It does not lean on Fivetran's refusal where it can see for itself.
func TestCreateAsksForOneOnce(t *testing.T) {
	w := newWorld(t)
	w.fault(sim.FaultAppliedBut500, 1)
	for range 3 {
		if _, err := w.client.Create(t.Context(), plan(), noon); err != nil {
			t.Error(err)
		}
	}
	if n, _ := w.calls.Count(vendor.API, "create_connection"); n != 1 {
		t.Errorf("it was asked for %d times", n)
	}
}

func TestCreateManyAtATime(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := w.client.Create(t.Context(), plan(), noon); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(w.vendor.Connections()); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestCreateTakesNobodyElsesConnection(t *testing.T) {
	w := newWorld(t)
	_, err := w.client.Create(t.Context(), plan(), noon)
	check(t, err)
	for name, tt := range map[string]struct {
		plan  connection.Plan
		since time.Time
	}{
		"to another service":  {plan(func(p *connection.Plan) { p.Service = "mysql" }), noon},
		"older than approval": {plan(), noon.Add(time.Hour)},
		"in other letters":    {plan(func(p *connection.Plan) { p.Schema = "Sales"; p.Config["schema_prefix"] = "Sales" }), noon.Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client.Create(t.Context(), tt.plan, tt.since)
			if e := is(t, err, fivetran.ErrConflict); strings.HasPrefix(name, "in other") != !e.Permanent() {
				t.Errorf("%v, permanent %t", e, e.Permanent())
			}
		})
	}
	// Somebody else's, with the same name, made after the approval.
	other := w.open(renamed{w.hosts})
	_, err = other.Create(t.Context(), plan(), noon)
	is(t, err, fivetran.ErrConflict)
	if n := len(w.vendor.Connections()); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// renamed lets the API key belong to somebody else.
type renamed struct{ next http.RoundTripper }

func (n renamed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/account/info") {
		resp.Body = io.NopCloser(strings.NewReader(`{"code": "Success", "data": {"user_id": "somebody_else"}}`))
	}
	return resp, err
}

func TestCreateIsRefused(t *testing.T) {
	w := newProvokingWorld(t)
	for name, tt := range map[string]struct {
		change func(*connection.Plan)
		want   error
		reason string
	}{
		"the destination is gone":     {func(p *connection.Plan) { p.Group = "gone" }, fivetran.ErrNotFound, "NotFound_Group"},
		"Fivetran lacks the service":  {func(p *connection.Plan) { p.Service = "teapot" }, fivetran.ErrInvalid, "InvalidInput"},
		"a setting nobody knows":      {func(p *connection.Plan) { p.Config["colour"] = "red" }, fivetran.ErrInvalid, "InvalidInput"},
		"nothing to name the schema":  {func(p *connection.Plan) { delete(p.Config, "schema_prefix") }, fivetran.ErrInvalid, "InvalidInput"},
		"something that is no number": {func(p *connection.Plan) { p.Config["port"] = func() {} }, fivetran.ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client.Create(t.Context(), plan(tt.change), noon)
			if e := is(t, err, tt.want); !e.Permanent() || e.Unknown() || e.Reason != tt.reason {
				t.Errorf("%+v", e)
			}
		})
	}
	w.vendor.Rotate("key", "another")
	_, err := w.client.Create(t.Context(), plan(), noon)
	if e := is(t, err, fivetran.ErrForbidden); !e.Permanent() || !strings.Contains(e.Error(), "may have been replaced") {
		t.Errorf("after a key rotation: %v", err)
	}
	if n := len(w.vendor.Connections()); n != 0 {
		t.Errorf("%d connections are half created", n)
	}
}

func TestConnections(t *testing.T) {
	w := newWorld(t)
	want := map[string]int{"": 0, "thicket_confronted": 0, "lantern_quietly": 0}
	for i := range 23 {
		p := plan(func(p *connection.Plan) {
			p.Schema = fmt.Sprintf("s%02d", i)
			p.Config["schema_prefix"] = p.Schema
			if i%3 == 0 {
				p.Group = "lantern_quietly"
			}
		})
		_, err := w.client.Create(t.Context(), p, noon)
		check(t, err)
		want[""]++
		want[p.Group]++
	}
	for group, n := range want {
		all, err := w.client.Connections(t.Context(), group)
		check(t, err)
		if len(all) != n {
			t.Errorf("%q has %d connections, want %d", group, len(all), n)
		}
		for i := 1; i < len(all); i++ {
			if all[i-1].Schema >= all[i].Schema {
				t.Errorf("%q is not sorted", group)
			}
		}
	}
}

func TestFields(t *testing.T) {
	w := newWorld(t)
	got, err := w.client.Fields(t.Context(), "sql_server_rds")
	check(t, err)
	byName := map[string]connection.Field{}
	for _, f := range got {
		byName[f.Name] = f
	}
	for _, want := range []connection.Field{
		{Name: "port", Type: "integer"},
		{Name: "password", Type: "string", Secret: true},
		{Name: "schema_prefix", Type: "string", Required: true},
		{Name: "update_method", Type: "string", Choices: []string{"NATIVE_UPDATE", "TELEPORT"}},
	} {
		if diff := cmp.Diff(want, byName[want.Name]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	_, err = w.client.Fields(t.Context(), "teapot")
	is(t, err, fivetran.ErrNotFound)
}
