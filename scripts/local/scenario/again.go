package scenario

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// errToNothing is the outcome of a request that somebody sent again, when nothing came of it.
// Whether that is said as "it was sent" or, with a "!", as "it does not count" is the same: both
// hold.
var errToNothing = errors.New("nothing came of it")

// replay sends a person's last request again. Nothing must come of that, whether the request is
// refused because it is old or answered because it is known. What came of it all the same leaves
// an accepted entry of that person in the audit log; then only the sending itself holds.
func replay(ctx context.Context, w *world.World, person string) error {
	before, err := accepted(ctx, w)
	if err != nil {
		return mistake{err}
	}
	err = w.Replay(ctx, person)
	var refused *world.Refused
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	after, err := accepted(ctx, w)
	if err != nil {
		return mistake{err}
	}
	for who, n := range after {
		if strings.EqualFold(who, person) && n != before[who] {
			return nil
		}
	}
	return errToNothing
}

// accepted counts the accepted entries of the audit log by actor.
func accepted(ctx context.Context, w *world.World) (map[string]int, error) {
	n := map[string]int{}
	err := trail.Latest(ctx, w.Store(), func(e audit.Entry) error {
		if e.Outcome == audit.Accepted {
			n[e.ActorName]++
		}
		return nil
	})
	return n, err
}
