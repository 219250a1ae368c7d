package groupapi

import (
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// This file is what clients get.

// Answer is what every question is answered with.
type Answer[T any] struct {
	Data T `json:"data"`
	// AsOf is when Google was asked for the oldest part of the answer.
	AsOf time.Time `json:"as_of"`
	// WatchedUntil is up to when the audit logs were followed: what changed before, and was noted
	// there when they were read last, has been read again. A reading that cannot be made is waited
	// for as long as groupwatch reads back, by default three hours. While nothing has to be waited
	// for, it is a quarter of an hour ago at most. Zero before the first poll.
	WatchedUntil time.Time `json:"watched_until"`
	// Complete says that nothing is missing, nothing is held back by the brake, and nothing is
	// known to have changed since.
	Complete bool `json:"complete"`
	// Next is the cursor of the next page; absent on the last.
	Next string `json:"next,omitempty"`
}

// Group is one group.
type Group struct {
	ID          string   `json:"id"`
	Email       string   `json:"email"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Aliases     []string `json:"aliases,omitempty"`
	// Members is how many direct members there are.
	Members int `json:"members"`
	// AsOf is when the members were read; absent while they never were.
	AsOf     time.Time `json:"as_of,omitzero"`
	Complete bool      `json:"complete"`
}

// Member is one member of a group.
type Member struct {
	ID     string     `json:"id"`
	Email  string     `json:"email"`
	Role   group.Role `json:"role"`
	Type   group.Type `json:"type"`
	Status string     `json:"status,omitempty"`
	// Path are the addresses of the groups through which an indirect member is in, from the
	// group itself to the one that they are a direct member of. One that the client may not
	// see is hidden.
	Path []string `json:"path,omitempty"`
}

// Membership is a group that somebody is in.
type Membership struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
	// Direct says that they are a direct member; otherwise Through names the groups between.
	Direct  bool     `json:"direct"`
	Through []string `json:"through,omitempty"`
}

// Path is one reason why somebody is in a group.
type Path struct {
	// Groups are the addresses from the group of which they are a direct member to the group
	// that was asked about.
	Groups []string `json:"groups"`
	// Role is their role in the first of them. Who is in through a nested group is a plain
	// member of the outer one.
	Role group.Role `json:"role"`
}

// Settings are a group's settings.
type Settings struct {
	Values map[string]string `json:"values"`
	// Findings says in words what is not as the company's rules want it.
	Findings []string `json:"findings,omitempty"`
}

// Change is one difference of the mirror.
type Change struct {
	At      time.Time    `json:"at"`
	Group   string       `json:"group"`
	Email   string       `json:"email"`
	Parts   []group.Part `json:"parts"`
	Added   []string     `json:"added,omitempty"`
	Removed []string     `json:"removed,omitempty"`
	Changed []string     `json:"changed,omitempty"`
	// Many says that there are too many members to name: read the group.
	Many bool `json:"many,omitempty"`
}

// Exported is one line of the export: a group with its members, or the last line.
type Exported struct {
	Group   *Group   `json:"group,omitempty"`
	Members []Member `json:"members,omitempty"`
	End     *End     `json:"end,omitempty"`
}

// End is the last line of an export. An export without it was cut off.
type End struct {
	Groups       int       `json:"groups"`
	AsOf         time.Time `json:"as_of"`
	WatchedUntil time.Time `json:"watched_until"`
	Complete     bool      `json:"complete"`
}

// hidden stands for a group that the client may not see.
const hidden = "(hidden)"

// shown returns addresses as the client may see them.
func (q *question) shown(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		if !q.client.Sees(a) {
			a = hidden
		}
		out = append(out, a)
	}
	return out
}
