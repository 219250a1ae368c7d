package change

// inverse names, for each kind that can be taken back, the kind that does it.
var inverse = map[Kind]Kind{
	GroupSettings:  GroupSettings,
	GroupMembers:   GroupMembers,
	AccountDisable: AccountEnable,
	AccountEnable:  AccountDisable,
	AccessGrant:    AccessRevoke,
	CatalogApply:   CatalogApply,
}

// Reverse returns the proposal that takes an applied change back: the values that were there
// before, on the same target. It is a request like any other: its requester cannot approve it.
// The boolean is false where there is nothing to take back.
func (c Change) Reverse(by Actor, reason string) (Proposal, bool) {
	kind, ok := inverse[c.Kind]
	if !ok || c.State != Applied || c.UndoOf != "" {
		return Proposal{}, false
	}
	p := Proposal{
		Kind: kind, Target: c.Target, Detail: c.Detail, Reason: reason, Requester: by,
		Concerned: c.Concerned, UndoOf: c.ID,
	}
	for _, d := range c.Diff {
		p.Diff = append(p.Diff, Delta{Field: d.Field, Before: d.After, After: d.Before})
	}
	return p, true
}
