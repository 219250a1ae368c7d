package mirror

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Place is where a group stands in the order of [Mirror.Page]: behind its address, and among groups
// that have the same one for a while, by its id.
func (h Header) Place() string { return group.Address(h.Group.Email) + " " + h.Group.ID }

// Page returns the groups that follow a place in the order of addresses and ids, at most so many, and
// fewer only where there are no more. The empty place begins; an address stands behind all groups
// that have it.
func (m *Mirror) Page(ctx context.Context, after string, most int) ([]Header, error) {
	where := []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}
	address, id, exact := strings.Cut(after, " ")
	switch {
	case exact: // with the group itself, which is left out below
		where = append(where, store.Cond{Field: "email", Op: store.AtLeast, Value: address})
	case after != "":
		where = append(where, store.Cond{Field: "email", Op: store.Greater, Value: group.Address(after)})
	}
	q := store.Query{Where: where, OrderBy: "email", Limit: min(most+1, store.MaxPage)}
	var out []Header
	for {
		page, next, err := headers.Query(ctx, m.store, q)
		if err != nil {
			return nil, fmt.Errorf("list groups after %s: %w", after, err)
		}
		for _, h := range page {
			if exact && group.Address(h.Group.Email) == address && h.Group.ID <= id {
				continue
			}
			if out = append(out, h); len(out) == most {
				return out, nil
			}
		}
		if next == "" {
			return out, nil
		}
		q.After = next
	}
}

// Groups visits all groups in the order of their addresses.
func (m *Mirror) Groups(ctx context.Context, visit func(Header) error) error {
	return headers.Each(ctx, m.store, store.Query{
		Where: []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}, OrderBy: "email",
	}, visit)
}

// Between returns the groups whose address is after one and not after another, in the order of
// their addresses; an empty end is open.
func (m *Mirror) Between(ctx context.Context, after, upTo string) ([]Header, error) {
	where := []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}
	if after != "" {
		where = append(where, store.Cond{Field: "email", Op: store.Greater, Value: group.Address(after)})
	}
	if upTo != "" {
		where = append(where, store.Cond{Field: "email", Op: store.AtMost, Value: group.Address(upTo)})
	}
	var out []Header
	err := headers.Each(ctx, m.store, store.Query{Where: where, OrderBy: "email"}, func(h Header) error {
		out = append(out, h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the groups between %q and %q: %w", after, upTo, err)
	}
	return out, nil
}

// Pending reports whether there is a group of which the members are not known as they are now: they
// were never read, or not since something changed. Anybody may be in it.
func (m *Mirror) Pending(ctx context.Context) (bool, error) {
	q := store.Query{Where: []store.Cond{{Field: "pending", Op: store.Equal, Value: true}}, Limit: 1}
	list, _, err := headers.Query(ctx, m.store, q)
	if err != nil {
		return false, fmt.Errorf("look for a group that is to be read: %w", err)
	}
	return len(list) > 0, nil
}
