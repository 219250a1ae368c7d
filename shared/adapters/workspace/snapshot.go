package workspace

import (
	"context"
	"errors"
	"maps"
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
// Google does not say how many members a listing has, and says two things elsewhere: the page
// token, which Snapshot follows to its end, and the group's directMembersCount. The count
// follows changes late, and is documented to count users, while a listing holds nested
// groups, too; in the field both are doubtful. So Snapshot takes it as a hint in one
// direction only, that members may be missing:
//
//   - A listing with at least as many users as stated is taken. More than stated is usual
//     after members were added.
//   - A listing with fewer members of all types than stated cannot be right whatever the count
//     means. It is read again, once, with the group, and is [ErrIncomplete] if nothing changed:
//     the count catches up before a queue has run out of tries.
//   - In between, with fewer users than stated but enough members, the count may include the
//     nested groups, or users may be missing. It is read again, and taken if both readings
//     list the same members in the same roles.
//
// A listing with a member in it twice moved while it was read, and is treated like one with
// too few members; so is a group that is found while its members are not, as it happens in the
// first minute of a group's life. A page that comes back, or more than a thousand pages, are
// [ErrIncomplete] at once. A group that does not exist is [ErrNotFound].
//
// Now is the time at the beginning of the reading, and becomes the snapshot's.
func (d *Directory) Snapshot(ctx context.Context, idOrEmail string, now time.Time) (group.Snapshot, error) {
	first, err := d.read(ctx, idOrEmail)
	if err != nil {
		return group.Snapshot{}, err
	}
	last, doubt := first, first.doubt()
	if doubt != "" {
		// By id: an address can pass to another group in the meantime.
		if last, err = d.read(ctx, first.group.ID); err != nil {
			return group.Snapshot{}, err
		}
		doubt = last.doubt()
	}
	if doubt == fewUsers && maps.Equal(first.roles(), last.roles()) {
		doubt = ""
	}
	if doubt != "" {
		return group.Snapshot{}, d.incomplete("members.list", doubt)
	}
	return group.Snapshot{Group: last.group, Members: last.members, Read: now}, nil
}

// The doubts about a reading.
const (
	fewUsers   = "fewer users are listed than the group is said to have"
	fewMembers = "fewer members are listed than the group is said to have"
	twice      = "a member is listed twice"
	noListing  = "the group exists and its members cannot be found"
)

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
	users := int64(len(r.members))
	for _, m := range r.members {
		if m.Type == group.Nested || m.Type == group.Customer {
			users--
		}
	}
	switch {
	case r.missing:
		return noListing
	case len(r.roles()) < len(r.members):
		return twice
	case int64(len(r.members)) < r.group.Count:
		return fewMembers
	case users < r.group.Count:
		return fewUsers
	}
	return ""
}

// roles maps each member's id to the role.
func (r reading) roles() map[string]group.Role {
	roles := make(map[string]group.Role, len(r.members))
	for _, m := range r.members {
		roles[m.ID] = m.Role
	}
	return roles
}
