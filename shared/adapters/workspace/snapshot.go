package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// maxPages bounds a listing, so that a server which never ends ends somewhere. It allows for
// 200,000 members.
const maxPages = 1000

// Snapshot reads a group with all its direct members, by its address, an alias or its id. It
// returns the whole group or an error, never a part: a person who is missing from a snapshot
// is taken as removed.
//
// A listing does not say how many members it has. Google says two things: the token of each
// next page, which Snapshot follows to the end, and the group's directMembersCount, which is
// documented as the number of users that are direct members, nested groups not counted. The
// count can lag behind. So it is believed in one direction only, that people may be missing:
// a listing with fewer people than the count is read again, once, together with the group,
// and is [ErrIncomplete] if it still has fewer. After a removal the count catches up before a
// queue has run out of tries. A listing with more people than the count is taken: that is
// usual after people were added.
//
// The count says nothing about nested groups. Before acting on the disappearance of one, ask
// [Directory.Member].
//
// A listing with a member in it twice moved while it was read, and is treated like one with
// too few people; so is a group that is found while its members are not, as it happens in the
// first minute of a group's life. A page that comes back, or more than a thousand pages, are
// [ErrIncomplete] at once. A group that does not exist is [ErrNotFound].
//
// Now is the time at the beginning of the reading, and becomes the snapshot's.
func (d *Directory) Snapshot(ctx context.Context, idOrEmail string, now time.Time) (group.Snapshot, error) {
	r, err := d.read(ctx, idOrEmail)
	if err == nil && r.doubt() != "" {
		// By id: an address can pass to another group in the meantime.
		r, err = d.read(ctx, r.group.ID)
	}
	if err != nil {
		return group.Snapshot{}, err
	}
	if doubt := r.doubt(); doubt != "" {
		return group.Snapshot{}, d.incomplete("members.list", doubt)
	}
	return group.Snapshot{Group: r.group, Members: r.members, Read: now}, nil
}

// reading is a group and a listing of its members that ended as listings end.
type reading struct {
	group   group.Group
	members []group.Member
	missing bool // Google knows the group and not its members
}

// read reads a group and follows the pages of its members to the end.
func (d *Directory) read(ctx context.Context, idOrEmail string) (reading, error) {
	const op = "members.list"
	g, err := d.Group(ctx, idOrEmail)
	if err != nil {
		return reading{}, err
	}
	r := reading{group: g}
	seen := map[string]bool{}
	for token := ""; ; {
		page, err := d.Members(ctx, g.ID, token)
		if errors.Is(err, ErrNotFound) {
			r.missing = true
			return r, nil
		}
		if err != nil {
			return reading{}, err
		}
		r.members = append(r.members, page.Members...)
		token = page.Next
		switch {
		case token == "":
			return r, nil
		case seen[token]:
			return reading{}, d.incomplete(op, "the pages go round in a circle")
		case len(seen) == maxPages-1:
			return reading{}, d.incomplete(op, "there are more pages than a group can have")
		}
		seen[token] = true
	}
}

// doubt says why the reading may be incomplete, or nothing.
func (r reading) doubt() string {
	if r.missing {
		return "the group exists and its members cannot be found"
	}
	people := int64(0)
	seen := make(map[string]bool, len(r.members))
	for _, m := range r.members {
		if seen[m.ID] {
			return "a member is listed twice"
		}
		seen[m.ID] = true
		if m.Type != group.Nested && m.Type != group.Customer {
			people++
		}
	}
	if people < r.group.Count {
		return fmt.Sprintf("%d people are listed of a group that is said to have %d", people, r.group.Count)
	}
	return ""
}
