package terraform_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/scripts/hcl"
)

// attributes returns of every line that the code logs, by its message, the attributes that each call
// gives it, as far as they are written out.
func attributes(t *testing.T) map[string][][]string {
	t.Helper()
	out := map[string][][]string{}
	for _, dir := range []string{"../functions", "../shared"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 2 {
					return true
				}
				method, ok := call.Fun.(*ast.SelectorExpr)
				message := constant(call.Args[1])
				if !ok || message == "" || !slices.Contains([]string{"InfoContext", "WarnContext", "ErrorContext"}, method.Sel.Name) {
					return true
				}
				names := []string{}
				for i := 2; i < len(call.Args); i += 2 {
					names = append(names, constant(call.Args[i]))
				}
				out[message] = append(out[message], names)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// A metric that takes an attribute which its lines do not have counts everything as one, and an alert
// by that attribute tells nobody which it is. The attribute function comes with the request:
// cloudfn.WithLog.
func TestLinesHaveWhatMetricsTellThemApartBy(t *testing.T) {
	logged := attributes(t)
	for name, value := range as[map[string]any](t, configuration(t).Locals(), "log_metrics") {
		metric := value.(map[string]any)
		for _, message := range texts(t, metric, "message") {
			if len(logged[message]) == 0 {
				t.Errorf("metric %s counts %q, which no function writes", name, message)
			}
			for _, label := range texts(t, metric, "labels") {
				for _, has := range logged[message] {
					if label != "function" && !slices.Contains(has, label) {
						t.Errorf("metric %s tells lines apart by %s; a line %q has %v", name, label, message, has)
					}
				}
			}
		}
	}
}

// googles are the metrics of Google's that are asked for, with the labels of the metric or of its
// resource by which they may be told apart
// (https://cloud.google.com/monitoring/api/metrics_gcp and /monitoring/api/resources). A name that
// there is not gives an empty chart, and an alert that never fires.
var googles = map[string][]string{
	"run_googleapis_com:request_count":                              {"service_name", "response_code_class"},
	"run_googleapis_com:request_latencies_bucket":                   {"service_name", "response_code_class", "le"},
	"pubsub_googleapis_com:subscription_oldest_unacked_message_age": {"subscription_id"},
	"pubsub_googleapis_com:topic_send_request_count":                {"topic_id", "response_class"},
	"cloudtasks_googleapis_com:queue_depth":                         {"queue_id"},
	"cloudtasks_googleapis_com:queue_task_attempt_count":            {"queue_id", "response_code"},
	"cloudtasks_googleapis_com:queue_task_attempt_delays_bucket":    {"queue_id", "le"},
}

// resources are the monitored resources that write these metrics.
var resources = map[string]string{
	"run": "cloud_run_revision", "pubsub:subscription": "pubsub_subscription", "pubsub:topic": "pubsub_topic", "cloudtasks": "cloud_tasks_queue",
	"logging": "cloud_run_revision",
}

var (
	// asked is one metric in a query: what is summed by, the metric, and how it is narrowed down.
	asked  = regexp.MustCompile(`(?:(?:sum|max) ?(?:by \(([a-z_, ]+)\) ?)?\()?(?:(?:increase|rate)\()?(\w+_googleapis_com:\w+)\{([^}]*)\}`)
	within = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// queries returns every query of alerts and of the dashboard, by what it is for, with the names that
// configuration gives to parts of it put in.
func queries(t *testing.T) map[string]string {
	t.Helper()
	locals := configuration(t).Locals()
	put := strings.NewReplacer("${local.log}", text(t, locals, "log"), "${local.run}", text(t, locals, "run"), "${var.name}", "name", "${each.key}", "key", `\"`, `"`)
	out := map[string]string{}
	add := func(name string, query any) {
		if written, ok := query.(hcl.Expression); ok {
			query = string(written)
		}
		out[name] = put.Replace(fmt.Sprint(query))
	}
	for name, alert := range as[map[string]any](t, locals, "alerts") {
		add("alert "+name, alert.(map[string]any)["query"])
	}
	for _, value := range as[[]any](t, locals, "tiles") {
		tile := value.(map[string]any)
		add("tile "+text(t, tile, "title"), tile["query"])
	}
	module, err := hcl.ReadDir(filepath.Join("modules", "function"))
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range module.Of("resource", "google_monitoring_alert_policy") {
		for _, condition := range policy.Body.Of("conditions") {
			for _, language := range condition.Body.Of("condition_prometheus_query_language") {
				add("alert "+policy.Labels[1], language.Body.Attributes["query"])
			}
		}
	}
	return out
}

// Every metric that is alerted on or shown is made, by us or by Google, and has the labels by which
// it is told apart.
func TestQueriesAskForWhatThereIs(t *testing.T) {
	locals := configuration(t).Locals()
	known := maps.Clone(googles)
	for name, value := range as[map[string]any](t, locals, "log_metrics") {
		known[text(t, locals, "log")+"_"+name] = texts(t, value.(map[string]any), "labels")
	}
	known[text(t, locals, "log")+"_errors"] = []string{"function"}
	all := queries(t)
	if want := len(as[map[string]any](t, locals, "alerts")) + len(as[[]any](t, locals, "tiles")) + 1; len(all) != want {
		t.Fatalf("%d queries are looked at, of %d", len(all), want)
	}
	used := map[string]bool{}
	for name, query := range all {
		found := asked.FindAllStringSubmatch(query, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for no metric: %s", name, query)
		}
		for _, match := range found {
			metric := match[2]
			labels, ok := known[metric]
			if !ok {
				t.Errorf("%s asks for %s, which nothing makes", name, metric)
				continue
			}
			used[metric] = true
			for _, label := range strings.FieldsFunc(match[1], func(r rune) bool { return r == ',' || r == ' ' }) {
				if !slices.Contains(labels, label) {
					t.Errorf("%s sums %s by %s; it has %v", name, metric, label, labels)
				}
			}
			narrowed(t, name, metric, match[3], labels)
		}
	}
	for metric := range known {
		if !used[metric] {
			t.Errorf("%s is measured, and nobody looks at it", metric)
		}
	}
}

// narrowed holds the braces of a query against its metric.
func narrowed(t *testing.T, name, metric, braces string, labels []string) {
	t.Helper()
	service, rest, _ := strings.Cut(metric, "_googleapis_com:")
	kind, _, _ := strings.Cut(rest, "_")
	resource := resources[service]
	if resource == "" {
		resource = resources[service+":"+kind]
	}
	of := ""
	for _, pair := range within.FindAllStringSubmatch(braces, -1) {
		switch {
		case pair[1] == "monitored_resource":
			of = pair[2]
		case !slices.Contains(labels, pair[1]):
			t.Errorf("%s narrows %s by %s; it has %v", name, metric, pair[1], labels)
		}
	}
	if of != resource {
		t.Errorf("%s asks for %s of the resource %q, which is written by %q", name, metric, of, resource)
	}
}
