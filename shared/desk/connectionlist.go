package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

// setupWords are in Japanese what [connection.State.Setup] says.
var setupWords = map[string]string{"incomplete": "設定未完了", "connected": "接続済み", "broken": "接続不良", "ended": "終了"}

// List implements [Lister]: every connection with how it stands and whose data it is, for those who
// may ask for one. The credentials are nowhere in it.
func (d *Connection) List(ctx context.Context, a Asker) ([]string, error) {
	if err := d.may(ctx, a); err != nil {
		return nil, err
	}
	all, err := d.Shelf.Open(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y connection.Handover) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	owners := map[string]string{}
	var lines []string
	for _, h := range all {
		owner, ok := owners[h.Owner]
		if !ok {
			p, known, err := d.Standing.Person(ctx, h.Owner)
			if err != nil {
				return nil, err
			}
			if owner = p.Email; !known {
				owner = a.Says("somebody who has left", "退職者")
			}
			owners[h.Owner] = owner
		}
		setup := h.State.Setup()
		lines = append(lines, fmt.Sprintf(a.Says("%s (%s): %s. Owner of the data: %s.", "%s (%s): %s。データの所有者: %s"),
			h.Name, h.Service, a.Says(setup, setupWords[setup]), owner))
	}
	return lines, nil
}
