package bus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

func valid() bus.Subscription {
	return bus.Subscription{
		Name: "slacknotify", Topic: "change-events", Endpoint: "https://slacknotify.example/",
		Filter: bus.Filter{"state": {"proposed", "applied"}}, Ordered: true,
		MinBackoff: 10 * time.Second, MaxBackoff: 600 * time.Second, MaxAttempts: 5, DeadLetter: "dead-letter",
	}
}

func TestSubscriptionValidate(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Errorf("a valid subscription: %v", err)
	}
	for name, change := range map[string]func(*bus.Subscription){
		"no name":                        func(s *bus.Subscription) { s.Name = "" },
		"name begins with a digit":       func(s *bus.Subscription) { s.Name = "1st" },
		"name is reserved":               func(s *bus.Subscription) { s.Name = "google-groups" },
		"name is too long":               func(s *bus.Subscription) { s.Name = strings.Repeat("n", 256) },
		"no topic":                       func(s *bus.Subscription) { s.Topic = "" },
		"no endpoint":                    func(s *bus.Subscription) { s.Endpoint = "" },
		"endpoint without a host":        func(s *bus.Subscription) { s.Endpoint = "https:///push" },
		"endpoint of another kind":       func(s *bus.Subscription) { s.Endpoint = "ftp://host/push" },
		"endpoint that is none":          func(s *bus.Subscription) { s.Endpoint = "http://a b" },
		"no backoff":                     func(s *bus.Subscription) { s.MinBackoff = 0 },
		"backoff that falls":             func(s *bus.Subscription) { s.MaxBackoff = s.MinBackoff - 1 },
		"backoff too long":               func(s *bus.Subscription) { s.MaxBackoff = 601 * time.Second },
		"few attempts":                   func(s *bus.Subscription) { s.MaxAttempts = 4 },
		"many attempts":                  func(s *bus.Subscription) { s.MaxAttempts = 101 },
		"attempts without a dead letter": func(s *bus.Subscription) { s.DeadLetter = "" },
		"dead letter without attempts":   func(s *bus.Subscription) { s.MaxAttempts = 0 },
		"dead letter to its own topic":   func(s *bus.Subscription) { s.DeadLetter = s.Topic },
		"dead letter to nowhere":         func(s *bus.Subscription) { s.DeadLetter = "-" },
		"filter without values":          func(s *bus.Subscription) { s.Filter = bus.Filter{"state": nil} },
		"filter without a name":          func(s *bus.Subscription) { s.Filter = bus.Filter{"": {"x"}} },
		"filter on a name with a dash":   func(s *bus.Subscription) { s.Filter = bus.Filter{"a-b": {"x"}} },
		"filter on a control character":  func(s *bus.Subscription) { s.Filter = bus.Filter{"a": {"x\n"}} },
		"filter that is not UTF-8":       func(s *bus.Subscription) { s.Filter = bus.Filter{"a": {"\xff"}} },
		"filter that is too long":        func(s *bus.Subscription) { s.Filter = bus.Filter{"a": {strings.Repeat("x", 242)}} },
	} {
		s := valid()
		change(&s)
		if err := s.Validate(); !errors.Is(err, bus.ErrInvalid) {
			t.Errorf("%s: got error %v, want %v", name, err, bus.ErrInvalid)
		}
	}
}

func TestSubscriptionBackoffDoublesBetweenItsBounds(t *testing.T) {
	s := bus.Subscription{MinBackoff: 10 * time.Second, MaxBackoff: 60 * time.Second}
	var got []time.Duration
	for _, deliveries := range []int{1, 2, 3, 4, 5, 1_000_000} {
		got = append(got, s.Backoff(deliveries))
	}
	want := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 60 * time.Second, 60 * time.Second, 60 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backoff (-want +got):\n%s", diff)
	}
}

func TestAcknowledges(t *testing.T) {
	var got []int
	for status := range 600 {
		if bus.Acknowledges(status) {
			got = append(got, status)
		}
	}
	if diff := cmp.Diff([]int{102, 200, 201, 202, 204}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}
