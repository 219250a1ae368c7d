package desk

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Directory finds out who asks: the one active person to whom an address belongs.
type Directory struct {
	Mirror *mirror.Mirror
	// Accounts returns the addresses of all accounts of the person who has one of them; none where
	// there are no others.
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
	for _, address := range d.Accounts(person.Email) {
		other, err := d.Mirror.PersonAt(ctx, address)
		if errors.Is(err, mirror.ErrUnknown) || err == nil && other.ID == person.ID {
			continue
		}
		if err != nil {
			return Asker{}, err
		}
		a.Also = append(a.Also, other.ID)
	}
	return a, nil
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
