package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// crowd is the people of a company who change groups. What they do follows from the seed.
type crowd struct {
	world  *world.World
	rng    *rand.Rand
	people []string
	groups []string // addresses
	domain string
	admin  string
	made   int
	most   int // members of a group that is deleted
}

func newCrowd(w *world.World, c *org.Company, seed uint64) *crowd {
	out := &crowd{world: w, rng: rand.New(rand.NewPCG(seed, 0xc20d)), domain: c.Domain}
	for _, p := range c.People {
		out.people = append(out.people, p.Email)
		if p.Admin {
			out.admin = p.Email
		}
	}
	memberships := 0
	for _, g := range c.Groups {
		out.groups = append(out.groups, g.Email)
		memberships += len(g.Owners) + len(g.Managers) + len(g.Members)
	}
	out.most = min(mostDeleted, memberships/400)
	return out
}

// times returns when n changes are made between two times: at any moment, to the millisecond.
func (c *crowd) times(from, until time.Time, n int) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = from.Add(time.Duration(c.rng.Int64N(int64(until.Sub(from))))).Truncate(time.Millisecond)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// mostDeleted is the size of the largest group that somebody deletes: to lose more at once is a
// matter for the brake, which waits for people whom this measurement does not have.
const mostDeleted = 30

// change makes one change, by an administrator or by an owner of the group. One that Google
// refuses is tried with another group.
func (c *crowd) change(p *probe) error {
	for range 100 {
		if c.try(p) {
			return nil
		}
	}
	return fmt.Errorf("nobody could change anything at %s", c.world.Clock.Now().Format(time.RFC3339))
}

func (c *crowd) try(p *probe) bool {
	ws := c.world.Workspace
	at := c.rng.IntN(len(c.groups))
	address := c.groups[at]
	members := ws.Members(address)
	by := "" // an owner, or an administrator where the act needs one
	if c.rng.IntN(2) == 0 {
		by = c.admin
	}
	person := c.people[c.rng.IntN(len(c.people))]
	member, role := "", ""
	if len(members) > 1 {
		m := members[c.rng.IntN(len(members))]
		// Another role than the member has: the same again is no change, and nobody hears of it.
		member, role = m.Email, map[string]string{"MEMBER": "MANAGER", "MANAGER": "OWNER", "OWNER": "MEMBER"}[m.Role]
	}
	id := c.id(address)
	draw := c.rng.IntN(100)
	var err error
	switch {
	case draw >= 45 && draw < 80 && member == "", draw >= 84 && draw < 87 && len(members) > c.most:
		return false // not with this group
	case draw < 45:
		err = ws.AddMember(address, person, "MEMBER", by)
	case draw < 72:
		err = ws.RemoveMember(address, member, by)
	case draw < 80:
		err = ws.SetRole(address, member, role, by)
	case draw < 84:
		c.made++
		fresh := fmt.Sprintf("made%05d@%s", c.made, c.domain)
		if err = ws.CreateGroup(fresh, person); err == nil {
			c.groups = append(c.groups, fresh)
			id = c.id(fresh)
		}
	case draw < 87:
		if err = ws.DeleteGroup(address, ""); err == nil {
			c.groups = slices.Delete(c.groups, at, at+1)
		}
	case draw < 90:
		c.made++
		moved := fmt.Sprintf("moved%05d@%s", c.made, c.domain)
		if err = ws.RenameGroup(address, moved, ""); err == nil {
			c.groups[at] = moved
		}
	default:
		// Settings are not part of this mirror's freshness, but of the day's calls.
		setting := []string{"ALL_IN_DOMAIN_CAN_VIEW", "ALL_MEMBERS_CAN_VIEW", "ALL_MANAGERS_CAN_VIEW"}[c.rng.IntN(3)]
		return ws.SetSetting(address, "whoCanViewGroup", setting, by) == nil
	}
	if err != nil {
		return false
	}
	p.expect(id)
	return true
}

// id returns the immutable id of a group.
func (c *crowd) id(address string) string { return c.world.Workspace.GroupID(address) }
