package group

import "fmt"

// Doubt says why a listing of a group's members may be incomplete although it ended as
// listings end, or nothing.
//
// A listing does not say how many members it has. Google says it of the group: its
// directMembersCount, documented as the number of users that are direct members, nested groups
// not counted. The count can lag behind. So it is believed in one direction only, that people
// may be missing: a listing with fewer people than the count is in doubt; one with more is
// usual after people were added. A member who is listed twice moved while it was read.
//
// The count says nothing about nested groups; what a reading loses of them passes the brake.
func Doubt(g Group, members []Member) string {
	people := int64(0)
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if seen[m.ID] {
			return "a member is listed twice"
		}
		seen[m.ID] = true
		if m.Type != Nested && m.Type != Customer {
			people++
		}
	}
	if people < g.Count {
		return fmt.Sprintf("%d people are listed of a group that is said to have %d", people, g.Count)
	}
	return ""
}
