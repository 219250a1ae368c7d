package standing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestOwnersOfWhatPeopleName(t *testing.T) {
	r, _ := newResolver(t)
	entitlements := []grant.Entitlement{
		{Name: "deploy", Eligible: []change.Selector{"user:flo@example.com", "group:eng@example.com"}},
		{Name: "own", Eligible: []change.Selector{"user:flo@example.com"}},
	}
	eng := []string{"ada@example.com", "bo@example.com", "cy@example.com"}
	for _, test := range []struct {
		kind, name string
		want       []string
	}{
		{policy.GroupResource, "eng@example.com", eng},
		{policy.GroupResource, "nowhere@example.com", nil},
		{policy.AccessResource, "deploy", eng},
		{policy.AccessResource, "own", nil},
		{policy.AccessResource, "nothing", nil},
		{policy.AccountResource, "looker/flo@example.com", []string{"bo@example.com", "flo@example.com"}},
		{policy.AccountResource, "crm/ada@example.com", []string{"bo@example.com"}},
		{policy.AccountResource, "crm/nobody@example.com", nil},
		{policy.AccountResource, "looker", nil},
		{"table", "eng@example.com", nil},
	} {
		found, err := r.OwnersOf(t.Context(), policy.Resource{Type: test.kind, Name: test.name}, entitlements)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range found {
			got = append(got, o.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.kind, test.name, diff)
		}
	}
}
