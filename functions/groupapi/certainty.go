package groupapi

import (
	"context"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// certainty is what an answer that may come from any group has to know besides what it found: the
// group that would change it may be one that it did not find.
type certainty struct {
	// listed says that the whole directory was listed, and the list believed.
	listed bool
	// pending says that there is a group whose members are not known as they are now, or that the
	// brake holds members of very many.
	pending bool
	// held are the ids of groups of which the brake keeps members whom Google lists no more.
	held map[string]bool
}

// mostHeld bounds how many records of what is held are read for one answer.
const mostHeld = 50

// certain finds out how certain the mirror is at this moment.
func (h *handler) certain(ctx context.Context, census mirror.Census) (certainty, error) {
	c := certainty{listed: !census.At.IsZero() && !census.Short}
	var err error
	if c.pending, err = h.mirror.Pending(ctx); err != nil {
		return certainty{}, err
	}
	held, all, err := h.mirror.HeldGroups(ctx, mostHeld)
	if err != nil {
		return certainty{}, err
	}
	// Of very many that are held nobody asks which they are: no answer is complete meanwhile.
	c.pending = c.pending || !all
	for _, id := range held {
		if c.held == nil {
			c.held = map[string]bool{}
		}
		c.held[id] = true
	}
	return c, nil
}

// whole reports whether an answer made of these groups is complete.
func (c certainty) whole(groups []Membership) bool {
	if !c.listed || c.pending {
		return false
	}
	for _, g := range groups {
		if c.held[g.ID] {
			return false
		}
	}
	return true
}
