package workspace

import (
	"slices"
	"strings"
	"time"
)

// What is so in Google at this moment, whatever the APIs still answer.

// Group is a group as it stands.
type Group struct {
	ID, Email, Name, Description string
	Aliases                      []string
}

// Member is a direct membership as it stands.
type Member struct {
	ID, Email string
	Role      string // OWNER, MANAGER or MEMBER
	Type      string // USER or GROUP
	Status    string // ACTIVE, SUSPENDED, or empty for somebody outside the company
}

// User is a user as they stand.
type User struct {
	ID, Email        string
	Aliases          []string
	Suspended, Admin bool
}

// Channel is a watch channel that is alive.
type Channel struct {
	ID, Application, Address string
	Expires                  time.Time
}

// Setting returns one setting of a group, found by id, address or alias. The boolean is false
// if there is no such group or setting.
func (s *Server) Setting(group, field string) (string, bool) {
	settings, _ := s.Settings(group)
	value, ok := settings[field]
	return value, ok
}

// Settings returns all live settings of a group, with name and description.
func (s *Server) Settings(group string) (map[string]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groupFor(group)
	if g == nil {
		return nil, false
	}
	out := fullSettings(g.settings.value)
	out["name"], out["description"] = g.name, g.description
	return out, true
}

// Members returns the direct members of a group, sorted by address, or nil if there is no
// such group.
func (s *Server) Members(group string) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groupFor(group)
	if g == nil {
		return nil
	}
	out := make([]Member, 0, len(g.members.value))
	for _, m := range g.members.value {
		out = append(out, Member{m.id, m.email, m.role, m.kind(), m.status()})
	}
	slices.SortFunc(out, func(a, b Member) int { return strings.Compare(a.Email, b.Email) })
	return out
}

// GroupID returns the immutable id of a group, found by id, address or alias; empty if there is
// no such group.
func (s *Server) GroupID(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groupFor(key); g != nil {
		return g.id
	}
	return ""
}

// Groups returns all groups, sorted by address.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Group, 0, len(s.groups))
	for _, g := range s.groups {
		out = append(out, Group{g.id, g.email, g.name, g.description, slices.Clone(g.aliases)})
	}
	return out
}

// Users returns all users, sorted by address.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.users))
	for _, a := range s.users {
		out = append(out, User{a.id, a.email, slices.Clone(a.aliases), a.user.suspended, a.user.person.Admin})
	}
	return out
}

// Channels returns the watch channels that are alive, oldest first.
func (s *Server) Channels() []Channel {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Channel
	for _, ch := range s.channels {
		if ch.alive(now) {
			out = append(out, Channel{ch.id, ch.app, ch.address, ch.ends})
		}
	}
	return out
}
