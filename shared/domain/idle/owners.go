package idle

import "github.com/sekisho/sekisho/shared/domain/change"

// Owners returns who owns an account of a system, and so decides about it where policy names nobody
// else: who administers the system, and the manager of the account's person, where the person is
// known by an id. Without a person it is about the accounts of the system altogether.
func Owners(system, person string) []change.Selector {
	owners := []change.Selector{change.Selector("admins:" + system)}
	if person != "" {
		owners = append(owners, change.Selector("manager:"+person))
	}
	return owners
}
