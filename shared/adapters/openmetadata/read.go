package openmetadata

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// reference points to something in the catalogue.
type reference struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	// FQN is the full name: that of a domain begins with the domains above it.
	FQN string `json:"fullyQualifiedName,omitempty"`
	// Inherited says that it is not the thing's own.
	Inherited bool `json:"inherited,omitempty"`
	Deleted   bool `json:"deleted,omitempty"`
}

// rule is a rule of a policy.
type rule struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Effect      string   `json:"effect"`
	Operations  []string `json:"operations"`
	Resources   []string `json:"resources"`
	Condition   string   `json:"condition,omitempty"`
}

// thing is anything in the catalogue, with what is read of it.
type thing struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// The numbers are kept as they are written: in a test of a patch, 1 is not 1.0.
	Version   json.Number `json:"version"`
	UpdatedAt json.Number `json:"updatedAt"`
	UpdatedBy string      `json:"updatedBy"`
	Provider  string      `json:"provider"`
	Deleted   bool        `json:"deleted"`

	TeamType     string      `json:"teamType"`
	Joinable     *bool       `json:"isJoinable"`
	Parents      []reference `json:"parents"`
	Users        []reference `json:"users"`
	Policies     []reference `json:"policies"`
	DefaultRoles []reference `json:"defaultRoles"`
	Owners       []reference `json:"owners"`
	Roles        []reference `json:"roles"`
	Email        string      `json:"email"`
	Bot          bool        `json:"isBot"`
	Admin        bool        `json:"isAdmin"`
	Domains      []reference `json:"domains"`
	Rules        []rule      `json:"rules"`
	Enabled      *bool       `json:"enabled"`
}

func (t thing) entity() catalog.Entity {
	return catalog.Entity{
		ID: t.ID, Name: t.Name, Description: t.Description, UpdatedBy: t.UpdatedBy,
		System: t.Provider == "system" || t.TeamType == catalog.TypeOrganization,
	}
}

// names are the names in a list of references, without what is inherited or deleted.
func names(refs []reference) []string {
	var out []string
	for _, r := range refs {
		if !r.Inherited && !r.Deleted {
			out = append(out, r.Name)
		}
	}
	slices.Sort(out)
	return out
}

// collection is one kind of thing.
type collection struct {
	kind   string // the type of references to it
	path   string
	list   string // the operation
	get    string
	fields string
}

var (
	policies = collection{"policy", "policies", "listPolicies", "getPolicyByFQN", "owners"}
	roles    = collection{"role", "roles", "listRoles", "getRoleByFQN", "policies,users"}
	teams    = collection{"team", "teams", "listTeams", "getTeamByFQN", "users,defaultRoles,parents,policies,owners"}
	users    = collection{"user", "users", "listUsers", "getUserByFQN", "roles"}
)

// all reads every thing of a collection, as many requests as there are pages. The number must be
// the one that the catalogue states.
func (c *Client) all(ctx context.Context, of collection) ([]thing, error) {
	var out []thing
	seen := map[string]bool{}
	cursor := ""
	for {
		query := url.Values{"limit": {strconv.Itoa(c.page)}}
		if of.fields != "" {
			query.Set("fields", of.fields)
		}
		if cursor != "" {
			query.Set("after", cursor)
		}
		var page struct {
			Data   *[]thing `json:"data"`
			Paging *struct {
				After string `json:"after"`
				Total *int   `json:"total"`
			} `json:"paging"`
		}
		r := request{op: of.list, method: http.MethodGet, path: of.path, query: query}
		if err := c.call(ctx, r, &page); err != nil {
			return nil, err
		}
		if page.Data == nil || page.Paging == nil || page.Paging.Total == nil {
			return nil, c.incomplete(r, "a page has no data, or does not say how much there is")
		}
		for _, t := range *page.Data {
			if t.ID == "" || t.Name == "" || seen[t.ID] {
				return nil, c.incomplete(r, "something has no id or name, or is listed twice")
			}
			seen[t.ID] = true
		}
		out = append(out, *page.Data...)
		switch {
		case page.Paging.After == "" && len(out) != *page.Paging.Total:
			return nil, c.incomplete(r, "there are more than were listed, or fewer")
		case page.Paging.After == "":
			return out, nil
		case page.Paging.After == cursor || len(*page.Data) == 0:
			return nil, c.incomplete(r, "the pages go round in circles")
		}
		cursor = page.Paging.After
	}
}

// Read reads all policies, roles, teams and users. It makes one request for each page of each of
// the four.
func (c *Client) Read(ctx context.Context) (catalog.Present, error) {
	var out catalog.Present
	found := map[string][]thing{}
	for _, of := range []collection{users, policies, roles, teams} {
		list, err := c.all(ctx, of)
		if err != nil {
			return catalog.Present{}, err
		}
		found[of.path] = list
	}
	email := map[string]string{} // by id
	for _, u := range found[users.path] {
		out.Users = append(out.Users, catalog.PresentUser{Entity: u.entity(), Email: group.Address(u.Email), Bot: u.Bot, Trusted: u.Admin || len(names(u.Roles)) > 0})
		email[u.ID] = group.Address(u.Email)
	}
	people := func(refs []reference) []string {
		var list []string
		for _, r := range refs {
			if address := email[r.ID]; address != "" && !r.Inherited {
				list = append(list, address)
			}
		}
		slices.Sort(list)
		return list
	}
	for _, p := range found[policies.path] {
		present := catalog.PresentPolicy{Entity: p.entity(), Disabled: p.Enabled != nil && !*p.Enabled, Owners: names(p.Owners)}
		for _, r := range p.Rules {
			present.Rules = append(present.Rules, catalog.Rule(r))
		}
		out.Policies = append(out.Policies, present)
	}
	for _, r := range found[roles.path] {
		out.Roles = append(out.Roles, catalog.PresentRole{Entity: r.entity(), Policies: names(r.Policies), Holders: people(r.Users)})
	}
	for _, t := range found[teams.path] {
		out.Teams = append(out.Teams, catalog.PresentTeam{
			Entity: t.entity(), Type: t.TeamType, Parents: names(t.Parents), Policies: names(t.Policies),
			DefaultRoles: names(t.DefaultRoles), Members: people(t.Users), Joinable: t.Joinable == nil || *t.Joinable, Owners: names(t.Owners),
		})
	}
	return out, nil
}

// named reads one thing by its name.
func (c *Client) named(ctx context.Context, of collection, name, include string) (thing, error) {
	t, err := c.one(ctx, of, of.get, byName(name), include)
	if err == nil && t.Name != name {
		return thing{}, c.incomplete(request{op: of.get, method: http.MethodGet}, "it has another name")
	}
	return t, err
}

// byName is the path, below that of its collection, of the thing that has a name.
func byName(name string) string {
	// A dot separates the parts of a longer name, unless the part is quoted. Only of users and teams
	// does the catalogue know that their names have one part.
	if strings.Contains(name, ".") {
		name = `"` + name + `"`
	}
	return "name/" + url.PathEscape(name)
}

// one reads one thing.
func (c *Client) one(ctx context.Context, of collection, op, path, include string) (thing, error) {
	r := request{op: op, method: http.MethodGet, path: of.path + "/" + path, query: url.Values{}}
	if of.fields != "" {
		r.query.Set("fields", of.fields)
	}
	if include != "" {
		r.query.Set("include", include)
	}
	var t thing
	if err := c.call(ctx, r, &t); err != nil {
		return thing{}, err
	}
	if t.ID == "" || t.Version == "" || t.UpdatedAt == "" {
		return thing{}, c.incomplete(r, "it has no id or no version")
	}
	return t, nil
}

// references reads what has these names, and returns references to it.
func (c *Client) references(ctx context.Context, of collection, names []string) ([]reference, error) {
	bare := of
	bare.fields = ""
	out := []reference{}
	for _, name := range names {
		t, err := c.named(ctx, bare, name, "")
		if err != nil {
			return nil, err
		}
		out = append(out, reference{ID: t.ID, Type: of.kind})
	}
	return out, nil
}
