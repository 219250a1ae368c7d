package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Directory finds out who asks: the one active person to whom an address belongs.
type Directory struct {
	Mirror *mirror.Mirror
	// Accounts returns the addresses by which policy names the accounts of the person who has one of
	// them; none where it names no others. An account may be named by any address that it has.
	Accounts func(address string) []string
}

// Errors of [Directory.Asker].
var (
	ErrNobody    = errors.New("the address belongs to nobody in the directory")
	ErrSuspended = errors.New("the account in the directory is suspended")
)

// Asker returns the person to whom an address belongs, with the ids of the person's further
// accounts, suspended or not. The language is the directory's, and empty where the directory knows
// none. The error is [ErrNobody] where the address belongs to nobody, or to more than one, and
// [ErrSuspended] for who is suspended.
func (d Directory) Asker(ctx context.Context, address string) (Asker, error) {
	person, err := d.Mirror.PersonAt(ctx, address)
	switch {
	case errors.Is(err, mirror.ErrUnknown):
		return Asker{}, ErrNobody
	case err != nil:
		return Asker{}, err
	case person.Suspended:
		return Asker{}, ErrSuspended
	}
	a := Asker{Person: person, Language: LanguageOf(person.Language)}
	if a.Also, err = d.also(ctx, person); err != nil {
		return Asker{}, err
	}
	return a, nil
}

// also returns the ids of a person's further accounts. Policy may name each of them by an address
// that has become an alias, as that of a renamed account does: so all addresses of the person are
// looked for there, and what stands beside them is looked up among all addresses of others. Where two
// people have an address for a while, both may be who is meant.
func (d Directory) also(ctx context.Context, person group.Person) ([]string, error) {
	var also []string
	for _, mine := range append([]string{person.Email}, person.Aliases...) {
		for _, address := range d.Accounts(mine) {
			others, err := d.Mirror.PeopleAt(ctx, address)
			if err != nil {
				return nil, err
			}
			for _, other := range others {
				if other.ID != person.ID && !slices.Contains(also, other.ID) {
					also = append(also, other.ID)
				}
			}
		}
	}
	slices.Sort(also)
	return also, nil
}

// LanguageOf returns the language of an asker by a BCP 47 tag, or empty where there is no tag.
func LanguageOf(tag string) string {
	switch {
	case tag == "":
		return ""
	case strings.HasPrefix(strings.ToLower(tag), "ja"):
		return "ja"
	}
	return "en"
}
