package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Spared returns the addresses of everybody in the groups that a rule spares, by the group's
// address. A group of which the mirror does not know who is in it is left out, and a judge refuses
// to work without it.
func Spared(ctx context.Context, m *mirror.Mirror, groups []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, address := range groups {
		everybody, err := m.Roster(ctx, address)
		if errors.Is(err, mirror.ErrUnknown) || errors.Is(err, mirror.ErrUnread) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read who is in %s: %w", address, err)
		}
		out[address] = []string{}
		for _, member := range everybody {
			out[address] = append(out[address], member.Email)
		}
	}
	return out, nil
}
