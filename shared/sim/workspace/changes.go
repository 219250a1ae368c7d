package workspace

import (
	"net/http"
	"slices"
	"strings"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
)

// The changes themselves, for people and API alike. Each checks first, changes the store, and
// writes the audit entries. The server's lock is held.

// lagFor is how long a change stays invisible to an API: a program reads what it wrote.
func lagFor(by actor, lag time.Duration) time.Duration {
	if by.surface == throughAPI {
		return 0
	}
	return lag
}

func (s *Server) changeSettings(now time.Time, g *group, change map[string]string, take values, by actor) error {
	texts := map[string]*string{"name": &g.name, "description": &g.description}
	next, err := applySettings(g.settings.value, withoutKeys(change, texts), take)
	if err != nil {
		return err
	}
	for name := range texts {
		if err := checkValue(name, change[name], take); err != nil {
			return err
		}
	}
	if name, ok := change["name"]; ok && name == "" {
		return invalid("Invalid Value: name")
	}
	var told happened
	for _, name := range sortedKeys(texts) {
		if value, ok := change[name]; ok && value != *texts[name] {
			tellSetting(&told, g, name, *texts[name], value)
			*texts[name] = value
		}
	}
	was, is := fullSettings(g.settings.value), fullSettings(next)
	for _, name := range sortedKeys(is) {
		if was[name] != is[name] {
			tellSetting(&told, g, name, was[name], is[name])
		}
	}
	g.settings.set(next, now, lagFor(by, s.lag.Settings))
	s.record(now, by, told)
	return nil
}

func withoutKeys[V any](m map[string]string, keys map[string]V) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		if _, skip := keys[k]; !skip {
			out[k] = v
		}
	}
	return out
}

// addMember leaves the audit entries to its caller, because they differ: a bulk upload and the
// making of a group tell of the members in their own way.
func (s *Server) addMember(now time.Time, g *group, a *account, role string, by actor) (member, error) {
	if !isRole(role) {
		return member{}, invalid("Invalid Input: role")
	}
	list := g.members.value
	i, already := findMember(list, a)
	if already {
		return member{}, duplicate("Member already exists.")
	}
	if a.group != nil && role != plainMember {
		return member{}, invalid("Invalid Input: memberKey") // a group cannot own or manage another
	}
	if a.group != nil && holds(a.group, g) {
		return member{}, &apiError{code: http.StatusBadRequest, message: "Cyclic memberships not allowed", domain: "global", reason: "cyclicMembershipsNotAllowed"}
	}
	m := member{a, role}
	g.members.set(slices.Insert(slices.Clone(list), i, m), now, lagFor(by, s.lag.Members))
	a.in = append(a.in, g)
	return m, nil
}

func (s *Server) removeMember(now time.Time, g *group, key string, by actor) error {
	m, ok := s.memberOf(g, key)
	if !ok {
		return notFound("memberKey")
	}
	s.dropMember(now, g, m.account, by)
	s.record(now, by, tellMemberRemoved(g, m))
	return nil
}

func (s *Server) dropMember(now time.Time, g *group, a *account, by actor) {
	list := slices.DeleteFunc(slices.Clone(g.members.value), func(m member) bool { return m.account == a })
	g.members.set(list, now, lagFor(by, s.lag.Members))
	a.in = slices.DeleteFunc(a.in, func(in *group) bool { return in == g })
}

func (s *Server) setRole(now time.Time, g *group, key, role string, by actor) error {
	if !isRole(role) {
		return invalid("Invalid Input: role")
	}
	m, ok := s.memberOf(g, key)
	if !ok {
		return notFound("memberKey")
	}
	if m.group != nil && role != plainMember {
		return invalid("Invalid Input: memberKey")
	}
	if m.role == role {
		return nil
	}
	list := slices.Clone(g.members.value)
	i, _ := findMember(list, m.account)
	list[i].role = role
	g.members.set(list, now, lagFor(by, s.lag.Members))
	s.record(now, by, tellRole(g, list[i], m.role))
	return nil
}

// createGroup makes a group. Who creates one in Google Groups becomes its owner.
func (s *Server) createGroup(now time.Time, email, name string, by actor) error {
	email = strings.ToLower(email)
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || !s.ownsDomain(domain) {
		return invalid("Invalid Input: email")
	}
	if a := s.keys[email]; a != nil && a.inside() {
		return duplicate("Entity already exists.")
	}
	g := s.newGroup(email)
	g.name, g.adminCreated = name, by.surface != inGoogleGroups
	s.keys[g.id], s.keys[email] = g.account, g.account
	s.insertGroup(g)
	s.record(now, by, tellCreated(g))
	if creator := s.keys[by.email]; by.surface == inGoogleGroups && creator != nil {
		if _, err := s.addMember(now, g, creator, owner, by); err != nil {
			return err
		}
	}
	return nil
}

// deleteGroup deletes a group and its memberships in both directions.
func (s *Server) deleteGroup(now time.Time, g *group, by actor) {
	for _, parent := range slices.Clone(g.in) {
		s.dropMember(now, parent, g.account, by)
	}
	for _, m := range g.members.value {
		m.in = slices.DeleteFunc(m.in, func(in *group) bool { return in == g })
	}
	for _, key := range append([]string{g.id, g.email}, g.aliases...) {
		delete(s.keys, key)
	}
	s.removeGroup(g)
	s.record(now, by, tellDeleted(g))
}

// renameGroup gives a group another address. The former one stays as an alias; the id stays.
func (s *Server) renameGroup(now time.Time, g *group, email string, by actor) error {
	email = strings.ToLower(email)
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || !s.ownsDomain(domain) {
		return invalid("Invalid Input: email")
	}
	if a := s.keys[email]; a != nil && a.inside() && a != g.account {
		return duplicate("Entity already exists.")
	}
	was := g.email
	if was == email {
		return nil
	}
	g.aliases = append(slices.DeleteFunc(slices.Clone(g.aliases), func(a string) bool { return a == email }), was)
	s.removeGroup(g)
	g.email = email
	s.insertGroup(g)
	s.keys[email] = g.account
	s.record(now, by, tellRenamed(was, email))
	return nil
}

// suspend suspends a user, or ends that.
func (s *Server) suspend(now time.Time, a *account, suspended bool, by actor) {
	if a.user.suspended == suspended {
		return
	}
	name := "UNSUSPEND_USER"
	if suspended {
		name = "SUSPEND_USER"
	}
	a.user.suspended = suspended
	s.record(now, by, happened{admin: []*reports.ActivityEvents{event("USER_SETTINGS", name, "USER_EMAIL", a.email)}})
}
