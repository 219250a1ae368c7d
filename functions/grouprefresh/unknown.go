package grouprefresh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Google lists a group as a member of a group without a word on whose it is. One that the mirror has
// never heard of is another company's, or was made an hour ago and has half of the people in it who
// work here: Google is asked for it, once.

const (
	// askedAgain is how long the answer holds that the company has no such group. Every group is read
	// within [overdue], so the question comes again before the mirror has forgotten it.
	askedAgain = mirror.GoneFor / 2
	// putOff is how long a question waits while a walk lists all groups: it will come to most of them.
	putOff = 15 * time.Minute
)

// askForUnknown queues the question for each group among some members that the mirror does not know.
func (h *handler) askForUnknown(ctx context.Context, members []group.Member) error {
	for _, m := range members {
		if m.Type != group.Nested {
			continue
		}
		known, err := h.known(ctx, m.ID)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		// It may be in many groups that are read at once.
		now := h.now()
		name := fmt.Sprintf("unknown-%s-%d", inName(m.ID), now.Truncate(putOff).Unix())
		if err := h.ensure(ctx, event.RefreshGroup{Group: m.ID, Noticed: now, Unknown: true}, name, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// plainID is an id that the name of a task can have.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// inName returns what stands for a group in the name of a task: a group that is listed without an id is known by its
// address, which no name can have.
func inName(idOrAddress string) string {
	if plainID.MatchString(idOrAddress) {
		return idOrAddress
	}
	sum := sha256.Sum256([]byte(group.Address(idOrAddress)))
	return hex.EncodeToString(sum[:10])
}

// known reports whether the mirror knows a group, or that there is none. What no id and no address of a group can be
// is known to be none.
func (h *handler) known(ctx context.Context, id string) (bool, error) {
	if strings.Contains(id, "/") { // nothing could be remembered of it
		return true, nil
	}
	_, err := h.mirror.Find(ctx, id)
	if !errors.Is(err, mirror.ErrUnknown) {
		return err == nil, err
	}
	asked, err := h.mirror.Freshness(ctx, id)
	return h.now().Sub(asked) < askedAgain, err
}

// unanswered reports whether an unknown group is still to be asked for, and now.
func (h *handler) unanswered(ctx context.Context, e event.RefreshGroup) (bool, error) {
	if known, err := h.known(ctx, e.Group); err != nil || known {
		return false, err
	}
	w, err := h.mirror.Walk(ctx)
	now := h.now()
	if err != nil || !w.UnderWay() || now.Sub(w.Moved) >= stalled {
		return err == nil, err
	}
	at := now.Truncate(putOff).Add(putOff)
	return false, h.ensure(ctx, e, fmt.Sprintf("unknown-%s-%d", inName(e.Group), at.Unix()), at)
}

// elsewhere reports whether Google refuses to speak of a group because it is another company's: of these
// it says in one case that there is no such thing, in another that it is none of our business, and
// sometimes that this is no key of a group. The group that lists it as a member was read with the same
// rights.
func elsewhere(err error) bool {
	refused, ok := errors.AsType[*workspace.Error](err)
	if !ok {
		return false
	}
	switch {
	case errors.Is(err, workspace.ErrForbidden):
		return refused.Reason == "forbidden"
	case errors.Is(err, workspace.ErrInvalid):
		// Whoever may not ask for anything can get this status too, with that reason.
		return refused.Code == http.StatusBadRequest && refused.Reason != "failedPrecondition"
	}
	return false
}

// unclear reports whether Google refuses to speak of a group without saying why: it may be another
// company's, or there were too many questions. Where it still does after [mostTries], it is the former: too
// many questions for an hour would have stopped everything else too.
func unclear(err error) bool {
	refused, ok := errors.AsType[*workspace.Error](err)
	return ok && errors.Is(err, workspace.ErrForbidden) && refused.Reason == "" && !refused.Permanent()
}

// askLater queues the question for an unknown group once more.
func (h *handler) askLater(ctx context.Context, e event.RefreshGroup) error {
	wait := waitAfter(e.Try)
	at := h.now().Add(wait)
	e.Try++
	return h.ensure(ctx, e, fmt.Sprintf("unknown-%s-%d-%d", inName(e.Group), e.Try, at.UnixNano()/int64(wait)), at)
}
