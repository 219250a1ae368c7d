// Package terraform_test holds the Terraform configuration against the code: what is deployed
// is what the all-in-one program runs, and nobody has a role that its function does not name.
// What Terraform makes of the configuration is asserted in tests/.
package terraform_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"

	"github.com/sekisho/sekisho/scripts/hcl"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

func configuration(t *testing.T) hcl.Body {
	t.Helper()
	body, err := hcl.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// modules returns the blocks of the functions, by name.
func modules(t *testing.T) map[string]hcl.Body {
	t.Helper()
	out := map[string]hcl.Body{}
	for _, block := range configuration(t).Of("module") {
		if block.Body.Attributes["source"] == "./modules/function" {
			out[block.Labels[0]] = block.Body
		}
	}
	return out
}

// text, number, list and object return an attribute as what it must be where it is written out.
func text(t *testing.T, attributes map[string]any, name string) string {
	t.Helper()
	return as[string](t, attributes, name)
}

func as[T any](t *testing.T, attributes map[string]any, name string) T {
	t.Helper()
	value, ok := attributes[name].(T)
	if attributes[name] != nil && !ok {
		t.Errorf("%s is %v (%T), want %T", name, attributes[name], attributes[name], value)
	}
	return value
}

func texts(t *testing.T, attributes map[string]any, name string) []string {
	t.Helper()
	var out []string
	for _, value := range as[[]any](t, attributes, name) {
		s, ok := value.(string)
		if !ok {
			t.Errorf("%s holds %v, want a text", name, value)
		}
		out = append(out, s)
	}
	return out
}

func seconds(t *testing.T, attributes map[string]any, name string, otherwise float64) time.Duration {
	t.Helper()
	if _, ok := attributes[name]; ok {
		otherwise = as[float64](t, attributes, name)
	}
	return time.Duration(otherwise * float64(time.Second))
}

func TestEveryFunctionIsAModuleInAFileOfItsName(t *testing.T) {
	all := modules(t)
	var want []string
	for _, f := range world.Functions {
		name := strings.ToLower(f.Name)
		want = append(want, name)
		if got := text(t, all[name].Attributes, "entry_point"); got != f.Name {
			t.Errorf("module %s has the entry point %q, the function registers itself as %q", name, got, f.Name)
		}
		if got := text(t, all[name].Attributes, "name"); got != name {
			t.Errorf("module %s has the name %q", name, got)
		}
		source, err := os.ReadFile("function_" + name + ".tf")
		if err != nil {
			t.Errorf("%v", err)
		} else if !strings.Contains(string(source), `module "`+name+`"`) || !strings.Contains(string(source), `output "`+name+`"`) {
			t.Errorf("function_%s.tf does not have the function's module and its output", name)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
		t.Errorf("there are modules for %v, the world runs %v", got, want)
	}
}

// The functions that anybody may call check the sender themselves. connectcard is one only where
// the company wants Fivetran's webhooks.
func TestNoFunctionIsPublicButThoseThatMustBe(t *testing.T) {
	got := map[string]any{}
	for name, body := range modules(t) {
		if public := body.Attributes["public"]; public != nil {
			got[name] = public
		}
	}
	want := map[string]any{"groupwebhook": true, "slackinteract": true, "connectcard": hcl.Expression("var.fivetran_webhooks")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("public are (-want +got):\n%s", diff)
	}
}

func TestQueuesAreThoseOfTheWorld(t *testing.T) {
	got := map[string]world.QueueOf{}
	for _, body := range modules(t) {
		q := as[map[string]any](t, body.Attributes, "queue")
		if q == nil {
			continue
		}
		got[text(t, q, "name")] = world.QueueOf{Function: text(t, body.Attributes, "entry_point"), Limits: queue.Limits{
			Rate: as[float64](t, q, "rate"), Concurrency: int(as[float64](t, q, "concurrency")),
			MinBackoff: seconds(t, q, "min_backoff", 0), MaxBackoff: seconds(t, q, "max_backoff", 0),
		}}
	}
	if diff := cmp.Diff(world.Queues, got); diff != "" {
		t.Errorf("(-world +terraform):\n%s", diff)
	}
}

func TestSubscriptionsAreThoseOfTheWorld(t *testing.T) {
	var got []bus.Subscription
	for _, body := range modules(t) {
		for name, value := range as[map[string]any](t, body.Attributes, "subscriptions") {
			s := value.(map[string]any)
			one := bus.Subscription{
				Name: name, Topic: text(t, s, "topic"), Endpoint: text(t, body.Attributes, "entry_point"),
				MinBackoff: seconds(t, s, "min_backoff", 2), MaxBackoff: seconds(t, s, "max_backoff", 300),
				MaxAttempts: 20, DeadLetter: event.TopicDeadLetter,
			}
			if _, ok := s["attempts"]; ok {
				one.MaxAttempts = int(as[float64](t, s, "attempts"))
			}
			if one.MaxAttempts == 0 {
				one.DeadLetter = ""
			}
			for attribute := range as[map[string]any](t, s, "filter") {
				if one.Filter == nil {
					one.Filter = bus.Filter{}
				}
				one.Filter[attribute] = texts(t, as[map[string]any](t, s, "filter"), attribute)
			}
			got = append(got, one)
		}
	}
	byName := func(a, b bus.Subscription) int { return strings.Compare(a.Name, b.Name) }
	want := slices.Clone(world.Subscriptions)
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-world +terraform):\n%s", diff)
	}
}

// Every subscription's topic is made, and every topic is heard by somebody.
func TestTopicsAreThoseThatAreHeard(t *testing.T) {
	var want []string
	for _, s := range world.Subscriptions {
		want = append(want, s.Topic)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	made := configuration(t).Of("resource", "google_pubsub_topic", "topic")
	if len(made) != 1 {
		t.Fatalf("%d resources make the topics, want 1", len(made))
	}
	each := string(as[hcl.Expression](t, made[0].Body.Attributes, "for_each"))
	list, err := hcl.Parse("topics = " + strings.TrimSuffix(strings.TrimPrefix(each, "toset("), ")"))
	if err != nil {
		t.Fatal(err)
	}
	got := texts(t, list.Attributes, "topics")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("made are %v, heard %v", got, want)
	}
}

func TestJobsAreThoseOfTheWorld(t *testing.T) {
	var got []world.Job
	for _, body := range modules(t) {
		for name, value := range as[map[string]any](t, body.Attributes, "jobs") {
			job := value.(map[string]any)
			got = append(got, world.Job{Function: text(t, body.Attributes, "entry_point"), Name: name, Spec: text(t, job, "schedule")})
			missedSoonEnough(t, name, text(t, job, "schedule"), text(t, job, "alert_after"))
		}
	}
	byName := func(a, b world.Job) int { return strings.Compare(a.Function+a.Name, b.Function+b.Name) }
	want := slices.Clone(world.Jobs)
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-world +terraform):\n%s", diff)
	}
}

// missedSoonEnough reports an alert that fires although the job ran on time, or long after a
// second time in a row was missed.
func missedSoonEnough(t *testing.T, name, spec, after string) {
	t.Helper()
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		t.Errorf("job %s: %v", name, err)
		return
	}
	window, err := time.ParseDuration(after)
	if err != nil {
		t.Errorf("job %s: %v", name, err)
		return
	}
	at := schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	gap := schedule.Next(at).Sub(at)
	most := max(3*gap, gap+45*time.Minute)
	if gap > 6*time.Hour {
		most = gap + 6*time.Hour
	}
	// A call may be late, and may come to an end only with its last repetition.
	if slow := 4 * time.Minute; window < gap+slow || window > most {
		t.Errorf("job %s comes every %s and is missed after %s", name, gap, window)
	}
}

// What the scheduler posts is what a function reads.
func TestTheSchedulerSendsWhatFunctionsRead(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("modules", "function", "triggers.tf"))
	if err != nil {
		t.Fatal(err)
	}
	want := `jsonencode({ type = "` + event.Tick{}.Type() + `", data = { job = each.key } })`
	if !strings.Contains(string(source), want) {
		t.Errorf("the module does not post %s", want)
	}
	body, err := event.Seal(event.Tick{Job: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"type":"tick/1","data":{"job":"x"}}`; string(body) != want {
		t.Errorf("a function reads %s, the module is written for %s", body, want)
	}
}

// What Terraform itself would refuse is seen where there is no Terraform: arguments that the
// module does not have, and variables that nobody declares.
func TestVariablesAreDeclared(t *testing.T) {
	used := regexp.MustCompile(`\bvar\.([a-z_]+)`)
	declared := map[string]map[string]bool{}
	for _, dir := range []string{".", filepath.Join("modules", "function")} {
		body, err := hcl.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		declared[dir] = map[string]bool{}
		for _, v := range body.Of("variable") {
			if declared[dir][v.Labels[0]] {
				t.Errorf("%s declares %s twice", dir, v.Labels[0])
			}
			declared[dir][v.Labels[0]] = true
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range used.FindAllStringSubmatch(string(source), -1) {
				if !declared[dir][match[1]] {
					t.Errorf("%s uses the variable %s, which nobody declares", file, match[1])
				}
			}
		}
	}
	for name, body := range modules(t) {
		for argument := range body.Attributes {
			if argument != "source" && !declared[filepath.Join("modules", "function")][argument] {
				t.Errorf("the module %s is given %s, which modules/function does not take", name, argument)
			}
		}
	}
}
