package groupsettings

import (
	"context"
	"slices"
)

// secure reports whether the anchor is a direct member of a group, under whichever of its addresses.
func (h *handler) secure(ctx context.Context, id string) (bool, error) {
	if h.rules.Anchor == "" {
		return false, nil
	}
	s, err := h.mirror.Snapshot(ctx, id)
	if err != nil {
		return false, err
	}
	anchor, err := h.mirror.Identify(ctx, h.rules.Anchor)
	return slices.ContainsFunc(s.Members, anchor.Is), err
}
