package cloudfn_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/cloudfn"
)

type settings struct {
	Name   string        `env:"NAME"`
	Wait   time.Duration `env:"WAIT, default=3h"`
	Count  int           `env:"COUNT"`
	Ready  bool          `env:"READY"`
	Places []string      `env:"PLACES, default=here,there"`
}

// Validate implements [cloudfn.Validator].
func (s *settings) Validate() error {
	problems := cloudfn.Missing(map[string]string{"NAME": s.Name})
	if s.Count > 9 {
		problems = append(problems, fmt.Errorf("COUNT is %d: at most 9", s.Count))
	}
	return errors.Join(problems...)
}

func environment(variables map[string]string) *cloudfn.Env {
	return &cloudfn.Env{Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok }}
}

func TestLoad(t *testing.T) {
	var got settings
	err := environment(map[string]string{"NAME": "n", "COUNT": "7", "READY": "true", "UNRELATED": "x"}).Load(context.Background(), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := settings{Name: "n", Wait: 3 * time.Hour, Count: 7, Ready: true, Places: []string{"here", "there"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadNamesAllThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		variables map[string]string
		want      []string
	}{
		{map[string]string{}, []string{"NAME is not set"}},
		{map[string]string{"NAME": "", "COUNT": "10"}, []string{"NAME is not set", "COUNT is 10: at most 9"}},
		{map[string]string{"WAIT": "soon", "COUNT": "many", "READY": "perhaps"}, []string{"NAME is not set", "WAIT cannot be read", "COUNT cannot be read", "READY cannot be read"}},
		{map[string]string{"WAIT": "soon", "COUNT": "10"}, []string{"NAME is not set", "WAIT cannot be read", "COUNT is 10"}},
	} {
		var got settings
		err := environment(test.variables).Load(context.Background(), &got)
		if err == nil {
			t.Fatalf("%v was accepted", test.variables)
		}
		for _, want := range test.want {
			if strings.Count(err.Error(), want) != 1 {
				t.Errorf("%v: error %q does not say once %q", test.variables, err, want)
			}
		}
		if got := strings.Count(err.Error(), "\n") + 1; got != len(test.want) {
			t.Errorf("%v: %d problems in %q, want %d", test.variables, got, err, len(test.want))
		}
	}
}

func TestLoadIntoWhatIsNoConfiguration(t *testing.T) {
	if err := environment(nil).Load(context.Background(), settings{}); err == nil {
		t.Error("a struct that nobody sees again was filled")
	}
}

func TestProductionDoesNotStartWithoutItsVariables(t *testing.T) {
	all := []string{
		"GOOGLE_CLOUD_PROJECT", "AUDIENCE", "CALLERS", "QUEUES", "QUEUE_LOCATION", "SERVICE_ACCOUNT", "WORKSPACE_SUBJECT",
		"FIRESTORE_DATABASE", "POLICY_DIR",
	}
	for _, test := range []struct {
		name   string
		set    map[string]string
		naming []string
	}{
		{"nothing", nil, []string{"GOOGLE_CLOUD_PROJECT is not set", "AUDIENCE is not set", "CALLERS is not set"}},
		{"callers that are none", map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "AUDIENCE": "https://a", "CALLERS": ","}, []string{"CALLERS is not set"}},
		{
			"queues without a place",
			map[string]string{"QUEUES": "directory=https://a,caller@a"},
			[]string{"GOOGLE_CLOUD_PROJECT is not set", "AUDIENCE is not set", "CALLERS is not set", "QUEUE_LOCATION is not set"},
		},
		{
			"everything else too",
			map[string]string{"QUEUES": "directory", "WORKSPACE_SUBJECT": "root@example.com"},
			[]string{
				"GOOGLE_CLOUD_PROJECT is not set", "AUDIENCE is not set", "CALLERS is not set", "QUEUE_LOCATION is not set",
				`QUEUES has "directory"`, "WORKSPACE_SUBJECT needs SERVICE_ACCOUNT",
			},
		},
		{"a queue without TLS", map[string]string{"QUEUES": "directory=http://a,caller@a"}, []string{`QUEUES has "directory=http://a,caller@a"`}},
		{"a queue that calls as nobody", map[string]string{"QUEUES": "directory=https://a"}, []string{`QUEUES has "directory=https://a"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range all {
				t.Setenv(name, test.set[name])
			}
			_, err := cloudfn.Production(context.Background(), "Any")
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range test.naming {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
