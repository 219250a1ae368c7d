package idle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestGivenBack(t *testing.T) {
	for name, test := range map[string]struct {
		had, offers []string
		role        string
		back        []string
	}{
		"the one role that it had":       {had: []string{"User"}, offers: []string{"User"}, role: "User", back: []string{"User"}},
		"another one that is offered":    {had: []string{"User"}, offers: []string{"User", "Developer"}, role: "Developer", back: []string{"User", "Developer"}},
		"one that is not offered":        {had: []string{"Admin", "User"}, offers: []string{"User"}, role: "User", back: []string{"User"}},
		"other letters":                  {had: []string{"User", "Developer"}, offers: []string{"user", "developer"}, role: "user", back: []string{"User", "Developer"}},
		"what is asked for, not offered": {had: []string{"Admin"}, role: "admin", back: []string{"Admin"}},
		"no roles":                       {offers: []string{"User"}, role: "User", back: []string{"User"}},
		"no role asked for":              {had: []string{"Admin"}},
	} {
		t.Run(name, func(t *testing.T) {
			back := idle.GivenBack(test.had, test.offers, test.role)
			if diff := cmp.Diff(test.back, back, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeMade(t *testing.T) {
	for text, want := range map[string]idle.Made{
		"": {}, `{"account":"7"}`: {Account: "7"}, `{"account":"7","withheld":[{"id":"1","name":"Admin"}]}`: {Account: "7", Withheld: []idle.Role{{ID: "1", Name: "Admin"}}},
	} {
		if got, err := idle.DecodeMade([]byte(text)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if _, err := idle.DecodeMade([]byte("[]")); err == nil {
		t.Error("a list is no result")
	}
}

// What a request made of an account is known by the roles' ids: they may be called otherwise by then, and others as
// they were.
func TestHadBefore(t *testing.T) {
	made := idle.Made{Withheld: []idle.Role{{ID: "1", Name: "Admin"}, {ID: "9", Name: "Gone"}}, Given: idle.Role{ID: "2", Name: "Developer"}}
	all := []idle.Role{{ID: "1", Name: "Root"}, {ID: "2", Name: "Maker"}, {ID: "3", Name: "User"}, {ID: "4", Name: "Developer"}}
	had, lost := made.HadBefore(all[1:], all)
	if diff := cmp.Diff([]idle.Role{all[2], all[3], all[0]}, had); diff != "" || !cmp.Equal(lost, []string{"Gone"}) {
		t.Errorf("lost %v; had (-want +got):\n%s", lost, diff)
	}
	if !made.Unlike() || (idle.Made{Lost: []string{"Gone"}}).Unlike() {
		t.Error("only what it withheld or gave makes a difference to take back")
	}
}
