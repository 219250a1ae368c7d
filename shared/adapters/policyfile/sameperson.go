package policyfile

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// readSamePerson reads which accounts are of one person.
func (l *loading) readSamePerson(at place) {
	for _, item := range at.list("[[name@your-domain, name-admin@your-domain]]") {
		one := distinct(item.filled("[name@your-domain, name-admin@your-domain]"), place.address)
		if len(one) == 1 {
			item.problem("is one account only: write those that are of the same person, or leave it out")
		}
		for _, address := range one {
			if address != "" && len(l.policy.Accounts(address)) > 0 {
				item.problem("%s is in another entry already: write all accounts of one person into one", address)
			}
		}
		l.policy.SamePerson = append(l.policy.SamePerson, one)
	}
}

// Accounts returns the addresses by which policy names the accounts of one person, where the given
// one is among them, and none otherwise. Policy knows no aliases: whoever asks does so for every
// address that an account has. It may be called on a nil policy.
func (p *Policy) Accounts(address string) []string {
	if p == nil {
		return nil
	}
	for _, one := range p.SamePerson {
		if slices.Contains(one, group.Address(address)) {
			return one
		}
	}
	return nil
}
