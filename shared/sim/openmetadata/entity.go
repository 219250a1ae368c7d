package openmetadata

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// entity is one thing in the catalogue. Relations are kept on one side only: a team knows its
// users, policies, roles and parents, a user its own roles, a role its policies, a table its
// owners, and each of them its own domains. The other side is looked up.
type entity struct {
	id, name    string
	kind        *kind
	displayName string
	description string
	version     int // in tenths
	updatedAt   time.Time
	updatedBy   string
	deleted     bool
	provider    string // system or user; empty for kinds that have none
	change      *changeDescription
	history     []document // former versions, the latest first

	teamType, email, externalID  string
	joinable                     bool
	parents, users, defaultRoles []string // ids
	policies, roles              []string // ids
	domains                      []string // ids
	owners                       []reference
	// awaited names owners of a table that are not in the catalogue: teams that may come to it.
	awaited                       []string
	admin, bot, enabled, disabled bool
	rules                         []rule
	tags                          []tag
	columns                       []column
}

// kind is a kind of entity.
type kind struct {
	name, plural string
	// create and patch are the properties that a new one may have, and those that a patch may
	// change; fields are those that are shown only if they are asked for.
	create, patch, fields []string
	params                []string // of listings, besides those of every kind
}

// The kinds, with the properties of OpenMetadata's schemas that are imitated.
var (
	teams = &kind{
		name: "team", plural: "teams",
		create: []string{"name", "teamType", "email", "displayName", "externalId", "description", "parents", "children", "users", "defaultRoles", "owners", "isJoinable", "policies"},
		patch:  []string{"displayName", "description", "teamType", "email", "externalId", "isJoinable", "parents", "users", "defaultRoles", "policies", "owners", "domains"},
		fields: []string{"users", "defaultRoles", "parents", "children", "policies", "owners", "owns", "userCount", "childrenCount", "profile", "domains"},
		params: []string{"parentTeam", "isJoinable"},
	}
	users = &kind{
		name: "user", plural: "users",
		create: []string{"name", "description", "displayName", "externalId", "email", "isBot", "isAdmin", "teams", "roles"},
		patch:  []string{"displayName", "description", "externalId", "isAdmin", "teams", "roles", "domains"},
		fields: []string{"teams", "roles", "owns", "follows", "profile", "domains", "personas", "defaultPersona"},
		params: []string{"team", "isAdmin", "isBot"},
	}
	roles = &kind{
		name: "role", plural: "roles",
		create: []string{"name", "displayName", "description", "policies"},
		patch:  []string{"displayName", "description", "policies"},
		fields: []string{"policies", "teams", "users", "domains"},
		params: []string{"default"},
	}
	policies = &kind{
		name: "policy", plural: "policies",
		create: []string{"name", "displayName", "description", "owners", "rules", "enabled"},
		patch:  []string{"displayName", "description", "owners", "rules", "enabled"},
		fields: []string{"owners", "location", "teams", "roles", "domains"},
		params: []string{"default", "policyType"},
	}
	tables = &kind{
		name: "table", plural: "tables",
		patch:  []string{"displayName", "description", "owners", "tags", "domains"},
		fields: []string{"owners", "tags", "columns", "dataModel", "domains"}, // no table here has a model
		params: []string{"database", "databaseSchema"},
	}
	kinds = []*kind{teams, users, roles, policies, tables}
	// domains are only referred to: they have no API here.
	domains = &kind{name: "domain", plural: "domains"}
)

// reference points to an entity.
type reference struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name,omitempty"`
	FQN       string `json:"fullyQualifiedName,omitempty"`
	Deleted   *bool  `json:"deleted,omitempty"`
	Inherited *bool  `json:"inherited,omitempty"`
	// What clients may send back.
	Description string `json:"description,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	Href        string `json:"href,omitempty"`
}

type rule struct {
	Name        string   `json:"name"`
	FQN         string   `json:"fullyQualifiedName,omitempty"`
	Description string   `json:"description,omitempty"`
	Effect      string   `json:"effect"`
	Operations  []string `json:"operations"`
	Resources   []string `json:"resources"`
	Condition   string   `json:"condition,omitempty"`
}

// column is a column of a table. Only what is said of its tags matters here.
type column struct {
	Name string `json:"name"`
	Type string `json:"dataType"`
	FQN  string `json:"fullyQualifiedName"`
	Tags []tag  `json:"tags,omitzero"`
}

type tag struct {
	FQN    string `json:"tagFQN"`
	Source string `json:"source"`
	Label  string `json:"labelType"`
	State  string `json:"state"`
}

// version is the number of a version, which is a multiple of a tenth.
type version int

// MarshalJSON implements [json.Marshaler].
func (v version) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%d.%d", v/10, v%10), nil }

// UnmarshalJSON implements [json.Unmarshaler].
func (v *version) UnmarshalJSON(text []byte) error {
	var whole, tenth int
	if _, err := fmt.Sscanf(string(text), "%d.%d", &whole, &tenth); err != nil {
		if _, err := fmt.Sscanf(string(text), "%d", &whole); err != nil {
			return fmt.Errorf("%s is no version", text)
		}
	}
	*v = version(whole*10 + tenth)
	return nil
}

// changeDescription says what a version changed.
type changeDescription struct {
	Added    []fieldChange `json:"fieldsAdded"`
	Updated  []fieldChange `json:"fieldsUpdated"`
	Deleted  []fieldChange `json:"fieldsDeleted"`
	Previous version       `json:"previousVersion"`
}

type fieldChange struct {
	Name string `json:"name"`
	Old  string `json:"oldValue,omitempty"`
	New  string `json:"newValue,omitempty"`
}

// document is an entity as the API shows it. A list that is nil is left out, an empty one is not.
type document struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	FQN         string             `json:"fullyQualifiedName"`
	DisplayName string             `json:"displayName,omitempty"`
	Description string             `json:"description,omitempty"`
	Version     version            `json:"version"`
	UpdatedAt   int64              `json:"updatedAt"`
	UpdatedBy   string             `json:"updatedBy"`
	Href        string             `json:"href"`
	Change      *changeDescription `json:"changeDescription,omitempty"`
	Deleted     bool               `json:"deleted"`
	Provider    string             `json:"provider,omitempty"`
	Disabled    *bool              `json:"disabled,omitempty"`
	AllowDelete *bool              `json:"allowDelete,omitempty"`

	TeamType       string      `json:"teamType,omitempty"`
	Email          string      `json:"email,omitempty"`
	ExternalID     string      `json:"externalId,omitempty"`
	Joinable       *bool       `json:"isJoinable,omitempty"`
	Parents        []reference `json:"parents,omitzero"`
	Children       []reference `json:"children,omitzero"`
	Users          []reference `json:"users,omitzero"`
	DefaultRoles   []reference `json:"defaultRoles,omitzero"`
	Policies       []reference `json:"policies,omitzero"`
	Owners         []reference `json:"owners,omitzero"`
	Domains        []reference `json:"domains,omitzero"`
	UserCount      *int        `json:"userCount,omitempty"`
	ChildrenCount  *int        `json:"childrenCount,omitempty"`
	Admin          *bool       `json:"isAdmin,omitempty"`
	Bot            *bool       `json:"isBot,omitempty"`
	Teams          []reference `json:"teams,omitzero"`
	Roles          []reference `json:"roles,omitzero"`
	InheritedRoles []reference `json:"inheritedRoles,omitzero"`
	Rules          []rule      `json:"rules,omitzero"`
	Enabled        *bool       `json:"enabled,omitempty"`
	Tags           []tag       `json:"tags,omitzero"`
	Columns        []column    `json:"columns,omitzero"`
}

// newID makes an id in the form of a UUID. The caller holds the lock.
func (s *Server) newID() string {
	s.made++
	d := sha256.Sum256(fmt.Appendln(nil, s.opt.Seed, s.made))
	return fmt.Sprintf("%x-%x-4%s-8%s-%x", d[:4], d[4:6], fmt.Sprintf("%x", d[6:8])[:3], fmt.Sprintf("%x", d[8:10])[:3], d[10:16])
}

// find returns the entity of a kind with an id, or nil. The caller holds the lock.
func (s *Server) find(k *kind, id string) *entity {
	if e := s.entities[id]; e != nil && e.kind == k {
		return e
	}
	return nil
}

// named returns the entity of a kind with a name, deleted ones included, or nil. The caller holds
// the lock.
func (s *Server) named(k *kind, name string) *entity {
	for _, e := range s.entities {
		if e.kind == k && e.name == name {
			return e
		}
	}
	return nil
}

// all returns the entities of a kind that are not deleted, sorted by name. The caller holds the
// lock.
func (s *Server) all(k *kind) []*entity {
	var out []*entity
	for _, e := range s.entities {
		if e.kind == k && !e.deleted {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *entity) int { return cmp.Compare(a.name, b.name) })
	return out
}

// where returns those entities of a kind for which a condition holds, as references.
func (s *Server) where(k *kind, holds func(*entity) bool) []reference {
	out := []reference{}
	for _, e := range s.all(k) {
		if holds(e) {
			out = append(out, e.reference())
		}
	}
	return out
}

func (e *entity) reference() reference {
	deleted, name := e.deleted, e.name
	if e.kind == domains { // it is known by its full name, which begins with those above it
		name = name[strings.LastIndex(name, ".")+1:]
	}
	return reference{ID: e.id, Type: e.kind.name, Name: name, FQN: e.fqn(), Deleted: &deleted, Href: e.href()}
}

// fqn is the name by which an entity is found: with a dot in it, it is quoted. Names of users are
// in lower case there.
func (e *entity) fqn() string {
	switch e.kind {
	case tables, domains:
		return e.name
	case users:
		return quoted(strings.ToLower(e.name))
	}
	return quoted(e.name)
}

func quoted(name string) string {
	if strings.Contains(name, ".") && !strings.HasPrefix(name, `"`) {
		return `"` + name + `"`
	}
	return name
}

func (e *entity) href() string { return "/api/v1/" + e.kind.plural + "/" + e.id }

// references shows ids, without those of what is deleted.
func (s *Server) references(ids []string) []reference {
	out := []reference{}
	for _, id := range ids {
		if e := s.entities[id]; e != nil && !e.deleted {
			out = append(out, e.reference())
		}
	}
	return out
}

// document shows an entity with all that it has. The caller holds the lock.
func (s *Server) document(e *entity) document {
	d := document{
		ID: e.id, Name: e.name, FQN: e.fqn(), DisplayName: e.displayName, Description: e.description, Version: version(e.version),
		UpdatedAt: e.updatedAt.UnixMilli(), UpdatedBy: e.updatedBy, Href: e.href(), Change: e.change, Deleted: e.deleted, Provider: e.provider,
	}
	if e.provider != "" {
		disabled, allow := e.disabled, e.provider != "system"
		d.Disabled, d.AllowDelete = &disabled, &allow
	}
	switch e.kind {
	case teams:
		joinable := e.joinable
		d.TeamType, d.Email, d.ExternalID, d.Joinable = e.teamType, e.email, e.externalID, &joinable
		d.Parents, d.Users = s.references(s.parentsOf(e)), s.references(e.users)
		d.DefaultRoles, d.Policies, d.Owners = s.references(e.defaultRoles), s.references(e.policies), clone(e.owners)
		d.Domains = s.domainsOf(e)
		d.Children = s.where(teams, func(t *entity) bool { return slices.Contains(s.parentsOf(t), e.id) })
		userCount, childrenCount := len(d.Users), len(d.Children)
		d.UserCount, d.ChildrenCount = &userCount, &childrenCount
	case users:
		admin, bot := e.admin, e.bot
		d.Email, d.ExternalID, d.Admin, d.Bot = e.email, e.externalID, &admin, &bot
		d.Roles, d.Teams = s.references(e.roles), s.where(teams, func(t *entity) bool { return slices.Contains(t.users, e.id) })
		d.Domains = s.domainsOf(e)
	case roles:
		d.Policies = s.references(e.policies)
		d.Users = s.where(users, func(u *entity) bool { return slices.Contains(u.roles, e.id) })
		d.Teams = s.where(teams, func(t *entity) bool { return slices.Contains(t.defaultRoles, e.id) })
	case policies:
		enabled := e.enabled
		d.Enabled, d.Rules, d.Owners = &enabled, slices.Clone(e.rules), clone(e.owners)
		d.Teams = s.where(teams, func(t *entity) bool { return slices.Contains(t.policies, e.id) })
		d.Roles = s.where(roles, func(r *entity) bool { return slices.Contains(r.policies, e.id) })
	case tables:
		d.Owners, d.Tags, d.Domains = s.ownersOf(e), slices.Clone(e.tags), s.domainsOf(e)
		if d.Tags == nil {
			d.Tags = []tag{}
		}
		d.Columns = append([]column{}, e.columns...)
	}
	return d
}

// ownersOf returns who owns a table. A team that was awaited owns it from when it is first seen. The
// caller holds the lock.
func (s *Server) ownersOf(e *entity) []reference {
	e.awaited = slices.DeleteFunc(e.awaited, func(name string) bool {
		if s.opt.TeamOf != nil {
			name = cmp.Or(s.opt.TeamOf(name), name)
		}
		t := s.named(teams, name)
		if t == nil || t.deleted {
			return false
		}
		e.owners = append(e.owners, t.reference())
		return true
	})
	return clone(e.owners)
}

func clone(list []reference) []reference { return append([]reference{}, list...) }

// parentsOf returns the ids of a team's parents: the organization where nobody said another.
func (s *Server) parentsOf(e *entity) []string {
	var out []string
	for _, id := range e.parents {
		if p := s.entities[id]; p != nil && !p.deleted {
			out = append(out, id)
		}
	}
	if len(out) == 0 && e.name != organization {
		if o := s.named(teams, organization); o != nil {
			return []string{o.id}
		}
	}
	return out
}

// organization is the name of the team above all others.
const organization = "Organization"

// select leaves only the fields that were asked for, of those that have to be.
func (d *document) only(k *kind, asked []string) {
	for _, field := range k.fields {
		if slices.Contains(asked, field) {
			continue
		}
		switch field {
		case "users":
			d.Users = nil
		case "defaultRoles":
			d.DefaultRoles = nil
		case "parents":
			d.Parents = nil
		case "children":
			d.Children = nil
		case "policies":
			d.Policies = nil
		case "owners":
			d.Owners = nil
		case "userCount":
			d.UserCount = nil
		case "childrenCount":
			d.ChildrenCount = nil
		case "teams":
			d.Teams = nil
		case "roles":
			d.Roles = nil
		case "tags":
			d.Tags, d.Columns = nil, untagged(d.Columns)
		case "columns": // they are shown all the same
			d.Columns = untagged(d.Columns)
		case "domains":
			d.Domains = nil
		}
	}
}

// untagged returns columns without their tags.
func untagged(columns []column) []column {
	out := slices.Clone(columns)
	for i := range out {
		out[i].Tags = nil
	}
	return out
}

// resolve checks references and returns the ids that they are of.
func (s *Server) resolve(refs []reference, k *kind) ([]string, error) {
	ids := []string{}
	for _, ref := range refs {
		e := s.find(k, ref.ID)
		switch {
		case ref.ID == "" || ref.Type == "":
			return nil, refuse(http.StatusBadRequest, "a reference must have an id and a type")
		case ref.Type != k.name:
			return nil, refuse(http.StatusBadRequest, "a reference to a %s cannot be of type %s", k.name, ref.Type)
		case e == nil:
			return nil, notFound(k.name, ref.ID)
		case slices.Contains(ids, ref.ID):
			continue
		}
		ids = append(ids, ref.ID)
	}
	return ids, nil
}
