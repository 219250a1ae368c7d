package idle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestGivenBack(t *testing.T) {
	for name, test := range map[string]struct {
		had, offers    []string
		role           string
		back, withheld []string
	}{
		"the one role that it had":       {had: []string{"User"}, offers: []string{"User"}, role: "User", back: []string{"User"}},
		"another one that is offered":    {had: []string{"User"}, offers: []string{"User", "Developer"}, role: "Developer", back: []string{"User", "Developer"}},
		"one that is not offered":        {had: []string{"Admin", "User"}, offers: []string{"User"}, role: "User", back: []string{"User"}, withheld: []string{"Admin"}},
		"other letters":                  {had: []string{"User", "Developer"}, offers: []string{"user", "developer"}, role: "user", back: []string{"User", "Developer"}},
		"what is asked for, not offered": {had: []string{"Admin"}, role: "admin", back: []string{"Admin"}},
		"no roles":                       {offers: []string{"User"}, role: "User", back: []string{"User"}},
		"no role asked for":              {had: []string{"Admin"}, withheld: []string{"Admin"}},
	} {
		t.Run(name, func(t *testing.T) {
			back, withheld := idle.GivenBack(test.had, test.offers, test.role)
			if diff := cmp.Diff([][]string{test.back, test.withheld}, [][]string{back, withheld}, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeMade(t *testing.T) {
	for text, want := range map[string]idle.Made{
		"": {}, `{"account":"7"}`: {Account: "7"}, `{"account":"7","withheld":["Admin"]}`: {Account: "7", Withheld: []string{"Admin"}},
	} {
		if got, err := idle.DecodeMade([]byte(text)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if _, err := idle.DecodeMade([]byte("[]")); err == nil {
		t.Error("a list is no result")
	}
}
