package looker

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// store is the instance as it stands. The server's lock guards it.
type store struct {
	users    []*user // by id, which is the order in which they were made
	roles    []role
	self     *user // the account with the API key
	sessions int   // made so far
}

// user is one user with what reading may still show of it. An account is replaced, never
// changed in place.
type user struct {
	current *account
	past    []outdated
}

// outdated is a former account, nil before there was one, and until when readers still get it.
type outdated struct {
	account *account
	until   time.Time
}

// account is a user at one moment.
type account struct {
	id, email, first, last string
	disabled               bool
	staff, presumed        bool
	service                bool
	roles                  []string // ids
	credentials            []credential
	sessions               []session
	// setup and reset are the secrets in one-time addresses, empty where there are none.
	setup, reset string
	resetEnds    time.Time // zero for a reset that does not end
}

// credential is one way in. The times are zero where Looker would show none.
type credential struct {
	kind          string
	created, used time.Time
}

type session struct {
	id, kind      string
	begun, ends   time.Time
	extended      time.Time
	extensions    int
	sudo, address string
}

type role struct{ id, name string }

// truth is the user as it stands.
func (u *user) truth() *account { return u.current }

// seen is what a reader gets at now, nil for a user who cannot be seen yet.
func (u *user) seen(now time.Time) *account {
	for len(u.past) > 0 && !now.Before(u.past[0].until) {
		u.past = u.past[1:]
	}
	if len(u.past) > 0 {
		return u.past[0].account
	}
	return u.current
}

// change replaces a user's account by a changed copy, which readers see after lag.
func (u *user) change(now time.Time, lag time.Duration, do func(*account)) {
	next := &account{}
	if u.current != nil {
		*next = *u.current
		next.roles, next.credentials, next.sessions = slices.Clone(next.roles), slices.Clone(next.credentials), slices.Clone(next.sessions)
	}
	do(next)
	if lag > 0 {
		u.past = append(u.past, outdated{u.current, now.Add(lag)})
	}
	u.current = next
}

// credential returns the credential of a kind, or nil.
func (a *account) credential(kind string) *credential {
	i := slices.IndexFunc(a.credentials, func(c credential) bool { return c.kind == kind })
	if i < 0 {
		return nil
	}
	return &a.credentials[i]
}

// builtInAdmin is the role that every instance has and that sees everything.
const builtInAdmin = "Admin"

// seed fills the store with a company. Its own account is there even if the company does not
// list it, and always has the API key. Users get their ids in the order in which they were
// made.
func (s *Server) seed(c *org.Company) error {
	self := cmp.Or(strings.ToLower(c.Looker.Self), "sekisho@"+cmp.Or(c.Domain, "example.com"))
	s.addRole(builtInAdmin)
	for _, name := range c.Looker.Roles {
		s.addRole(name)
	}
	names := map[string]string{}
	for _, p := range c.People {
		for _, email := range append([]string{p.Email}, p.Aliases...) {
			names[email] = p.Name
		}
	}
	list := slices.Clone(c.Looker.Users)
	if !slices.ContainsFunc(list, func(u org.LookerUser) bool { return u.Email == self }) {
		list = append(list, org.LookerUser{Email: self, Roles: []string{builtInAdmin}, ServiceAccount: true})
	}
	slices.SortStableFunc(list, func(a, b org.LookerUser) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Email, b.Email))
	})
	for _, in := range list {
		if s.byEmail(in.Email) != nil {
			return fmt.Errorf("seed Looker: there are two users %s", in.Email)
		}
		u := s.addUser()
		if in.Email == self {
			s.self, in.API3 = u, true
		}
		u.current = s.account(in, names[in.Email])
	}
	return nil
}

// account makes the account that a company's file describes.
func (s *Server) account(in org.LookerUser, name string) *account {
	a := &account{
		id: strconv.Itoa(len(s.users)), email: in.Email, disabled: in.Disabled, staff: in.Staff,
		presumed: in.PresumedStaff || in.Staff, service: in.ServiceAccount,
	}
	a.first, a.last = splitName(cmp.Or(name, in.Email[:strings.Index(in.Email+"@", "@")]))
	for _, role := range in.Roles {
		a.roles = append(a.roles, s.addRole(role))
	}
	for _, kind := range sortedKeys(in.Credentials) {
		a.credentials = append(a.credentials, credential{kind: kind, created: in.Created, used: in.Credentials[kind]})
	}
	if in.API3 {
		a.credentials = append(a.credentials, credential{kind: "api3", created: in.Created})
	}
	return a
}

// addUser makes room for a user with the next id.
func (s *Server) addUser() *user {
	u := &user{}
	s.users = append(s.users, u)
	return u
}

// addRole returns the id of a role, which is made if there is none of that name.
func (s *Server) addRole(name string) string {
	for _, r := range s.roles {
		if strings.EqualFold(r.name, name) {
			return r.id
		}
	}
	s.roles = append(s.roles, role{strconv.Itoa(len(s.roles) + 1), name})
	return s.roles[len(s.roles)-1].id
}

func (s *Server) role(id string) (role, bool) {
	i := slices.IndexFunc(s.roles, func(r role) bool { return r.id == id })
	if i < 0 {
		return role{}, false
	}
	return s.roles[i], true
}

// byEmail finds a user by address as it stands, or nil.
func (s *Server) byEmail(email string) *user {
	for _, u := range s.users {
		if u.current != nil && email != "" && strings.EqualFold(u.current.email, email) {
			return u
		}
	}
	return nil
}

// byID finds the user that a path names. Who cannot be seen yet is not found.
func (c *call) byID() (*user, error) {
	id := c.r.PathValue("user_id")
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(c.s.users) || strconv.Itoa(n) != id {
		return nil, notFound()
	}
	u := c.s.users[n-1]
	if u.seen(c.now) == nil {
		return nil, notFound()
	}
	return u, nil
}

// admin reports whether the account with the API key may see and change everything.
func (s *Server) admin() bool {
	return slices.ContainsFunc(s.self.current.roles, func(id string) bool {
		r, ok := s.role(id)
		return ok && r.name == builtInAdmin
	})
}

// splitName divides a full name. Names in Japanese writing have the family name first.
func splitName(full string) (first, last string) {
	one, two, ok := strings.Cut(full, " ")
	if !ok {
		return full, ""
	}
	if strings.ContainsFunc(full, func(r rune) bool { return r >= 0x3040 }) {
		return two, one
	}
	return one, two
}
