package mirror

import (
	"context"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Page returns the groups that follow an address in the order of addresses, at most so many;
// the empty address begins.
func (m *Mirror) Page(ctx context.Context, after string, most int) ([]Header, error) {
	where := []store.Cond{{Field: "gone", Op: store.Equal, Value: false}}
	if after != "" {
		where = append(where, store.Cond{Field: "email", Op: store.Greater, Value: group.Address(after)})
	}
	page, _, err := headers.Query(ctx, m.store, store.Query{Where: where, OrderBy: "email", Limit: most})
	if err != nil {
		return nil, fmt.Errorf("list groups after %s: %w", after, err)
	}
	return page, nil
}
