package connection_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

// policy has services of each form that the vendor has for the name of a schema.
func policy() connection.Policy {
	return connection.Policy{
		Redirect: own + "/connected", SyncFrequency: 360, TrustCertificates: true,
		Services: map[string]connection.Service{
			"sql_server_rds": {Required: []string{"host", "port", "database", "schema_prefix"}, Config: map[string]any{"update_method": "TELEPORT"}},
			"google_sheets":  {Required: []string{"schema", "table", "sheet_id"}},
			"klaviyo":        {},
			"pipes": {
				Required: []string{"batch", "ratio", "live", "regions", "mode"},
				Config:   map[string]any{"nested": map[string]any{"list": []any{"a", 1.0}}},
			},
		},
	}
}

func request(change ...func(*connection.Request)) connection.Request {
	r := connection.Request{
		Service: "sql_server_rds", Group: "thicket_confronted", Name: "sales_db", Owner: "1001", Reason: "https://example.com/tickets/12",
		Settings: map[string]string{"host": "db.example.com", "port": "1433", "database": "Sales", "schema_prefix": "sales"},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func with(name, value string) func(*connection.Request) {
	return func(r *connection.Request) { r.Settings[name] = value }
}

func codes(problems []connection.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%s %s", p.Field, p.Code))
	}
	return out
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*connection.Request)
		want   []string
	}{
		"a whole request":    {func(*connection.Request) {}, nil},
		"nothing at all":     {func(r *connection.Request) { *r = connection.Request{} }, []string{"group missing", "name missing", "owner missing", "reason missing", "service missing"}},
		"an unknown service": {func(r *connection.Request) { r.Service = "mysql" }, []string{"service unknown-service"}},
		"settings that are missing or blank": {
			func(r *connection.Request) { r.Settings = map[string]string{"host": "  "} },
			[]string{"settings.database missing", "settings.host missing", "settings.port missing", "settings.schema_prefix missing"},
		},
		"a setting nobody asked for":       {with("colour", "red"), []string{"settings.colour not-a-setting"}},
		"a setting that the policy fixes":  {with("update_method", "NATIVE_UPDATE"), []string{"settings.update_method not-a-setting"}},
		"a password":                       {with("password", "hunter2"), []string{"settings.password secret-name"}},
		"an empty password":                {with("password", ""), []string{"settings.password secret-name"}},
		"a nested secret":                  {with("auth.client_access.client_secret", "x"), []string{"settings.auth.client_access.client_secret secret-name"}},
		"a connection string for the host": {with("host", "postgres://u:p@db.example.com/x"), []string{"settings.host secret-value"}},
		"a key in the reason":              {func(r *connection.Request) { r.Reason = "the password=hunter2" }, []string{"reason secret-value"}},
		"an address for the host":          {with("host", "https://db.example.com/"), []string{"settings.host host"}},
		"an IPv4 address":                  {with("host", "10.1.2.3"), nil},
		"an IPv6 address":                  {with("host", "2001:db8::1"), nil},
		"a bad label":                      {with("host", "db..example.com"), []string{"settings.host host"}},
		"a host that is too long":          {with("host", strings.Repeat("a.", 130)), []string{"settings.host host"}},
		"a port that is a word":            {with("port", "https"), []string{"settings.port port"}},
		"port 0":                           {with("port", "0"), []string{"settings.port port"}},
		"port 65536":                       {with("port", "65536"), []string{"settings.port port"}},
		"a port with a sign":               {with("port", "+1433"), []string{"settings.port port"}},
		"a port with a zero":               {with("port", "01433"), []string{"settings.port port"}},
		"a schema in capitals":             {with("schema_prefix", "Sales"), []string{"settings.schema_prefix name"}},
		"a line end":                       {with("database", "a\nb"), []string{"settings.database text"}},
		"a line separator":                 {with("database", "a\u2028b"), []string{"settings.database text"}},
		"bytes that are no text":           {with("database", "a\xffb"), []string{"settings.database text"}},
		"too much text":                    {with("database", strings.Repeat("ä", 1001)), []string{"settings.database too-long"}},
		"as much as fits":                  {with("database", strings.Repeat("ä", 1000)), nil},
		"a name in capitals":               {func(r *connection.Request) { r.Name = "Sales" }, []string{"name name"}},
		"a name with a space":              {func(r *connection.Request) { r.Name = "sales db" }, []string{"name name"}},
		"a name that begins with a digit":  {func(r *connection.Request) { r.Name = "1sales" }, []string{"name name"}},
		"a name in other letters":          {func(r *connection.Request) { r.Name = "売上" }, []string{"name name"}},
		"a name that is too long":          {func(r *connection.Request) { r.Name = strings.Repeat("a", 64) }, []string{"name name"}},
		"a name with a line end":           {func(r *connection.Request) { r.Name = "sales\n" }, []string{"name name"}},
		"a blank owner":                    {func(r *connection.Request) { r.Owner = " " }, []string{"owner missing"}},
		"a reason over two lines":          {func(r *connection.Request) { r.Reason = "a\r\nb" }, []string{"reason text"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(tt.change)
			if diff := cmp.Diff(tt.want, codes(policy().Check(r))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if plan, problems := policy().Plan(r, nil); (len(problems) > 0) != (len(tt.want) > 0) || len(problems) > 0 && plan.Config != nil {
				t.Errorf("plan %+v, problems %v", plan, problems)
			}
		})
	}
}

func TestProblemsSayNothingOfWhatWasTyped(t *testing.T) {
	r := request(with("password", "hunter2"), with("host", "postgres://u:hunter2@h"), with("database", "hunter2\n"), with("port", "hunter2"))
	for _, p := range policy().Check(r) {
		if strings.Contains(p.Error(), "hunter2") || strings.Contains(fmt.Sprintf("%+v", p), "hunter2") {
			t.Errorf("%v", p)
		}
	}
}

func TestEveryCodeHasAText(t *testing.T) {
	for _, code := range connection.Codes() {
		if got := (connection.Problem{Field: "f", Code: code}).Error(); got == "f " {
			t.Errorf("%s has none", code)
		}
	}
	p := connection.Problem{Field: "service", Code: connection.UnknownService, Choices: []string{"a", "b"}}
	if got, want := p.Error(), "service is not a service that the policy has: a, b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWithoutAPolicyNothingCanBeAskedFor(t *testing.T) {
	want := []string{"service no-redirect", "service unknown-service"}
	if diff := cmp.Diff(want, codes(connection.Policy{}.Check(request()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlan(t *testing.T) {
	sqlServer := []connection.Field{
		{Name: "host", Type: "string"},
		{Name: "port", Type: "integer"},
		{Name: "database", Type: "string"},
		{Name: "schema_prefix", Type: "string", Required: true},
		{Name: "update_method", Type: "string", Choices: []string{"NATIVE_UPDATE", "TELEPORT"}},
		{Name: "password", Type: "string", Secret: true},
	}
	for name, tt := range map[string]struct {
		request  connection.Request
		fields   []connection.Field
		schema   string
		config   map[string]any
		problems []string
	}{
		"with a prefix": {
			request(), nil, "sales",
			map[string]any{"host": "db.example.com", "port": int64(1433), "database": "Sales", "schema_prefix": "sales", "update_method": "TELEPORT"},
			nil,
		},
		"the same with the vendor's fields": {
			request(), sqlServer, "sales",
			map[string]any{"host": "db.example.com", "port": int64(1433), "database": "Sales", "schema_prefix": "sales", "update_method": "TELEPORT"},
			nil,
		},
		"the vendor wants other types": {
			request(),
			[]connection.Field{{Name: "host", Type: "string"}, {Name: "port", Type: "string"}, {Name: "database", Type: "integer"}, {Name: "schema_prefix"}},
			"",
			nil,
			[]string{"settings.database number"},
		},
		"the vendor treats a setting as a credential": {
			request(),
			[]connection.Field{{Name: "host", Secret: true}, {Name: "port"}, {Name: "database"}, {Name: "schema_prefix"}},
			"",
			nil,
			[]string{"settings.host secret-name"},
		},
		"the vendor does not know a setting": {
			request(),
			[]connection.Field{{Name: "host"}, {Name: "database"}, {Name: "schema_prefix"}},
			"",
			nil,
			[]string{"settings.port not-a-setting"},
		},
		"schema and table": {
			connection.Request{Service: "google_sheets", Group: "g", Name: "budget", Owner: "1", Reason: "r", Settings: map[string]string{"schema": "finance", "table": "budget", "sheet_id": " 1x2 "}},
			nil, "finance.budget",
			map[string]any{"schema": "finance", "table": "budget", "sheet_id": "1x2"},
			nil,
		},
		"named by its name": {
			connection.Request{Service: "klaviyo", Group: "g", Name: "mails", Owner: "1", Reason: "r"},
			nil, "mails",
			map[string]any{"schema": "mails"},
			nil,
		},
		"named by its name where the vendor wants a prefix": {
			connection.Request{Service: "klaviyo", Group: "g", Name: "mails", Owner: "1", Reason: "r"},
			[]connection.Field{{Name: "schema_prefix", Required: true}},
			"mails",
			map[string]any{"schema_prefix": "mails"},
			nil,
		},
		"all types": {
			connection.Request{Service: "pipes", Group: "g", Name: "p", Owner: "1", Reason: "r", Settings: map[string]string{"batch": "500", "ratio": "0.5", "live": "true", "regions": "eu, us", "mode": "FAST"}},
			[]connection.Field{{Name: "batch", Type: "integer"}, {Name: "ratio", Type: "number"}, {Name: "live", Type: "boolean"}, {Name: "regions", Type: "array"}, {Name: "mode", Choices: []string{"SLOW", "FAST"}}, {Name: "schema"}},
			"p",
			map[string]any{
				"batch": int64(500), "ratio": 0.5, "live": true, "regions": []any{"eu", "us"}, "mode": "FAST", "schema": "p",
				"nested": map[string]any{"list": []any{"a", 1.0}},
			},
			nil,
		},
		"all types wrong": {
			connection.Request{Service: "pipes", Group: "g", Name: "p", Owner: "1", Reason: "r", Settings: map[string]string{"batch": "1.5", "ratio": "NaN", "live": "yes", "regions": "{}", "mode": "TURBO"}},
			[]connection.Field{{Name: "batch", Type: "integer"}, {Name: "ratio", Type: "number"}, {Name: "live", Type: "boolean"}, {Name: "regions", Type: "object"}, {Name: "mode", Choices: []string{"SLOW", "FAST"}}},
			"", nil,
			[]string{"settings.batch number", "settings.live choice", "settings.mode choice", "settings.ratio number", "settings.regions not-a-setting"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := policy().Plan(tt.request, tt.fields)
			if diff := cmp.Diff(tt.problems, codes(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			want := connection.Plan{}
			if len(tt.problems) == 0 {
				want = connection.Plan{
					Group: tt.request.Group, Service: tt.request.Service, Schema: tt.schema, Config: tt.config,
					Redirect: own + "/connected", SyncFrequency: 360, TrustCertificates: true,
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// What is the same for all connections comes from the policy.
func TestAPlanHasWhatThePolicySays(t *testing.T) {
	for _, yes := range []bool{true, false} {
		p := policy()
		p.Redirect, p.SyncFrequency, p.TrustCertificates, p.TrustFingerprints = "https://console.example.com/back", 15, yes, !yes
		got, problems := p.Plan(request(), nil)
		want := connection.Plan{
			Group: got.Group, Service: got.Service, Schema: got.Schema, Config: got.Config,
			Redirect: p.Redirect, SyncFrequency: 15, TrustCertificates: yes, TrustFingerprints: !yes,
		}
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 || got.Group != request().Group || got.Service != request().Service {
			t.Errorf("(-want +got):\n%s%v", diff, problems)
		}
	}
}

func TestAPlanIsACopy(t *testing.T) {
	p := policy()
	r := connection.Request{Service: "pipes", Group: "g", Name: "p", Owner: "1", Reason: "r", Settings: map[string]string{"batch": "1", "ratio": "1", "live": "1", "regions": "1", "mode": "1"}}
	plan, problems := p.Plan(r, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	plan.Config["nested"].(map[string]any)["list"].([]any)[0] = "changed"
	if diff := cmp.Diff(policy(), p); diff != "" {
		t.Errorf("the policy changed (-want +got):\n%s", diff)
	}
}

func TestSyncFrequencies(t *testing.T) {
	connection.SyncFrequencies()[0] = 7
	if got := connection.SyncFrequencies()[0]; got != 1 {
		t.Errorf("somebody else's list: %d", got)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("sql_server_rds", "sales", "host", "db.example.com", "reason")
	f.Add("klaviyo", "n", "__", "x", "\xff")
	f.Fuzz(func(t *testing.T, service, name, setting, value, reason string) {
		r := request(func(r *connection.Request) { r.Service, r.Name, r.Reason = service, name, reason }, with(setting, value))
		problems := policy().Check(r)
		plan, more := policy().Plan(r, nil)
		switch {
		case len(problems) > 0 && plan.Config != nil:
			t.Errorf("a plan in spite of %v", problems)
		case len(problems) > 0 || len(more) > 0:
		default:
			for setting, value := range plan.Config {
				text, _ := value.(string)
				if connection.LooksSecret(setting) || connection.LooksSecretValue(text) {
					t.Errorf("the plan has %s = %q", setting, text)
				}
			}
		}
	})
}
