package openmetadata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// Apply carries out one step of a plan. Where the step is in effect already it changes nothing.
// People are looked up among the users that were read; somebody for whom an account was made
// since is found by name.
//
// It makes a few requests: it reads what it changes first. Something of the step's name that is
// not ours is [ErrConflict], for good.
func (c *Client) Apply(ctx context.Context, s catalog.Step, present catalog.Present) error {
	switch {
	case s.Kind == catalog.KindUser && s.Verb == catalog.Create:
		return c.createUser(ctx, s.Name)
	case s.Kind == catalog.KindMember:
		return c.member(ctx, s, present)
	case s.Kind == catalog.KindHolder:
		return c.holder(ctx, s, present)
	case s.Verb == catalog.Delete:
		return c.delete(ctx, s)
	case s.Policy != nil && s.Kind == catalog.KindPolicy:
		return c.policy(ctx, s)
	case s.Role != nil && s.Kind == catalog.KindRole:
		return c.role(ctx, s)
	case s.Team != nil && s.Kind == catalog.KindTeam:
		return c.team(ctx, s, present)
	}
	return c.invalid("apply", fmt.Sprintf("there is no step %s", s))
}

// operation is one operation of a JSON Patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// set is an operation that gives a property a value, whether it has one or not.
func set(path string, value any) operation { return operation{"add", path, value} }

// patch changes a thing as it was read. With operations of no use it makes no request.
func (c *Client) patch(ctx context.Context, of collection, t thing, operations ...operation) error {
	if len(operations) == 0 {
		return nil
	}
	op := "patch" + title(of)
	// Patches that one account makes shortly after one another become one version, so the time is
	// tested too.
	all := append([]operation{{"test", "/version", t.Version}, {"test", "/updatedAt", t.UpdatedAt}}, operations...)
	err := c.call(ctx, request{op: op, method: http.MethodPatch, path: of.path + "/" + url.PathEscape(t.ID), body: all}, nil)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != http.StatusBadRequest && e.Code < 500 {
		return err
	}
	// The refusal may be that of a test. The catalogue does not say so in a way that can be told,
	// but what it has now does.
	now, readErr := c.named(context.WithoutCancel(ctx), of, t.Name, "")
	if readErr == nil && (now.Version != t.Version || now.UpdatedAt != t.UpdatedAt) {
		return &Error{API: api, Op: op, Code: e.Code, Message: "somebody was faster", Kind: ErrConflict, Doubtful: e.Doubtful}
	}
	return err
}

func title(of collection) string { return strings.ToUpper(of.kind[:1]) + of.kind[1:] }

// make asks for a new thing. Where one of that name is there already, it is the one that is
// returned: brought back if it was deleted. One that is not ours is an error.
func (c *Client) make(ctx context.Context, of collection, name string, body any) (existing *thing, restored bool, err error) {
	err = c.call(ctx, request{op: "create" + title(of), method: http.MethodPost, path: of.path, body: body}, nil)
	if !errors.Is(err, ErrConflict) {
		return nil, false, err
	}
	t, readErr := c.named(ctx, of, name, "all")
	switch {
	case errors.Is(readErr, ErrNotFound):
		return nil, false, err // whatever was in the way is gone
	case readErr != nil:
		return nil, false, readErr
	case !t.entity().Ours():
		return nil, false, c.strangers("create"+title(of), of.kind, name)
	case !t.Deleted:
		return &t, false, nil
	case t.isGroup() && !wantsGroup(body):
		return nil, false, &Error{API: api, Op: "create" + title(of), Message: name + " was deleted as a Group, and stays one: delete it for good", Kind: ErrConflict, Final: true}
	}
	r := request{op: "restore" + title(of), method: http.MethodPut, path: of.path + "/restore", body: map[string]string{"id": t.ID}}
	if err := c.call(ctx, r, nil); err != nil {
		return nil, false, err
	}
	t, err = c.named(ctx, of, name, "")
	return &t, true, err
}

// isGroup reports whether something is a team of type Group, which never becomes anything else.
func (t thing) isGroup() bool { return t.TeamType == catalog.TypeGroup }

// wantsGroup reports whether a request is for such a team.
func wantsGroup(body any) bool {
	n, ok := body.(teamBody)
	return ok && n.Type == catalog.TypeGroup
}

// ours reads something that is to be changed, and makes sure that it is ours.
func (c *Client) ours(ctx context.Context, of collection, name string) (thing, error) {
	t, err := c.named(ctx, of, name, "")
	if err == nil && !t.entity().Ours() && name != catalog.Organization {
		return thing{}, c.strangers(of.get, of.kind, name)
	}
	return t, err
}

func rulesOf(p catalog.Policy) []rule {
	var out []rule
	for _, r := range p.Rules {
		out = append(out, rule(r))
	}
	return out
}

func (c *Client) policy(ctx context.Context, s catalog.Step) error {
	var t thing
	if s.Verb == catalog.Create {
		existing, _, err := c.make(ctx, policies, s.Name, struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Rules       []rule `json:"rules"`
		}{s.Name, catalog.Mark(), rulesOf(*s.Policy)})
		if err != nil || existing == nil {
			return err
		}
		t = *existing
	} else {
		var err error
		if t, err = c.ours(ctx, policies, s.Name); err != nil {
			return err
		}
	}
	return c.patch(ctx, policies, t, set("/rules", rulesOf(*s.Policy)), set("/enabled", true), nobodysOwn())
}

func (c *Client) role(ctx context.Context, s catalog.Step) error {
	var t thing
	if s.Verb == catalog.Create {
		existing, restored, err := c.make(ctx, roles, s.Name, struct {
			Name        string   `json:"name"`
			Description string   `json:"description"`
			Policies    []string `json:"policies"`
		}{s.Name, catalog.Mark(), s.Role.Policies})
		if err != nil || existing == nil {
			return err
		}
		t = *existing
		if restored { // whoever had the role when it was deleted
			for _, u := range t.Users {
				if err := c.hold(ctx, t, u.ID, false); err != nil && !errors.Is(err, ErrNotFound) { // who is gone has nothing
					return err
				}
			}
		}
	} else {
		var err error
		if t, err = c.ours(ctx, roles, s.Name); err != nil {
			return err
		}
	}
	refs, err := c.references(ctx, policies, s.Role.Policies)
	if err != nil {
		return err
	}
	return c.patch(ctx, roles, t, set("/policies", refs))
}

func (c *Client) team(ctx context.Context, s catalog.Step, present catalog.Present) error {
	parents := []reference{}
	if len(s.Team.Parents) > 0 {
		var err error
		if parents, err = c.references(ctx, teams, s.Team.Parents); err != nil {
			return err
		}
	}
	if s.Verb == catalog.Create {
		existing, restored, err := c.make(ctx, teams, s.Name, newTeam(*s.Team, parents))
		if err != nil || existing == nil {
			return err
		}
		operations := placed(*s.Team, parents)
		if restored { // what it had when it was deleted
			none := []reference{}
			operations = append(operations, set("/users", none), set("/policies", none), set("/defaultRoles", none), nobodysOwn())
		}
		return c.patch(ctx, teams, *existing, operations...)
	}
	t, err := c.ours(ctx, teams, s.Name)
	if err != nil {
		return err
	}
	if s.Team.Type != "" && s.Name != catalog.Organization {
		return c.patch(ctx, teams, t, placed(*s.Team, parents)...)
	}
	attachedPolicies, err := c.references(ctx, policies, s.Team.Policies)
	if err != nil {
		return err
	}
	attachedRoles, err := c.references(ctx, roles, s.Team.DefaultRoles)
	if err != nil {
		return err
	}
	operations := []operation{set("/policies", attachedPolicies), set("/defaultRoles", attachedRoles)}
	if s.Name != catalog.Organization {
		return c.patch(ctx, teams, t, append(operations, set("/isJoinable", false), nobodysOwn())...)
	}
	// What others attach to the organization stays, so the step holds only for what was read.
	for _, p := range present.Teams {
		if p.Name == t.Name && !attached(t, p.Policies, p.DefaultRoles) && !attached(t, s.Team.Policies, s.Team.DefaultRoles) {
			return &Error{API: api, Op: "patchTeam", Message: "somebody was faster", Kind: ErrConflict}
		}
	}
	return c.patch(ctx, teams, t, operations...)
}

// attached reports whether a team has exactly these policies and roles.
func attached(t thing, policies, roles []string) bool {
	same := func(is []reference, want []string) bool {
		return slices.Equal(names(is), slices.Compact(slices.Sorted(slices.Values(want))))
	}
	return same(t.Policies, policies) && same(t.DefaultRoles, roles)
}

// newTeam is the body of a request for a team. Nobody can make themselves members of it.
func newTeam(t catalog.Team, parents []reference) any {
	var ids []string
	for _, p := range parents {
		ids = append(ids, p.ID)
	}
	return teamBody{t.Name, t.Type, catalog.Mark(), false, ids}
}

type teamBody struct {
	Name        string   `json:"name"`
	Type        string   `json:"teamType"`
	Description string   `json:"description"`
	Joinable    bool     `json:"isJoinable"`
	Parents     []string `json:"parents,omitempty"`
}

// nobodysOwn takes the owners of something of ours: the file says who may change it.
func nobodysOwn() operation { return set("/owners", []reference{}) }

// placed puts a team where it belongs.
func placed(t catalog.Team, parents []reference) []operation {
	return []operation{set("/teamType", t.Type), set("/parents", parents), set("/isJoinable", false)}
}

// empty takes from a team all that it has, and a role from all who have it: whoever makes it again, or restores what
// was deleted, is not to find that again.
func (c *Client) empty(ctx context.Context, of collection, t thing) error {
	switch {
	case of.kind == roles.kind:
		for _, u := range t.Users {
			if err := c.hold(ctx, t, u.ID, false); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	case of.kind == teams.kind && len(t.Users)+len(t.Policies)+len(t.DefaultRoles) > 0:
		none := []reference{}
		if err := c.patch(ctx, teams, t, set("/users", none), set("/policies", none), set("/defaultRoles", none)); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) delete(ctx context.Context, s catalog.Step) error {
	of := map[catalog.Kind]collection{catalog.KindPolicy: policies, catalog.KindRole: roles, catalog.KindTeam: teams}[s.Kind]
	if of.kind == "" || s.Name == catalog.Organization {
		return c.invalid("apply", fmt.Sprintf("there is no step %s", s))
	}
	t, err := c.ours(ctx, of, s.Name)
	if err == nil {
		err = c.empty(ctx, of, t)
	}
	if err == nil {
		// A soft deletion: what the team owns is not in the policy, and comes back with it.
		err = c.call(ctx, request{
			op: "delete" + title(of), method: http.MethodDelete, path: of.path + "/" + url.PathEscape(t.ID),
			query: url.Values{"hardDelete": {"false"}, "recursive": {"false"}},
		}, nil)
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
