package slack

import (
	"slices"

	"github.com/sekisho/sekisho/shared/sim"
)

// UserGroup is a mention group such as @data-owners.
type UserGroup struct {
	Handle, Name, Description string
	Members                   []string // addresses of people
	Disabled                  bool
}

// AddUserGroup adds a user group, or changes the one with the same handle.
func (s *Server) AddUserGroup(g UserGroup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.actors(g.Members); err != nil {
		return err
	}
	i := slices.IndexFunc(s.groups, func(known UserGroup) bool { return known.Handle == g.Handle })
	if i >= 0 {
		s.groups[i] = g
		return nil
	}
	s.groups = append(s.groups, g)
	return nil
}

func (s *Server) groupUsers(g UserGroup) []string {
	ids := []string{}
	for _, email := range g.Members {
		if p := s.personByEmail(email); p != nil && !p.Deleted {
			ids = append(ids, p.id)
		}
	}
	return ids
}

func (s *Server) userGroupsList(c *call) (map[string]any, error) {
	groups := []any{}
	for _, g := range s.groups {
		if g.Disabled && !c.args.flag("include_disabled") {
			continue
		}
		j := map[string]any{
			"id": hashedID("S", g.Handle), "team_id": s.opt.TeamID, "is_usergroup": true, "is_external": false,
			"handle": g.Handle, "name": g.Name, "description": g.Description,
			"date_create": s.made, "date_update": s.made, "date_delete": 0,
			"created_by": slackbotID, "updated_by": slackbotID, "deleted_by": nil, "auto_type": nil,
			"prefs": map[string]any{"channels": []any{}, "groups": []any{}},
		}
		if g.Disabled {
			j["date_delete"], j["deleted_by"] = c.now.Unix(), slackbotID
		}
		if c.args.flag("include_users") {
			j["users"] = s.groupUsers(g)
		}
		if c.args.flag("include_count") {
			j["user_count"] = len(s.groupUsers(g))
		}
		groups = append(groups, j)
	}
	switch s.draw(c.now, sim.FaultPartial, sim.FaultEmpty) {
	case sim.FaultPartial:
		groups = groups[:len(groups)/2]
	case sim.FaultEmpty:
		groups = []any{}
	}
	return map[string]any{"usergroups": groups}, nil
}

func (s *Server) userGroupsUsersList(c *call) (map[string]any, error) {
	i := slices.IndexFunc(s.groups, func(g UserGroup) bool { return hashedID("S", g.Handle) == c.args.text("usergroup") })
	if i < 0 || (s.groups[i].Disabled && !c.args.flag("include_disabled")) {
		return nil, refuse("no_such_subteam")
	}
	return map[string]any{"users": s.groupUsers(s.groups[i])}, nil
}
