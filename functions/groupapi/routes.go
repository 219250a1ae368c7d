package groupapi

import (
	"context"
	"slices"
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
	maxAge    = parameter{"max_age", "integer", "Seconds; something older is not wanted. Of groups that are named, it counts from when Google was asked about the oldest of them, and what is older is read. Of an answer about any group it counts from as_of or watched_until, whichever is later: up to 900 seconds ago, also where nothing happened."}
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
			Scope: ReadMembers, Query: paging, Problems: []int{422}, Data: []Path{}, Answer: h.why,
		},
		{
			Path: "/v1/people/{person}/groups", Summary: "The groups of a person, by address. Somebody from outside has the id that members of groups have.", Scope: ReadPeople,
			Query: append(slices.Clone(paging), effective), Problems: []int{422}, Data: []Membership{}, Answer: h.groupsOf,
		},
		{
			Path: "/v1/changes", Summary: "What changed, the oldest first, a minute after it was noted. Without a cursor from now on: the answer is empty and has a cursor.",
			Scope: ReadChanges, Query: append(slices.Clone(paging), parameter{"since", "string", "Where to begin without a cursor, RFC 3339, at most 30 days ago."}),
			Problems: []int{410}, Data: []Change{}, Answer: h.changes,
		},
		{Path: "/v1/export", Summary: "Every group with its members, one a line, as NDJSON; the last line says whether that was all.", Scope: Export, Data: Exported{}, Stream: h.export},
	}
}
