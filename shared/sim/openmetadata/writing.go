package openmetadata

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// newEntity is the body of a request for an entity, with the properties of all kinds.
type newEntity struct {
	Name         string      `json:"name"`
	DisplayName  string      `json:"displayName"`
	Description  string      `json:"description"`
	TeamType     string      `json:"teamType"`
	Email        string      `json:"email"`
	ExternalID   string      `json:"externalId"`
	Joinable     *bool       `json:"isJoinable"`
	Parents      []string    `json:"parents"`
	Children     []string    `json:"children"`
	Users        []string    `json:"users"`
	DefaultRoles []string    `json:"defaultRoles"`
	Policies     []string    `json:"policies"` // ids for a team, names for a role
	Owners       []reference `json:"owners"`
	Admin        bool        `json:"isAdmin"`
	Bot          bool        `json:"isBot"`
	Teams        []string    `json:"teams"`
	Roles        []string    `json:"roles"`
	Rules        []rule      `json:"rules"`
	Enabled      *bool       `json:"enabled"`
}

var (
	// nameForm and emailForm are entityName and email of OpenMetadata's type/basic.json.
	nameForm  = regexp.MustCompile(`^[^\n]{1,256}$`)
	emailForm = regexp.MustCompile(`^\S+@\S+\.\S+$`)
)

// asked reads the body of a request for an entity.
func (c *call) asked() (newEntity, error) {
	var in newEntity
	if err := decodeStrictly(c.body, &in); err != nil {
		return in, err
	}
	var given map[string]any
	if err := json.Unmarshal(c.body, &given); err != nil {
		return in, refuse(http.StatusBadRequest, "Unable to process JSON")
	}
	for name := range given {
		if !slices.Contains(c.kind.create, name) {
			return in, refuse(http.StatusBadRequest, "Unrecognized field %q", name)
		}
	}
	switch {
	case !nameForm.MatchString(in.Name) || strings.Contains(in.Name, "::"):
		return in, refuse(http.StatusBadRequest, "[name must not be null and match \"^((?!::).)*$\"]")
	case c.kind == users && !emailForm.MatchString(in.Email), in.Email != "" && !emailForm.MatchString(in.Email):
		return in, refuse(http.StatusBadRequest, "[email must match \"^\\S+@\\S+\\.\\S+$\"]")
	case c.kind == teams && in.TeamType == "":
		return in, refuse(http.StatusBadRequest, "[teamType must not be null]")
	}
	return in, nil
}

func create(c *call) (int, any, error) {
	in, err := c.asked()
	if err != nil {
		return 0, nil, err
	}
	if c.s.named(c.kind, in.Name) != nil {
		return 0, nil, refuse(http.StatusConflict, "Entity already exists")
	}
	e, err := c.make(in)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.s.document(e), nil
}

// make adds a new entity.
func (c *call) make(in newEntity) (*entity, error) {
	e := &entity{kind: c.kind, name: in.Name, version: 1, updatedAt: c.now, updatedBy: c.bot.Name, enabled: true, joinable: true}
	if c.kind == roles || c.kind == policies {
		e.provider = "user"
	}
	if err := c.fill(e, in); err != nil {
		return nil, err
	}
	e.id = c.s.newID()
	c.s.entities[e.id] = e
	for _, id := range in.Teams { // only users have them
		t := c.s.entities[id]
		t.users = append(t.users, e.id)
	}
	return e, nil
}

// fill puts what a request says into an entity that nobody sees yet.
func (c *call) fill(e *entity, in newEntity) error {
	s := c.s
	e.displayName, e.description, e.email, e.externalID = in.DisplayName, in.Description, in.Email, in.ExternalID
	e.teamType, e.admin, e.bot, e.rules = in.TeamType, in.Admin, in.Bot, in.Rules
	if in.Joinable != nil {
		e.joinable = *in.Joinable
	}
	if in.Enabled != nil {
		e.enabled = *in.Enabled
	}
	if len(in.Children) > 0 {
		return refuse(http.StatusBadRequest, "the simulator takes parents instead of children")
	}
	var err error
	policyRefs := refsTo(policies, in.Policies)
	if c.kind == roles {
		if policyRefs, err = s.refsNamed(policies, in.Policies); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		into *[]string
		refs []reference
		kind *kind
	}{
		{&e.parents, refsTo(teams, in.Parents), teams},
		{&e.users, refsTo(users, in.Users), users},
		{&e.defaultRoles, refsTo(roles, in.DefaultRoles), roles},
		{&e.policies, policyRefs, policies},
		{&e.roles, refsTo(roles, in.Roles), roles},
	} {
		if *list.into, err = s.resolve(list.refs, list.kind); err != nil {
			return err
		}
	}
	if _, err := s.resolve(refsTo(teams, in.Teams), teams); err != nil {
		return err
	}
	if e.owners, err = s.checkOwners(in.Owners); err != nil {
		return err
	}
	return s.check(e)
}

func refsTo(k *kind, ids []string) []reference {
	var out []reference
	for _, id := range ids {
		out = append(out, reference{ID: id, Type: k.name})
	}
	return out
}

func (s *Server) refsNamed(k *kind, names []string) ([]reference, error) {
	var out []reference
	for _, name := range names {
		e := s.named(k, name)
		if e == nil || e.deleted {
			return nil, notFound(k.name, name)
		}
		out = append(out, e.reference())
	}
	return out, nil
}

// checkOwners checks owners: users, or one team.
func (s *Server) checkOwners(refs []reference) ([]reference, error) {
	out := []reference{}
	for _, ref := range refs {
		e := s.entities[ref.ID]
		if e == nil || e.kind.name != ref.Type || e.kind != users && e.kind != teams {
			return nil, notFound("owner", ref.ID)
		}
		out = append(out, e.reference())
	}
	return out, nil
}

// levels are the types of team from the top, with those that may be above each.
var levels = map[string][]string{
	"Organization": {},
	"BusinessUnit": {"Organization", "BusinessUnit"},
	"Division":     {"Organization", "BusinessUnit", "Division"},
	"Department":   {"Organization", "BusinessUnit", "Division", "Department"},
	"Group":        {"Organization", "BusinessUnit", "Division", "Department"},
}

// check refuses what an entity of its kind cannot be.
func (s *Server) check(e *entity) error {
	switch e.kind {
	case policies:
		if err := s.checkRules(e.rules); err != nil {
			return err
		}
		e.rules = stored(e)
	case roles:
		if len(e.policies) == 0 {
			return refuse(http.StatusBadRequest, "At least one policy is required in a role")
		}
	case teams:
		return s.checkTeam(e)
	}
	return nil
}

func (s *Server) checkTeam(e *entity) error {
	above, known := levels[e.teamType]
	switch {
	case !known:
		return refuse(http.StatusBadRequest, "Unable to process JSON: %s is no type of team", e.teamType)
	case e.teamType == "Organization" && e.name != organization:
		return refuse(http.StatusBadRequest, "Only one Organization is allowed. New Organization type can't be created")
	case (e.teamType == "Division" || e.teamType == "BusinessUnit") && len(e.parents) > 1:
		return refuse(http.StatusBadRequest, "Team of type %s can have only one parent", e.teamType)
	}
	for _, id := range e.parents {
		p := s.entities[id]
		if p == nil || p.kind != teams {
			return notFound("team", id)
		}
		if !slices.Contains(above, p.teamType) {
			return refuse(http.StatusBadRequest, "Team %s of type %s can't be of parent of team %s of type %s", p.name, p.teamType, e.name, e.teamType)
		}
		if e.id != "" && s.isAbove(e.id, p) {
			return refuse(http.StatusBadRequest, "Unexpected error occurred while building the teams hierarchy")
		}
	}
	for _, child := range s.all(teams) {
		if e.id == "" || !slices.Contains(child.parents, e.id) {
			continue
		}
		if !slices.Contains(levels[child.teamType], e.teamType) {
			return refuse(http.StatusBadRequest, "Team %s of type %s can't have team %s of type %s as a child", e.name, e.teamType, child.name, child.teamType)
		}
	}
	return nil
}

// isAbove reports whether a team is another one, or above it. No team is above itself.
func (s *Server) isAbove(id string, t *entity) bool {
	return t != nil && (t.id == id || slices.ContainsFunc(t.parents, func(parent string) bool { return s.isAbove(id, s.entities[parent]) }))
}

// createOrUpdate makes an entity, or changes the one of that name to what the request says.
func createOrUpdate(c *call) (int, any, error) {
	in, err := c.asked()
	if err != nil {
		return 0, nil, err
	}
	e := c.s.named(c.kind, in.Name)
	if e == nil {
		if e, err = c.make(in); err != nil {
			return 0, nil, err
		}
		return http.StatusCreated, c.s.document(e), nil
	}
	changed := *e
	if err := c.fill(&changed, in); err != nil {
		return 0, nil, err
	}
	changed.deleted = false
	c.s.commit(e, changed, c.bot.Name, c.now)
	return http.StatusOK, c.s.document(e), nil
}
