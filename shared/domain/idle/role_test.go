package idle_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestRolesAreFoundByNameAndById(t *testing.T) {
	role := func(id, name string) idle.Role { return idle.Role{ID: id, Name: name} }
	all := []idle.Role{role("1", "User"), role("2", "Developer"), role("3", "viewer"), role("4", "Viewer")}
	for _, test := range []struct {
		names, unknown []string
		want           []idle.Role
	}{
		{names: []string{"Developer", "user", "User"}, want: []idle.Role{role("2", "Developer"), role("1", "User")}},
		{names: []string{"viewer"}, want: []idle.Role{role("3", "viewer")}},
		{names: []string{"VIEWER", "Boss"}, unknown: []string{"VIEWER", "Boss"}},
		{},
	} {
		roles, unknown := idle.RolesNamed(all, test.names)
		if !cmp.Equal(roles, test.want) || !slices.Equal(unknown, test.unknown) {
			t.Errorf("%v: got %v, and %v unknown", test.names, roles, unknown)
		}
	}
	there, gone := idle.RolesThere(all, []idle.Role{role("2", "Modeller"), role("9", "Admin")})
	if !cmp.Equal(there, []idle.Role{role("2", "Developer")}) || !slices.Equal(gone, []string{"Admin"}) {
		t.Errorf("there %v, gone %v", there, gone)
	}
	if !idle.SameRoles([]idle.Role{role("1", "a"), role("2", "b")}, []idle.Role{role("2", "x"), role("1", "y"), role("1", "y")}) || idle.SameRoles(all, nil) {
		t.Error("roles are the same by their ids")
	}
}
