package groupapi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// route is one path, with what its description says.
type route struct {
	Path    string
	Summary string
	Scope   Scope
	// Query are the parameters besides max_age.
	Query []parameter
	// Problems are the statuses of problems that only this path has.
	Problems []int
	// Data is an example of what the answer's data is made of, for the schema.
	Data any
	// Answer answers; Stream writes lines instead.
	Answer func(context.Context, *question) (any, error)
	Stream func(context.Context, *question, func(any) error) error
}

type parameter struct {
	Name, Type, Text string
}

var (
	paging = []parameter{
		{"limit", "integer", "Items on the page, 1 to 1000; 100 where absent."},
		{"cursor", "string", "Where the page begins: next of the page before."},
	}
	effective = parameter{"effective", "boolean", "Through nested groups too, with the path."}
	maxAge    = parameter{"max_age", "integer", "Seconds; something older is not wanted. Of groups that are named, it counts from when Google was asked about the oldest of them, and what is older is read. Of an answer about any group it counts from as_of or watched_until, whichever is later."}
)

func (r route) takes(name string) bool {
	return name == maxAge.Name || slices.ContainsFunc(r.Query, func(p parameter) bool { return p.Name == name })
}

func (h *handler) routes() []route {
	return []route{
		{Path: "/v1/groups", Summary: "All groups that the client may see, by address.", Scope: ReadGroups, Query: paging, Data: []Group{}, Answer: h.groups},
		{Path: "/v1/groups/{group}", Summary: "One group, by its id or one of its addresses.", Scope: ReadGroups, Data: Group{}, Answer: h.oneGroup},
		{
			Path: "/v1/groups/{group}/members", Summary: "The members of a group, by address.", Scope: ReadMembers,
			Query: append(slices.Clone(paging), effective), Problems: []int{422}, Data: []Member{}, Answer: h.members,
		},
		{Path: "/v1/groups/{group}/settings", Summary: "A group's settings as they were read last.", Scope: ReadSettings, Data: Settings{}, Answer: h.settings},
		{
			Path: "/v1/groups/{group}/why/{person}", Summary: "Why somebody is in a group: the paths, the shortest first; none where they are not.",
			Scope: ReadMembers, Problems: []int{422}, Data: []Path{}, Answer: h.why,
		},
		{
			Path: "/v1/people/{person}/groups", Summary: "The groups of a person, by address. Somebody from outside has the id that members of groups have.", Scope: ReadPeople,
			Query: append(slices.Clone(paging), effective), Problems: []int{422}, Data: []Membership{}, Answer: h.groupsOf,
		},
		{
			Path: "/v1/changes", Summary: "What changed, the oldest first. Without a cursor from now on: the answer is empty and has a cursor.",
			Scope: ReadChanges, Query: append(slices.Clone(paging), parameter{"since", "string", "Where to begin without a cursor, RFC 3339, at most 30 days ago."}),
			Problems: []int{410}, Data: []Change{}, Answer: h.changes,
		},
		{Path: "/v1/export", Summary: "Every group with its members, one a line, as NDJSON; the last line says whether that was all.", Scope: Export, Data: Exported{}, Stream: h.export},
	}
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

// encodeCursor and decodeCursor carry where a page begins. The kind keeps a cursor of one path
// from being used on another.
func encodeCursor(kind string, values ...string) string {
	data, err := json.Marshal(append([]string{kind}, values...))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func decodeCursor(kind, cursor string, values int) ([]string, error) {
	bad := malformed("The cursor is none of this path's.")
	if len(cursor) > 2000 {
		return nil, bad
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, bad
	}
	var all []string
	if json.Unmarshal(data, &all) != nil || len(all) != values+1 || all[0] != kind {
		return nil, bad
	}
	return all[1:], nil
}

// pageOf returns the part of a sorted list that follows a key, and the cursor of what is left.
func pageOf[T any](q *question, kind string, list []T, key func(T) string) ([]T, string, error) {
	if q.cursor != "" {
		after, err := decodeCursor(kind, q.cursor, 1)
		if err != nil {
			return nil, "", err
		}
		first, _ := slices.BinarySearchFunc(list, after[0], func(item T, after string) int {
			if key(item) <= after {
				return -1
			}
			return 1
		})
		list = list[first:]
	}
	next := ""
	if len(list) > q.limit {
		list = list[:q.limit]
		next = encodeCursor(kind, key(list[q.limit-1]))
	}
	if list == nil {
		list = []T{} // an empty list, not none
	}
	return list, next, nil
}
