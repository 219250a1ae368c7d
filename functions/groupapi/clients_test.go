package groupapi_test

import (
	"testing"

	"github.com/sekisho/sekisho/functions/groupapi"
)

func TestWhichGroupsAClientSees(t *testing.T) {
	for _, test := range []struct {
		groups  []string
		address string
		want    bool
	}{
		{[]string{""}, "pay@example.com", true},
		{nil, "pay@example.com", false},
		{[]string{"pay"}, "pay@example.com", true},
		{[]string{"pay"}, "payroll@example.co", true},
		{[]string{"pay"}, "repay@example.com", false},
		{[]string{"pay@"}, "pay@example.com", true},
		{[]string{"pay@"}, "pay@example.co", true},
		{[]string{"pay@"}, "payroll@example.com", false},
		{[]string{"pay@example.co"}, "pay@example.co", true},
		{[]string{"pay@example.co"}, "Pay@Example.CO", true},
		{[]string{"pay@example.co"}, "pay@example.com", false},
		{[]string{"pay@example.co"}, "pay@example.co.evil.example", false},
		{[]string{"pay@example.com"}, "pay@example.co", false},
		{[]string{"pay@example.co", "pay@example.com"}, "pay@example.com", true},
		{[]string{"pay@example.co"}, "", false},
	} {
		if got := (groupapi.Client{Groups: test.groups}).Sees(test.address); got != test.want {
			t.Errorf("a client of %q sees %q: %t, want %t", test.groups, test.address, got, test.want)
		}
	}
}
