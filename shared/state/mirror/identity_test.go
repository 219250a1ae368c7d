package mirror_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestWhoHasAnAddressIsTheSameUnderAnother(t *testing.T) {
	w := newWorld(t)
	s := read("G1", "Anchor-2026@example.com", 0)
	s.Group.Aliases = []string{"anchor@example.com"}
	w.replace(t, s)
	ada := group.Person{ID: "ada", Email: "ada.king@example.com", Aliases: []string{"ada@example.com"}}
	if err := w.PutPeople(t.Context(), []group.Person{ada}, start); err != nil {
		t.Fatal(err)
	}
	for address, test := range map[string]struct {
		want    mirror.Identity
		members map[group.Member]bool
	}{
		"anchor@example.com": {
			mirror.Identity{
				IDs: []string{"anchor@example.com", "G1"}, Main: []string{"anchor-2026@example.com"},
				Addresses: []string{"anchor@example.com", "anchor-2026@example.com", "anchor@example.com"},
			},
			map[group.Member]bool{
				{ID: "G1", Email: "yet-another@example.com"}:    true,
				{ID: "other", Email: "Anchor-2026@EXAMPLE.com"}: true,
				{ID: "other", Email: "anchor@example.com"}:      true,
				{ID: "anchor@example.com"}:                      true,
				{ID: "ada", Email: "ada@example.com"}:           false,
				{}:                                              false,
			},
		},
		"ada@example.com": {
			mirror.Identity{
				IDs: []string{"ada@example.com", "ada"}, Main: []string{"ada.king@example.com"},
				Addresses: []string{"ada@example.com", "ada.king@example.com", "ada@example.com"},
			},
			map[group.Member]bool{{ID: "ada", Email: "ada.king@example.com"}: true, {ID: "G1"}: false},
		},
		"stranger@example.org": {
			mirror.Identity{IDs: []string{"stranger@example.org"}, Addresses: []string{"stranger@example.org"}},
			map[group.Member]bool{{ID: "x", Email: "Stranger@example.org"}: true, {ID: "x"}: false},
		},
	} {
		got, err := w.Identify(t.Context(), address)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("Identify(%q): %v (-want +got):\n%s", address, err, diff)
		}
		for member, want := range test.members {
			if got.Is(member) != want {
				t.Errorf("%q is member %+v: %t, want %t", address, member, !want, want)
			}
		}
	}
}
