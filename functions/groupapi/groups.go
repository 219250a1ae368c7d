package groupapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func toGroup(h mirror.Header) Group {
	return Group{
		ID: h.Group.ID, Email: h.Group.Email, Name: h.Group.Name, Description: h.Group.Description, Aliases: h.Group.Aliases,
		Members: h.Members, AsOf: h.Read.UTC(), Complete: h.Complete(),
	}
}

func (h *handler) groups(ctx context.Context, q *question) (any, error) {
	after := ""
	if q.cursor != "" {
		values, err := decodeCursor("groups", q.cursor, 1)
		if err != nil {
			return nil, err
		}
		after = values[0]
	}
	all, err := h.whole(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := Answer[[]Group]{Data: []Group{}, AsOf: all.asOf, WatchedUntil: all.watched, Complete: all.complete}
	// A client that sees few groups gets them over several pages of the mirror.
	for range maxLooks {
		page, err := h.mirror.Page(ctx, after, q.limit)
		if err != nil {
			return nil, err
		}
		for _, one := range page {
			after = one.Place()
			if !q.client.Sees(one.Group.Email) {
				continue
			}
			answer.Data = append(answer.Data, toGroup(one))
			answer.Complete = answer.Complete && one.Complete()
			if len(answer.Data) == q.limit {
				answer.Next = encodeCursor("groups", after)
				return answer, nil
			}
		}
		if len(page) < q.limit {
			return answer, nil
		}
	}
	answer.Next = encodeCursor("groups", after)
	return answer, nil
}

// maxLooks is how many pages of the mirror one page of an answer may be picked from. A page
// may be empty and not the last.
const maxLooks = 10

func (h *handler) oneGroup(ctx context.Context, q *question) (any, error) {
	head, err := h.group(ctx, q)
	if err != nil {
		return nil, err
	}
	until, err := h.watched(ctx)
	return Answer[Group]{Data: toGroup(head), AsOf: head.Read, WatchedUntil: until, Complete: head.Complete()}, err
}

func (h *handler) settings(ctx context.Context, q *question) (any, error) {
	head, err := h.find(ctx, q)
	if err != nil {
		return nil, err
	}
	s, err := h.mirror.Settings(ctx, head.Group.ID)
	if err != nil {
		return nil, err
	}
	if s.Read.IsZero() {
		return nil, problem(404, "unread", "The settings of this group were not read yet.", "")
	}
	if q.tooOld(s.Read, h.now()) {
		// Calls of this API are scarce: it comes after what is known to have changed.
		p := event.CheckSettings{Group: head.Group.ID, Noticed: h.now(), Sweep: true}
		return nil, h.readAgain(ctx, event.QueueSettings, p, head.Group.ID, s.Read)
	}
	until, err := h.watched(ctx)
	return Answer[Settings]{Data: Settings{Values: s.Values, Findings: s.Findings}, AsOf: s.Read, WatchedUntil: until, Complete: true}, err
}

func (h *handler) export(ctx context.Context, q *question, line func(any) error) error {
	all, err := h.whole(ctx, q)
	if err != nil {
		return err
	}
	end := End{AsOf: all.asOf, WatchedUntil: all.watched, Complete: all.complete}
	for after := ""; ; {
		page, err := h.mirror.Page(ctx, after, usualPage)
		if err != nil {
			return err
		}
		for _, one := range page {
			after = one.Place()
			if !q.client.Sees(one.Group.Email) {
				continue
			}
			head, members, err := h.mirror.Members(ctx, one.Group.ID)
			if errors.Is(err, mirror.ErrUnknown) {
				continue // gone meanwhile
			}
			if err != nil {
				return fmt.Errorf("export group %s: %w", one.Group.ID, err)
			}
			g := toGroup(head)
			if err := line(Exported{Group: &g, Members: toMembers(members)}); err != nil {
				return err
			}
			end.Groups++
			end.Complete = end.Complete && g.Complete
		}
		if len(page) < usualPage {
			break
		}
	}
	return line(Exported{End: &end})
}

func toMembers(list []group.Member) []Member {
	out := make([]Member, 0, len(list))
	for _, m := range list {
		out = append(out, Member{ID: m.ID, Email: m.Email, Role: m.Role, Type: m.Type, Status: m.Status})
	}
	return out
}
