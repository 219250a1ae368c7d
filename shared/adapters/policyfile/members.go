package policyfile

import "github.com/sekisho/sekisho/shared/domain/change"

// RoleMembers returns who holds each role by itself, by the role's name. It may be called on a
// nil policy.
func (p *Policy) RoleMembers() map[string][]change.Selector {
	if p == nil {
		return nil
	}
	out := make(map[string][]change.Selector, len(p.Roles))
	for _, r := range p.Roles {
		out[r.Name] = r.Members
	}
	return out
}
