package desk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/handover"
)

// connections is the desk for connections, and the shelf behind it.
type connections struct {
	*office
	*desk.Connection
	shelf *handover.Shelf
}

func connectionDesk(t *testing.T) connections {
	t.Helper()
	return connectionDeskAt(t, open(t))
}

func connectionDeskAt(t *testing.T, o *office) connections {
	t.Helper()
	db, err := embedded.Open("", o.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	q, err := db.Queue(map[string]embedded.Destination{event.QueueFivetran: {Endpoint: "http://nowhere.test/", Limits: queue.Limits{
		Rate: 1, Concurrency: 1, MinBackoff: time.Second, MaxBackoff: time.Minute,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	rules := connection.Policy{Redirect: "https://console.example.com/connected", Services: map[string]connection.Service{
		"mysql": {Required: []string{"host", "port", "schema_prefix", "connection_type"}}, "odd": {Required: []string{"name", "owner"}},
		"delphi": {Required: []string{"host"}},
	}}
	shelf := handover.New(db.Store().Rehearsed(), rules, o.clock)
	err = errors.Join(
		shelf.PutDestinations(t.Context(), []handover.Destination{{ID: "g1", Name: "Snowflake"}, {ID: "g2", Name: "Twin"}, {ID: "g3", Name: "Twin"}}),
		shelf.PutService(t.Context(), "mysql", true, []connection.Field{
			{Name: "connection_type", Type: "string", Choices: []string{"Directly", "SshTunnel"}},
			{Name: "host", Type: "string"},
			{Name: "port", Type: "integer"},
			{Name: "schema_prefix", Type: "string"},
		}),
		shelf.PutService(t.Context(), "delphi", false, nil),
	)
	if err != nil {
		t.Fatal(err)
	}
	return connections{o, &desk.Connection{Counter: o.counter, Rules: rules, Shelf: shelf, Queue: q}, shelf}
}

func filled(more ...string) desk.Values {
	v := desk.Values{
		"service": {"mysql"}, "name": {"sales"}, "group": {"g1"}, "owner": {ken.Email}, "reason": {"Sales reports"},
		"host": {"db.example.com"}, "port": {"3306"}, "schema_prefix": {"sales"}, "connection_type": {"Directly"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		v[more[i]] = []string{more[i+1]}
	}
	return v
}

func TestConnectionForms(t *testing.T) {
	d := connectionDesk(t)
	for _, test := range []struct {
		name string
		v    desk.Values
		want string
	}{
		{"no service", desk.Values{}, "service, name, group, owner, reason"},
		{"a service", desk.Values{"service": {"mysql"}}, "service, name, group, owner, host, port, schema_prefix, connection_type, reason"},
		{"settings that are called like fields", desk.Values{"service": {"odd"}}, "service, name, group, owner, settings.name, settings.owner, reason"},
	} {
		f, err := d.Form(t.Context(), d.aiko(), test.v)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(f); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	f, err := d.Form(t.Context(), d.aiko(), filled())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(f.Fields, func(f desk.Field) bool { return f.Name == "connection_type" })
	if got := f.Fields[i]; got.Kind != desk.Choice || len(got.Options) != 2 || got.Value[0] != "Directly" {
		t.Errorf("a setting with choices: %+v", got)
	}
	destinations := []desk.Option{{Label: "Snowflake", Value: "g1"}, {Label: "Twin", Value: "g2"}, {Label: "Twin", Value: "g3"}}
	if diff := cmp.Diff(destinations, f.Fields[2].Options); diff != "" {
		t.Errorf("the destinations (-want +got):\n%s", diff)
	}
	if !f.Fields[0].Live {
		t.Error("the form does not change with the service")
	}
	var no *desk.Refused
	if _, err := d.Form(t.Context(), d.aiko(), desk.Values{"service": {"salesforce"}}); !errors.As(err, &no) || !strings.Contains(no.Text, "mysql") {
		t.Errorf("an unknown service: %v", err)
	}
	d.Connection.Rules.Services = nil
	if _, err := d.Form(t.Context(), d.aiko(), desk.Values{}); !errors.As(err, &no) {
		t.Errorf("no services: %v", err)
	}
}

// A rule may ask who owns the data: the form opens, and is sent where the owner who is named fits.
func TestTheOwnerWhoIsNamedDecidesWhoMayAsk(t *testing.T) {
	for condition, want := range map[string]struct{ form, own, others bool }{
		"isOwner()": {true, true, false}, "!isOwner()": {true, false, true}, "noOwner()": {}, "!noOwner()": {true, true, true},
	} {
		c, err := policy.ParseCondition(condition)
		if err != nil {
			t.Fatal(err)
		}
		d := connectionDeskAt(t, openBy(t, policy.Model{
			Roles: []policy.Role{{Name: "asker", Policies: []string{"ask"}, Members: []change.Selector{"user:aiko@example.com"}}},
			Policies: []policy.Policy{{Name: "ask", Rules: []policy.Rule{
				{Name: "ask", Effect: policy.Allow, Operations: []policy.Operation{policy.RequestConnection}, Resources: []string{policy.ConnectionResource}, Condition: c},
			}}},
		}))
		may := func(err error) bool {
			var no *desk.Refused
			if err != nil && !errors.As(err, &no) {
				t.Errorf("%s: %v", condition, err)
			}
			return err == nil
		}
		_, opens := d.Form(t.Context(), d.aiko(), desk.Values{})
		own, others := d.Check(t.Context(), d.aiko(), filled("owner", aiko.Email)), d.Check(t.Context(), d.aiko(), filled())
		if may(opens) != want.form || may(own) != want.own || may(others) != want.others {
			t.Errorf("%s: the form: %v, with oneself: %v, with ken: %v", condition, opens, own, others)
		}
		if condition == "isOwner()" && others.Error() != "The policy does not let you ask for a connection to the data of ken@example.com." {
			t.Errorf("refused with %v", others)
		}
	}
}

func TestAFormWithoutDestinations(t *testing.T) {
	d := connectionDesk(t)
	var no *desk.Refused
	if err := d.shelf.PutDestinations(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Form(t.Context(), d.aiko(), desk.Values{}); !errors.As(err, &no) {
		t.Errorf("got %v", err)
	}
	many := make([]handover.Destination, 101)
	for i := range many {
		many[i] = handover.Destination{ID: strings.Repeat("g", i+1), Name: "n"}
	}
	if err := d.shelf.PutDestinations(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	f, err := d.Form(t.Context(), d.aiko(), desk.Values{})
	if err != nil || f.Fields[2].Kind != desk.Text {
		t.Errorf("more than a menu holds: %v, %v", f.Fields[2], err)
	}
}

func TestConnectionChecks(t *testing.T) {
	d := connectionDesk(t)
	for _, test := range []struct {
		name  string
		v     desk.Values
		field string // empty where nothing is wrong
		says  string
	}{
		{"all is well", filled(), "", ""},
		{"the destination by its name", filled("group", "Snowflake"), "", ""},
		{"no name", filled("name", ""), "name", "Please fill this in."},
		{"a name with capitals", filled("name", "Sales DB"), "name", "lower-case"},
		{"no service", filled("service", ""), "service", "fill this in"},
		{"a service that policy does not have", filled("service", "salesforce"), "service", "delphi, mysql, odd"},
		{"a service that the vendor does not have", filled("service", "delphi"), "service", "does not have"},
		{"no destination", filled("group", ""), "group", "fill this in"},
		{"an unknown destination", filled("group", "g9"), "group", "no such destination"},
		{"a name of two destinations", filled("group", "Twin"), "group", "more than one"},
		{"no owner", filled("owner", ""), "owner", "fill this in"},
		{"an owner whom nobody knows", filled("owner", "nobody@example.com"), "owner", "not in the directory"},
		{"an owner by id", filled("owner", "2"), "owner", "not in the directory"},
		{"no reason", filled("reason", ""), "reason", "fill this in"},
		{"a missing setting", filled("host", ""), "host", "fill this in"},
		{"a port that is none", filled("port", "99999"), "port", "65535"},
		{"a choice that there is not", filled("connection_type", "Magic"), "connection_type", "Directly, SshTunnel"},
		{"a password", filled("password", "hunter2"), "password", "credential"},
		{"a password in a setting", filled("host", "Server=x;Password=hunter2"), "host", "credential"},
		{"a token in the reason", filled("reason", "https://a:hunter2@db.example.com"), "reason", "credential"},
		{"a setting that is not asked for", filled("sudo", "yes"), "sudo", "no such setting"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := d.Check(t.Context(), d.aiko(), test.v)
			var wrong *desk.Invalid
			switch {
			case test.field == "" && err != nil:
				t.Errorf("got %v", err)
			case test.field == "":
			case !errors.As(err, &wrong), !strings.Contains(wrong.Fields[test.field], test.says):
				t.Errorf("got %v, want %q at %s", err, test.says, test.field)
			case strings.Contains(err.Error(), "hunter2"):
				t.Errorf("what was typed in is said again: %v", err)
			}
		})
	}
	var wrong *desk.Invalid
	if err := d.Check(t.Context(), d.japanese(d.aiko()), filled("host", "")); !errors.As(err, &wrong) || wrong.Fields["host"] != "ご記入ください。" {
		t.Errorf("in Japanese: %v", err)
	}
}

func TestAConnectionIsProposed(t *testing.T) {
	d := connectionDesk(t)
	for range 2 { // the same request again is one request
		if err := d.Submit(t.Context(), "request-1", d.aiko(), filled()); err != nil {
			t.Fatal(err)
		}
	}
	all := d.latest(t)
	if len(all) != 1 {
		t.Fatalf("%d changes, want one", len(all))
	}
	c := all[0]
	var r connection.Request
	if err := json.Unmarshal(c.Detail, &r); err != nil {
		t.Fatal(err)
	}
	want := connection.Request{
		Service: "mysql", Group: "g1", Name: "sales", Owner: ken.ID, Reason: "Sales reports",
		Settings: map[string]string{"host": "db.example.com", "port": "3306", "schema_prefix": "sales", "connection_type": "Directly"},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Kind != change.ConnectionCreate || c.Target.Name != "sales" || c.Requester.ID != aiko.ID || !slices.Equal(c.Owners, []change.Selector{"user:ken@example.com"}) {
		t.Errorf("proposed %+v", c)
	}
	shown := map[string]string{}
	for _, delta := range c.Diff {
		shown[delta.Field] = delta.After
	}
	facts := map[string]string{"service": "mysql", "destination": "Snowflake", "owner": ken.Email}
	maps.Copy(facts, want.Settings)
	if diff := cmp.Diff(facts, shown); diff != "" {
		t.Errorf("what is decided about (-want +got):\n%s", diff)
	}
}

func TestANewLink(t *testing.T) {
	d := connectionDesk(t)
	c := change.Change{ID: "c1", Kind: change.ConnectionCreate}
	begin := func(verbs ...connection.Event) {
		t.Helper()
		h := connection.Begin("c1", connection.Request{Name: "sales", Owner: ken.ID}, connection.Plan{}, aiko.ID, d.now)
		if err := d.shelf.Begin(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		for _, e := range verbs {
			if _, _, err := d.shelf.Apply(t.Context(), "c1", e, aikoActor(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var no *desk.Refused
	if err := d.Press(t.Context(), "p0", d.ken(), c); !errors.As(err, &no) {
		t.Errorf("of nothing: %v", err)
	}
	begin(connection.Event{Verb: connection.VerbCreate, Connection: "k"}, connection.Event{Verb: connection.VerbHand})
	stranger := d.aiko()
	stranger.Person.ID = "3"
	if err := d.Press(t.Context(), "p1", stranger, c); !errors.As(err, &no) {
		t.Errorf("by a stranger: %v", err)
	}
	for i, a := range []desk.Asker{d.aiko(), d.ken()} {
		d.now = d.now.Add(time.Hour)
		if err := d.Press(t.Context(), fmt.Sprintf("p2-%d", i), a, c); err != nil {
			t.Errorf("by %s: %v", a.Person.Email, err)
		}
		if h, err := d.shelf.Get(t.Context(), "c1"); err != nil || !h.Linked.Equal(d.now) {
			t.Errorf("the link is of %s, %v", h.Linked, err)
		}
	}
	// A press that counted and arrives again gives no newer link, and is not refused when the owner
	// has come further meanwhile.
	linked := d.now
	d.now = d.now.Add(time.Hour)
	if err := d.Press(t.Context(), "p2-1", d.ken(), c); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if h, err := d.shelf.Get(t.Context(), "c1"); err != nil || !h.Linked.Equal(linked) {
		t.Errorf("the link is of %s, %v; want %s", h.Linked, err, linked)
	}
	if _, _, err := d.shelf.Apply(t.Context(), "c1", connection.Event{Verb: connection.VerbEnd}, aikoActor(d)); err != nil {
		t.Fatal(err)
	}
	if err := d.Press(t.Context(), "p2-1", d.ken(), c); err != nil {
		t.Errorf("the same again after the end: %v", err)
	}
	if err := d.Press(t.Context(), "p3", d.ken(), c); !errors.As(err, &no) {
		t.Errorf("after the end: %v", err)
	}
	if err := d.Press(t.Context(), "p4", d.ken(), change.Change{ID: "c1", Kind: change.AccessGrant}); !errors.As(err, &no) {
		t.Errorf("of another kind: %v", err)
	}
}

func aikoActor(d connections) change.Actor { return d.aiko().Actor() }

// Two people cannot have the same name decided about at once; the same person may send again what
// may not have arrived.
func TestANameThatSomebodyAskedFor(t *testing.T) {
	d := connectionDesk(t)
	if err := d.Submit(t.Context(), "first", d.aiko(), filled()); err != nil {
		t.Fatal(err)
	}
	var wrong *desk.Invalid
	if err := d.Check(t.Context(), d.ken(), filled()); !errors.As(err, &wrong) || !strings.Contains(wrong.Fields["name"], "asked for") {
		t.Errorf("somebody else: %v", err)
	}
	if err := d.Submit(t.Context(), "first", d.aiko(), filled()); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if got := len(d.latest(t)); got != 1 {
		t.Errorf("%d changes, want 1", got)
	}
}
