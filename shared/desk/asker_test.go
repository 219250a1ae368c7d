package desk_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// An account that was renamed keeps its old address as an alias, and policy may have either.
func TestFurtherAccountsByWhateverAddressPolicyHas(t *testing.T) {
	account := func(id, email string, aliases ...string) group.Person {
		return group.Person{ID: id, Email: email, Aliases: aliases}
	}
	for name, test := range map[string]struct {
		entries [][]string
		people  []group.Person
		want    map[string][]string // further accounts, by address
	}{
		"none is renamed": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}},
			[]group.Person{account("1", "ken@old.test"), account("2", "ken-admin@old.test")},
			map[string][]string{"ken@old.test": {"2"}, "ken-admin@old.test": {"1"}},
		},
		"one is renamed": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}},
			[]group.Person{account("1", "ken@new.test", "Ken@OLD.test"), account("2", "ken-admin@old.test")},
			map[string][]string{"ken@new.test": {"2"}, "ken@old.test": {"2"}, "ken-admin@old.test": {"1"}},
		},
		"both are renamed": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}},
			[]group.Person{account("1", "ken@new.test", "ken@old.test"), account("2", "ken-admin@new.test", "ken-admin@old.test")},
			map[string][]string{"ken@new.test": {"2"}, "ken-admin@new.test": {"1"}},
		},
		"two of three are renamed": {
			[][]string{{"ken@old.test", "ken-admin@old.test", "ken-root@old.test"}},
			[]group.Person{
				account("1", "ken@new.test", "ken@old.test"), account("2", "ken-admin@new.test", "ken-admin@old.test"), account("3", "ken-root@old.test"),
			},
			map[string][]string{"ken@new.test": {"2", "3"}, "ken-admin@new.test": {"1", "3"}, "ken-root@old.test": {"1", "2"}},
		},
		"an address of an entry is somebody else's by now": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}},
			[]group.Person{
				account("1", "ken@new.test"), account("2", "ken-admin@old.test"), account("3", "lena@new.test", "ken@old.test"),
			},
			map[string][]string{"ken@new.test": nil, "ken-admin@old.test": {"3"}, "lena@new.test": {"2"}},
		},
		"an address of an entry was passed on, and the entry has the new one too": {
			[][]string{{"ken@new.test", "ken-admin@old.test"}, {"lena@new.test", "lena-admin@old.test"}},
			[]group.Person{
				account("1", "ken@new.test"), account("2", "ken-admin@old.test"), account("3", "lena@new.test", "ken@old.test"), account("4", "lena-admin@old.test"),
			},
			map[string][]string{"ken@new.test": {"2"}, "lena@new.test": {"4"}, "ken-admin@old.test": {"1"}},
		},
		"two people have an address for a while": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}},
			[]group.Person{
				account("1", "ken@new.test", "ken@old.test"), account("2", "ken-admin@old.test"), account("3", "lena@new.test", "ken@old.test"),
			},
			map[string][]string{"ken@new.test": {"2", "3"}, "ken-admin@old.test": {"1", "3"}, "lena@new.test": {"1", "2"}},
		},
		"one account by two addresses in two entries": {
			[][]string{{"ken@old.test", "ken-admin@old.test"}, {"ken@new.test", "ken-root@old.test"}},
			[]group.Person{
				account("1", "ken@new.test", "ken@old.test"), account("2", "ken-admin@old.test"), account("3", "ken-root@old.test"),
			},
			map[string][]string{"ken@new.test": {"2", "3"}, "ken-admin@old.test": {"1"}, "ken-root@old.test": {"1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			m := mirror.New(o.store)
			if err := m.PutPeople(t.Context(), test.people, o.now); err != nil {
				t.Fatal(err)
			}
			d := desk.Directory{Mirror: m, Accounts: func(address string) []string {
				for _, one := range test.entries {
					if slices.Contains(one, group.Address(address)) {
						return one
					}
				}
				return nil
			}}
			for address, want := range test.want {
				a, err := d.Asker(t.Context(), address)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, a.Also); diff != "" {
					t.Errorf("%s (-want +got):\n%s", address, diff)
				}
			}
		})
	}
}
