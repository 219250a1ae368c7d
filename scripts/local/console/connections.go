package console

import (
	"cmp"
	"context"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/state/handover"
)

// connections lists the connections to data sources.
func (r *reading) connections(ctx context.Context) ([]connectionLine, error) {
	all, err := handover.New(r.world.Store(), r.policy.Connections, r.world.Clock.Now).Open(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y connection.Handover) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	var out []connectionLine
	for _, h := range all {
		line := connectionLine{Name: h.Name, Service: h.Service, Setup: h.State.Setup(), Owner: h.Owner}
		if p, err := r.mirror.Person(ctx, h.Owner); err == nil {
			line.Owner = p.Email
		}
		out = append(out, line)
	}
	return out, nil
}
