package bus_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

func TestFilterMatch(t *testing.T) {
	for name, c := range map[string]struct {
		filter     bus.Filter
		attributes map[string]string
		want       bool
	}{
		"empty filter":             {nil, nil, true},
		"the value":                {bus.Filter{"a": {"1"}}, map[string]string{"a": "1", "b": "2"}, true},
		"one of the values":        {bus.Filter{"a": {"1", "2"}}, map[string]string{"a": "2"}, true},
		"another value":            {bus.Filter{"a": {"1"}}, map[string]string{"a": "2"}, false},
		"part of the value":        {bus.Filter{"a": {"1"}}, map[string]string{"a": "11"}, false},
		"missing attribute":        {bus.Filter{"a": {"1"}}, map[string]string{"b": "1"}, false},
		"missing is not empty":     {bus.Filter{"a": {""}}, nil, false},
		"empty is empty":           {bus.Filter{"a": {""}}, map[string]string{"a": ""}, true},
		"all attributes must pass": {bus.Filter{"a": {"1"}, "b": {"1"}}, map[string]string{"a": "1", "b": "2"}, false},
	} {
		if got := c.filter.Match(c.attributes); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestFilterString(t *testing.T) {
	for want, filter := range map[string]bus.Filter{
		"":                          nil,
		`attributes.state = "done"`: {"state": {"done"}},
		`attributes.state = "denied" OR attributes.state = "done"`:                                         {"state": {"denied", "done"}},
		`attributes.kind = "access.grant" AND (attributes.state = "a" OR attributes.state = "b")`:          {"state": {"a", "b"}, "kind": {"access.grant"}},
		`attributes.a = "a \"quoted\" \\ value, 値"`:                                                        {"a": {`a "quoted" \ value, 値`}},
		`attributes.longest = "` + strings.Repeat("x", bus.MaxFilter-len(`attributes.longest = ""`)) + `"`: {"longest": {strings.Repeat("x", bus.MaxFilter-len(`attributes.longest = ""`))}},
	} {
		if got := filter.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		s := valid()
		s.Filter = filter
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
}
