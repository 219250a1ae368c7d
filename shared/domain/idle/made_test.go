package idle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestGivenBack(t *testing.T) {
	admin, developer, user := idle.Role{ID: "1", Name: "Admin"}, idle.Role{ID: "2", Name: "Developer"}, idle.Role{ID: "3", Name: "User"}
	called := idle.Role{ID: "4", Name: "admin"} // as another, but for a capital
	for name, test := range map[string]struct{ had, offered, asked, back []idle.Role }{
		"the one role that it had":       {had: []idle.Role{user}, offered: []idle.Role{user}, asked: []idle.Role{user}, back: []idle.Role{user}},
		"another one that is offered":    {had: []idle.Role{user}, offered: []idle.Role{user, developer}, asked: []idle.Role{developer}, back: []idle.Role{user, developer}},
		"one that is not offered":        {had: []idle.Role{admin, user}, offered: []idle.Role{user}, asked: []idle.Role{user}, back: []idle.Role{user}},
		"what is asked for, not offered": {had: []idle.Role{admin}, asked: []idle.Role{admin}, back: []idle.Role{admin}},
		"no roles":                       {offered: []idle.Role{user}, asked: []idle.Role{user}, back: []idle.Role{user}},
		"no role asked for":              {had: []idle.Role{admin}},
		"one that is called almost so":   {had: []idle.Role{admin}, offered: []idle.Role{user, called}, asked: []idle.Role{called}, back: []idle.Role{called}},
	} {
		t.Run(name, func(t *testing.T) {
			back := idle.GivenBack(test.had, test.offered, test.asked)
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
