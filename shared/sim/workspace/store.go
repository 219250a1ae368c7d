package workspace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// account is whatever can be a member of a group: a user, a group, or an address outside the
// company. Its id never changes; its address may.
type account struct {
	id      string
	email   string
	aliases []string
	user    *user    // set for a user of the company
	group   *group   // set for a group of the company
	in      []*group // the groups of which it is a direct member, in no order
}

type user struct {
	person    org.Person
	suspended bool
	created   time.Time
	lastLogin time.Time // zero for never
}

type group struct {
	*account
	name         string
	description  string
	adminCreated bool
	members      late[[]member]          // sorted by the member's id
	settings     late[map[string]string] // what differs from the defaults
}

type member struct {
	*account
	role string
}

// Roles of members.
const (
	owner       = "OWNER"
	manager     = "MANAGER"
	plainMember = "MEMBER"
)

// store is the company as it stands. The server's lock guards it.
type store struct {
	keys   map[string]*account // by id, address and alias, in lower case
	groups []*group            // sorted by address
	users  []*account          // sorted by address
}

// seedFrom fills the store with a company. Everybody inside comes first, so that a member's
// address is known to be theirs.
func (s *Server) seedFrom(c *org.Company) error {
	s.keys = make(map[string]*account, 2*(len(c.People)+len(c.Groups)))
	for _, p := range c.People {
		a := &account{id: s.userID(p.Email), email: p.Email, aliases: slices.Clone(p.Aliases), user: s.newUser(p)}
		if err := s.register(a); err != nil {
			return err
		}
		s.users = append(s.users, a)
	}
	slices.SortFunc(s.users, func(a, b *account) int { return cmp.Compare(a.email, b.email) })
	for _, g := range c.Groups {
		made := s.newGroup(g.Email)
		made.name, made.description, made.adminCreated = g.Name, g.Description, true
		made.settings.value = maps.Clone(g.Settings)
		if err := s.register(made.account); err != nil {
			return err
		}
		s.groups = append(s.groups, made)
	}
	slices.SortFunc(s.groups, func(a, b *group) int { return cmp.Compare(a.email, b.email) })
	for _, g := range c.Groups {
		if err := s.seedMembers(s.keys[g.Email].group, g); err != nil {
			return err
		}
	}
	return nil
}

// seedMembers fills a group. A group may own another here, though nobody could make it so
// today: companies have such memberships from former times.
func (s *Server) seedMembers(into *group, g org.Group) error {
	for _, part := range []struct {
		role string
		list []string
	}{{owner, g.Owners}, {manager, g.Managers}, {plainMember, g.Members}} {
		for _, email := range part.list {
			a := s.accountFor(email)
			if a == into.account {
				return fmt.Errorf("seed the directory: %s is a member of itself", g.Email)
			}
			into.members.value = append(into.members.value, member{a, part.role})
		}
	}
	into.members.value = oneRoleEach(into.members.value)
	for _, m := range into.members.value {
		m.in = append(m.in, into)
	}
	return nil
}

// oneRoleEach sorts members by id and keeps the highest role of each, since an alias may name
// somebody twice.
func oneRoleEach(list []member) []member {
	slices.SortStableFunc(list, func(a, b member) int { return cmp.Compare(a.id, b.id) })
	return slices.CompactFunc(list, func(a, b member) bool { return a.account == b.account })
}

func (s *Server) newGroup(email string) *group {
	s.created++
	a := &account{id: s.groupID(email, s.created), email: email}
	a.group = &group{account: a}
	return a.group
}

// newUser makes a user of a person. Where the company does not say, the account is as old as
// the company, and was signed in to just before the world began.
func (s *Server) newUser(p org.Person) *user {
	u := &user{person: p, suspended: p.Suspended, created: p.Created, lastLogin: p.LastLogin}
	if u.created.IsZero() {
		u.created = time.Date(2020, 4, 1, 0, 0, 0, 0, time.UTC)
	}
	if u.lastLogin.IsZero() && !p.NeverLoggedIn {
		u.lastLogin = s.now()
	}
	return u
}

// register makes an account known under its id and addresses.
func (s *Server) register(a *account) error {
	for _, key := range append([]string{a.id, a.email}, a.aliases...) {
		if other := s.keys[key]; other != nil && other != a {
			return fmt.Errorf("seed the directory: %s belongs to %s and to %s", key, other.email, a.email)
		}
		s.keys[key] = a
	}
	return nil
}

// accountFor returns the account with that address, which is one outside the company if
// nobody inside has it.
func (s *Server) accountFor(email string) *account {
	email = strings.ToLower(email)
	if a := s.keys[email]; a != nil {
		return a
	}
	a := &account{id: s.userID(email), email: email}
	s.keys[a.id], s.keys[email] = a, a
	return a
}

// groupFor finds a group by id, address or alias.
func (s *Server) groupFor(key string) *group {
	if a := s.keys[strings.ToLower(key)]; a != nil {
		return a.group
	}
	return nil
}

// inside reports whether the account is a user or a group of the company.
func (a *account) inside() bool { return a.user != nil || a.group != nil }

// kind is the member type that the Directory API shows.
func (a *account) kind() string {
	if a.group != nil {
		return "GROUP"
	}
	return "USER"
}

// status is the member status that the Directory API shows: none for somebody outside.
func (a *account) status() string {
	switch {
	case !a.inside():
		return ""
	case a.user != nil && a.user.suspended:
		return "SUSPENDED"
	}
	return "ACTIVE"
}

func findMember(list []member, a *account) (int, bool) {
	return slices.BinarySearchFunc(list, a.id, func(m member, id string) int { return cmp.Compare(m.id, id) })
}

// memberOf returns the current membership of somebody, found by id, address or alias, in a
// group.
func (s *Server) memberOf(g *group, key string) (member, bool) {
	a := s.keys[strings.ToLower(key)]
	if a == nil {
		return member{}, false
	}
	i, ok := findMember(g.members.value, a)
	if !ok {
		return member{}, false
	}
	return g.members.value[i], true
}

// holds reports whether one group is another or has it among its direct or indirect members.
func holds(outer, inner *group) bool {
	seen := map[*group]bool{inner: true}
	for queue := []*group{inner}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == outer {
			return true
		}
		for _, parent := range queue[0].in {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
	}
	return false
}

// insertGroup puts a group into its place in the list; removeGroup takes it out again. The
// address must not change while the group is in the list.
func (s *Server) insertGroup(g *group) {
	i, _ := s.placeOf(g)
	s.groups = slices.Insert(s.groups, i, g)
}

func (s *Server) removeGroup(g *group) {
	if i, ok := s.placeOf(g); ok {
		s.groups = slices.Delete(s.groups, i, i+1)
	}
}

func (s *Server) placeOf(g *group) (int, bool) {
	return slices.BinarySearchFunc(s.groups, g.email, func(other *group, email string) int { return cmp.Compare(other.email, email) })
}

// setting is the current value of one setting.
func (g *group) setting(name string) string { return settingIn(g.settings.value, name) }

func settingIn(values map[string]string, name string) string {
	if v, ok := values[name]; ok {
		return v
	}
	s, _ := org.SettingNamed(name)
	return s.Default
}
