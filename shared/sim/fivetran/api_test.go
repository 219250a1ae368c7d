package fivetran_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestNewNeedsItsOptions(t *testing.T) {
	if _, err := fivetran.New(fivetran.Options{Company: &org.Company{}, Now: time.Now}); err == nil {
		t.Error("an account without an API key")
	}
}

func TestWhoMayAsk(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
		code   string
	}{
		"no key":               {func(r *http.Request) { r.Header.Del("Authorization") }, 401, "AuthFailed"},
		"a bearer token":       {func(r *http.Request) { r.Header.Set("Authorization", "Bearer key") }, 401, "AuthFailed"},
		"another key":          {func(r *http.Request) { r.SetBasicAuth("key2", "secret") }, 401, "AuthFailed"},
		"another secret":       {func(r *http.Request) { r.SetBasicAuth("key", "secret2") }, 401, "AuthFailed"},
		"the key":              {func(*http.Request) {}, 200, "Success"},
		"another version":      {func(r *http.Request) { r.Header.Set("Accept", "application/json;version=3") }, 406, "NotAcceptable"},
		"another type":         {func(r *http.Request) { r.Header.Set("Accept", "text/xml") }, 406, "NotAcceptable"},
		"any type":             {func(r *http.Request) { r.Header.Set("Accept", "text/html, */*;q=0.1") }, 200, "Success"},
		"an old version":       {func(r *http.Request) { r.Header.Set("Accept", "application/json;version=1") }, 200, "Success"},
		"no type":              {func(r *http.Request) { r.Header.Del("Accept") }, 200, "Success"},
		"a query nobody knows": {func(r *http.Request) { r.URL.RawQuery = "colour=red" }, 400, "InvalidInput"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(tt.status, tt.code, "GET", "/v1/groups", nil, tt.change)
		})
	}
	w.t = t
	w.vendor.Rotate("key", "new")
	w.want(401, "AuthFailed", "GET", "/v1/groups", nil)
}

func TestPathsAndMethods(t *testing.T) {
	w := newWorld(t)
	w.want(404, "NotFound", "GET", "/v1/grooups", nil)
	w.want(405, "MethodNotAllowed", "DELETE", "/v1/groups", nil)
	w.want(404, "NotFound_Group", "GET", "/v1/groups/nowhere", nil)
	w.want(404, "NotFound_Group", "GET", "/v1/groups/nowhere/connections", nil)
	w.want(404, "NotFound_Connection", "GET", "/v1/connections/nothing", nil)
	w.want(404, "NotFound_Connection", "DELETE", "/v1/connections/nothing", nil)
	w.want(404, "NotFound_Connection", "PATCH", "/v1/connections/nothing", object{"paused": true})
	w.want(404, "NotFound_Connection", "POST", "/v1/connections/nothing/test", object{})
	w.want(404, "NotFound_Connection", "POST", "/v1/connections/nothing/sync", object{})
	w.want(404, "NotFound_Connection", "POST", "/v1/connections/nothing/connect-card", object{"connect_card_config": object{"redirect_uri": "https://x.example/"}})
	w.want(404, "NotFound_Service", "GET", "/v1/metadata/connector-types/teapot", nil)
	w.want(415, "UnsupportedMediaType", "POST", "/v1/connections", "x", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
	if got := w.ok("GET", "/v1/account/info", nil).Data["user_id"]; got != "careful_keeper" {
		t.Errorf("the key belongs to %v", got)
	}
	if n := len(w.vendor.Operations()); n != 21 {
		t.Errorf("%d operations", n)
	}
}

func TestGroupsAndServices(t *testing.T) {
	w := newWorld(t)
	var names []string
	for _, item := range w.ok("GET", "/v1/groups", nil).Data["items"].([]any) {
		names = append(names, fmt.Sprint(item.(map[string]any)["id"], " ", item.(map[string]any)["name"]))
	}
	if diff := cmp.Diff([]string{"thicket_confronted Snowflake_prod", "lantern_quietly BigQuery_dev"}, names); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	services := w.ok("GET", "/v1/metadata/connector-types", nil).Data["items"].([]any)
	for _, item := range services {
		id := item.(map[string]any)["id"].(string)
		config := w.ok("GET", "/v1/metadata/connector-types/"+id, nil).Data["config"].(map[string]any)
		if len(config["required"].([]any)) == 0 || len(config["properties"].(map[string]any)) < 3 {
			t.Errorf("%s: %v", id, config)
		}
	}
	rds := w.ok("GET", "/v1/metadata/connector-types/sql_server_rds", nil).Data["config"].(map[string]any)["properties"].(map[string]any)
	if rds["password"].(map[string]any)["format"] != "password" || rds["port"].(map[string]any)["type"] != "integer" {
		t.Errorf("got %v", rds)
	}
}

func TestCreate(t *testing.T) {
	w := newWorld(t)
	got := w.want(201, "Success", "POST", "/v1/connections", asked())
	d := got.Data
	for name, want := range map[string]any{
		"service": "sql_server_rds", "schema": "sales", "paused": true, "group_id": "thicket_confronted", "sync_frequency": 360.0, "succeeded_at": nil, "created_at": "2026-11-22T00:00:00.000000Z",
		"connected_by": "careful_keeper", "setup_tests": nil,
	} {
		if diff := cmp.Diff(want, d[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	status := d["status"].(map[string]any)
	if status["setup_state"] != "incomplete" || status["sync_state"] != "paused" {
		t.Errorf("status %v", status)
	}
	u, err := url.Parse(d["connect_card"].(map[string]any)["uri"].(string))
	check(t, err)
	q := u.Query()
	if u.Scheme+"://"+u.Host+u.Path != "https://fivetran.com/connect-card/setup" || q.Get("redirect_uri") != "https://console.example.com/connected?state=s1" ||
		q.Get("auth") != d["connect_card"].(map[string]any)["token"] || q.Get("hide_setup_guide") != "true" {
		t.Errorf("card %s", u)
	}
	if c, ok := w.vendor.Connection("SALES"); !ok || c.ID != d["id"] || !c.Is("incomplete") || !c.Is("paused") || c.Is("connected") || c.Authorized {
		t.Errorf("the truth is %+v", c)
	}
}

func TestCreateIsRefused(t *testing.T) {
	w := newWorld(t)
	w.create()
	for name, tt := range map[string]struct {
		change []func(object)
		status int
		code   string
	}{
		"no group":                       {[]func(object){without("group_id")}, 400, "InvalidInput"},
		"a group that is gone":           {[]func(object){set("group_id", "gone")}, 404, "NotFound_Group"},
		"no service":                     {[]func(object){without("service")}, 400, "InvalidInput"},
		"an unknown service":             {[]func(object){set("service", "teapot")}, 400, "InvalidInput"},
		"no way of naming":               {[]func(object){without("destination_schema_names")}, 400, "InvalidInput"},
		"another way of naming":          {[]func(object){set("destination_schema_names", "MY_NAMING")}, 400, "InvalidInput"},
		"a frequency that there is not":  {[]func(object){set("sync_frequency", 7)}, 400, "InvalidInput"},
		"a schedule that there is not":   {[]func(object){set("schedule_type", "sometimes")}, 400, "InvalidInput"},
		"an unknown field":               {[]func(object){set("colour", "red")}, 400, "InvalidInput"},
		"a wrong type":                   {[]func(object){set("paused", "yes")}, 400, "InvalidInput"},
		"an unknown setting":             {[]func(object){set("config.colour", "red")}, 400, "InvalidInput"},
		"text for a number":              {[]func(object){set("config.port", "1433")}, 400, "InvalidInput"},
		"a fraction for a whole number":  {[]func(object){set("config.port", 1.5)}, 400, "InvalidInput"},
		"a choice that there is not":     {[]func(object){set("config.update_method", "MAGIC")}, 400, "InvalidInput"},
		"no schema":                      {[]func(object){set("config", object{})}, 400, "InvalidInput"},
		"the same schema":                {nil, 409, "Conflict"},
		"the same schema in capitals":    {[]func(object){set("config.schema_prefix", "SALES")}, 409, "Conflict"},
		"a card without a way back":      {[]func(object){set("config.schema_prefix", "b"), set("connect_card_config", object{})}, 400, "InvalidInput"},
		"a card that leads to a script":  {[]func(object){set("config.schema_prefix", "b"), set("connect_card_config", object{"redirect_uri": "javascript:x"})}, 400, "InvalidInput"},
		"the same schema in other group": {[]func(object){set("group_id", "lantern_quietly")}, 201, "Success"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(tt.status, tt.code, "POST", "/v1/connections", asked(tt.change...))
		})
	}
	w.t = t
	w.want(400, "InvalidInput", "POST", "/v1/connections", "")
	w.want(400, "InvalidInput", "POST", "/v1/connections", "{")
	w.want(400, "InvalidInput", "POST", "/v1/connections", "{}{}")
	if n := len(w.vendor.Connections()); n != 5 {
		t.Errorf("%d connections: something was half created", n)
	}
}

func TestSchemasOfTablesAndFiles(t *testing.T) {
	w := newWorld(t)
	for service, config := range map[string]object{
		"google_sheets": {"schema": "finance", "table": "plan", "sheet_id": "1"},
		"s3":            {"schema": "files", "table_group_name": "logs", "bucket": "b"},
		"klaviyo":       {"schema": "mails", "reports": []any{}},
	} {
		w.want(201, "Success", "POST", "/v1/connections", asked(set("service", service), set("config", config)))
	}
	var names []string
	for _, c := range w.vendor.Connections() {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"files.logs", "finance.budget", "finance.plan", "legacy_crm", "mails", "parked"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListings(t *testing.T) {
	w := newWorld(t)
	for i := range 25 {
		w.create(set("config.schema_prefix", fmt.Sprintf("s%02d", i)))
	}
	for _, path := range []string{"/v1/connections?group_id=thicket_confronted", "/v1/groups/thicket_confronted/connections?"} {
		var ids []string
		cursor := ""
		for range 10 {
			data := w.ok("GET", path+"&limit=10&cursor="+url.QueryEscape(cursor), nil).Data
			for _, item := range data["items"].([]any) {
				ids = append(ids, item.(map[string]any)["id"].(string))
			}
			cursor, _ = data["next_cursor"].(string)
			if cursor == "" {
				break
			}
		}
		if len(ids) != 26 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 26 {
			t.Errorf("%s: %d connections: %v", path, len(ids), ids)
		}
	}
	cursor := url.QueryEscape(w.ok("GET", "/v1/connections?limit=1", nil).Data["next_cursor"].(string))
	for _, bad := range []string{"limit=0", "limit=1001", "limit=many", "cursor=nonsense", "group_id=thicket_confronted&cursor=" + cursor} {
		w.want(400, "InvalidInput", "GET", "/v1/connections?"+bad, nil)
	}
	for query, want := range map[string]int{"schema=s07": 1, "schema=s0": 0, "schema=s07&group_id=lantern_quietly": 0, "group_id=nowhere": 0, "schema=": 0} {
		if got := len(w.ok("GET", "/v1/connections?"+query, nil).Data["items"].([]any)); got != want {
			t.Errorf("%s: %d connections, want %d", query, got, want)
		}
	}
}

func TestModify(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create()
	path := "/v1/connections/" + id
	for name, body := range map[string]object{
		"nothing that stays":        {"run_setup_tests": true, "trust_certificates": true},
		"nothing":                   {},
		"an unknown field":          {"paused": false, "colour": "red"},
		"another name":              {"config": object{"schema_prefix": "b"}},
		"a bad frequency, all else": {"paused": false, "sync_frequency": 7},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.want(400, "InvalidInput", "PATCH", path, body) })
	}
	w.t = t
	if _, sync := w.state(id); sync != "paused" {
		t.Error("a refused change was made in part")
	}
	d := w.ok("PATCH", path, object{"sync_frequency": 60, "config": object{"host": "db2.example.com", "schema_prefix": "sales"}, "run_setup_tests": false}).Data
	if d["sync_frequency"] != 60.0 || d["config"].(map[string]any)["host"] != "db2.example.com" || d["setup_tests"] != nil {
		t.Errorf("got %v", d)
	}
	if d := w.ok("PATCH", path, object{"sync_frequency": 30}).Data; d["setup_tests"] == nil {
		t.Error("a change that does not say ran no tests")
	}
}

func TestFaults(t *testing.T) {
	for kind, want := range map[sim.FaultKind]int{sim.FaultDown: 503, sim.Fault429: 429, sim.Fault403Quota: 429, sim.Fault500: 500, sim.FaultConflict: 409} {
		w := newWorld(t)
		w.faults.Add(sim.Fault{API: fivetran.API, Kind: kind, Rate: 1, Left: 1})
		got, err := w.send("POST", "/v1/connections", asked())
		check(t, err)
		if got.status != want || (want == 429) != (got.header.Get("Retry-After") == "60") {
			t.Errorf("%s: got %d %s", kind, got.status, got.raw)
		}
		if _, made := w.vendor.Connection("sales"); made {
			t.Errorf("%s: the connection was made", kind)
		}
		w.create()
	}
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: fivetran.API, Kind: sim.FaultAppliedBut500, Rate: 1, Left: 1})
	w.want(500, "InternalError", "POST", "/v1/connections", asked())
	if _, made := w.vendor.Connection("sales"); !made {
		t.Error("applied-but-500: it was not made")
	}
	w.want(409, "Conflict", "POST", "/v1/connections", asked())
	w.faults.Add(sim.Fault{API: fivetran.API, Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	if _, err := w.send("GET", "/v1/groups", nil); !errors.Is(err, sim.ErrDropped) {
		t.Errorf("timeout: %v", err)
	}
	for kind, want := range map[sim.FaultKind]int{sim.FaultPartial: 2, sim.FaultEmpty: 0} {
		w.faults.Add(sim.Fault{API: fivetran.API, Kind: kind, Rate: 1, Left: 1})
		data := w.ok("GET", "/v1/connections?limit=4", nil).Data
		if len(data["items"].([]any)) != want || data["next_cursor"] != nil {
			t.Errorf("%s: %v", kind, data)
		}
	}
	var lines []string
	for _, tally := range w.calls.Tallies() {
		lines = append(lines, fmt.Sprint(tally.API, ".", tally.Method, " ", tally.ByStatus))
	}
	want := []string{"fivetran.create_connection map[409:1 500:1]", "fivetran.list_all_groups map[0:1]", "fivetran.list_connections map[200:2]"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create()
	for range 250 {
		w.ok("POST", "/v1/connections/"+id+"/test", object{})
	}
	got := w.want(429, "TooManyRequests", "POST", "/v1/connections/"+id+"/test", object{})
	if got.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
	}
	w.want(429, "TooManyRequests", "PATCH", "/v1/connections/"+id, object{"paused": true})
	w.ok("PATCH", "/v1/connections/"+id, object{"paused": true, "run_setup_tests": false})
	w.advance(time.Minute)
	w.ok("POST", "/v1/connections/"+id+"/test", object{})
	w.vendor.Quota().Set(1, time.Hour)
	w.ok("GET", "/v1/groups", nil)
	if got := w.want(429, "TooManyRequests", "GET", "/v1/groups", nil); got.header.Get("Retry-After") != "3600" {
		t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
	}
	if _, refused := w.calls.Count(fivetran.API, ""); refused != 3 {
		t.Errorf("%d requests counted as refused", refused)
	}
}

func TestTheSameSeedGivesTheSameAccount(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	idA, cardA := a.create()
	idB, cardB := b.create()
	if idA != idB || cardA != cardB {
		t.Errorf("%s and %s, %s and %s", idA, idB, cardA, cardB)
	}
	c := newWorld(t, func(o *fivetran.Options) { o.Seed = 2 })
	if _, cardC := c.create(); cardC == cardA {
		t.Error("another seed gives the same card")
	}
	if !strings.Contains(idA, "_") {
		t.Errorf("id %s", idA)
	}
}
