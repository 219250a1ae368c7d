package group_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/group"
)

func TestDoubt(t *testing.T) {
	user := func(id string) group.Member { return group.Member{ID: id, Type: group.User} }
	nested := group.Member{ID: "g", Type: group.Nested}
	everybody := group.Member{ID: "*", Type: group.Customer}
	for _, test := range []struct {
		name    string
		count   int64
		members []group.Member
		doubt   bool
	}{
		{"as many as the count", 2, []group.Member{user("a"), user("b")}, false},
		{"more than the count, as after an addition", 1, []group.Member{user("a"), user("b")}, false},
		{"fewer than the count", 3, []group.Member{user("a"), user("b")}, true},
		{"nobody, and nobody counted", 0, nil, false},
		{"nobody, and somebody counted", 1, nil, true},
		{"a nested group is nobody", 2, []group.Member{user("a"), nested}, true},
		{"everybody in the company is nobody in particular", 2, []group.Member{user("a"), everybody}, true},
		{"nested groups besides", 1, []group.Member{user("a"), nested, everybody}, false},
		{"somebody from outside", 1, []group.Member{{ID: "x@elsewhere.example", Type: group.External}}, false},
		{"somebody twice", 1, []group.Member{user("a"), user("a")}, true},
	} {
		doubt := group.Doubt(group.Group{ID: "g1", Count: test.count}, test.members)
		if (doubt != "") != test.doubt {
			t.Errorf("%s: %q", test.name, doubt)
		}
	}
}
