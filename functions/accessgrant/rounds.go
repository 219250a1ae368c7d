package accessgrant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/notice"
	"github.com/sekisho/sekisho/shared/state/place"
)

// This file is the round through all places, in which dead bindings are cleared away and what others
// did is found and told.

// roundTime is how long one round through all places may take: each is a call or two, one after the
// other, and a company may have a thousand.
const roundTime = 25 * time.Minute

// clean first proposes to take back what people may not have any more. Then it goes through every
// place at which policy gives access or somebody has it, clears away what has ended, and tells the
// channel what does not follow from any request. One place that goes wrong does not keep it from the
// others.
func (h *handler) clean(ctx context.Context) error {
	problems := []error{h.recheck(ctx, event.RecheckAccess{})}
	live, err := h.live(ctx)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	for _, at := range h.scopes(live) {
		if err := h.cleanAt(ctx, at, live); err != nil {
			problems = append(problems, fmt.Errorf("clean %s %s: %w", at.Kind, at.Name, err))
		}
	}
	return errors.Join(problems...)
}

// places clears away what has ended at all places at which access can be given, and reads their
// policies, so that desks know what there is no room for. One place that cannot be read does not keep it from the others.
func (h *handler) places(ctx context.Context) error {
	var problems []error
	for _, at := range h.scopes(nil) {
		if !at.Conditional() {
			continue
		}
		_, err := h.clearAndRead(ctx, at)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// clearAndRead clears away what has ended at a place, and keeps the policy that it reads back.
func (h *handler) clearAndRead(ctx context.Context, at grant.Scope) (grant.Policy, error) {
	now := h.now()
	p, err := h.policies.Edit(ctx, at, grant.Edit{Now: now})
	if err != nil {
		return grant.Policy{}, err
	}
	return p, place.Put(ctx, h.store, place.Reading{Scope: at, Policy: p, At: now})
}

// farFuture is longer than any access lasts.
const farFuture = 10 * 365 * 24 * time.Hour

// live returns all access that anybody has.
func (h *handler) live(ctx context.Context) ([]grant.Grant, error) {
	now := h.now()
	changes, err := h.ledger.Ending(ctx, change.AccessGrant, now, now.Add(farFuture))
	if err != nil {
		return nil, err
	}
	return desk.GrantsOf(changes)
}

// scopes lists the places that are looked at, each once.
func (h *handler) scopes(live []grant.Grant) []grant.Scope {
	var out []grant.Scope
	for _, e := range h.policy.Access {
		out = append(out, e.Scope)
	}
	for _, g := range live {
		out = append(out, g.Scope)
	}
	slices.SortFunc(out, compareScopes)
	return slices.Compact(out)
}

func compareScopes(a, b grant.Scope) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

func (h *handler) cleanAt(ctx context.Context, at grant.Scope, live []grant.Grant) error {
	now := h.now()
	if at.Kind == grant.Group {
		return nil // Google lets go of members by itself
	}
	p, err := h.clearAndRead(ctx, at)
	if err != nil {
		return err
	}
	here := slices.DeleteFunc(slices.Clone(live), func(g grant.Grant) bool { return g.Scope != at })
	// A grant whose access an extension took over has no binding of its own any more.
	here = slices.DeleteFunc(here, func(g grant.Grant) bool {
		return slices.ContainsFunc(live, func(o grant.Grant) bool { return slices.Contains(o.Replaces, g.ID) })
	})
	return errors.Join(h.tellDrift(ctx, at, grant.Drifts(p, here, now)), h.tellCrowding(ctx, at, p.Crowding()))
}

// noticeAt begins a notice to the channel about a place.
func (h *handler) noticeAt(kind notice.Kind, at grant.Scope) notice.Notice {
	name := strings.ReplaceAll(string(kind), ".", "-")
	return notice.Notice{
		ID: fmt.Sprintf("%s-%s-%s", name, at.Kind, strings.ReplaceAll(at.Name, "/", "_")), Kind: kind, Channel: h.channel, At: h.now(),
		Facts: map[string]string{"scope": at.String(), "kind": string(at.Kind), "name": at.Name},
	}
}

// tell tells the channel of a notice, or that what it was about is over.
func (h *handler) tell(ctx context.Context, n notice.Notice) error {
	if len(n.Rows) == 0 {
		return notice.Withdraw(ctx, h.store, h.queue, n.ID, n.At)
	}
	return notice.Post(ctx, h.store, h.queue, n)
}

func (h *handler) tellDrift(ctx context.Context, at grant.Scope, drifts []grant.Drift) error {
	n := h.noticeAt(notice.AccessDrift, at)
	for _, d := range drifts {
		row := map[string]string{"what": string(d.Kind), "role": d.Role, "member": strings.Join(d.Members, ", "), "change": d.Change, "title": d.Title, "text": d.Text}
		if d.Kind == grant.Changed {
			row["part"], row["is"], row["was"] = string(d.Edited.Part), d.Edited.Is, d.Edited.Was
		}
		n.Rows = append(n.Rows, row)
	}
	return h.tell(ctx, n)
}

// tellCrowding tells the channel of a policy that is nearly full before requests are refused for it.
func (h *handler) tellCrowding(ctx context.Context, at grant.Scope, crowding []grant.Load) error {
	n := h.noticeAt(notice.AccessCrowded, at)
	for _, l := range crowding {
		n.Rows = append(n.Rows, map[string]string{"limit": l.Limit, "have": strconv.Itoa(l.Have), "most": strconv.Itoa(l.Most)})
	}
	return h.tell(ctx, n)
}
