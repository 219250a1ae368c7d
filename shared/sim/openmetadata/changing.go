package openmetadata

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

func patch(c *call) (int, any, error) {
	var list []patchOperation
	if err := decodeStrictly(c.body, &list); err != nil {
		return 0, nil, err
	}
	e := c.s.find(c.kind, c.r.PathValue("id"))
	if e == nil || e.deleted {
		return 0, nil, notFound(c.kind.name, c.r.PathValue("id"))
	}
	before := c.s.document(e)
	text, err := json.Marshal(before)
	if err != nil {
		return 0, nil, err
	}
	doc, err := decodeNumbers(text)
	if err != nil {
		return 0, nil, err
	}
	if doc, err = applyPatch(doc, list); err != nil {
		return 0, nil, err
	}
	if text, err = json.Marshal(doc); err != nil {
		return 0, nil, err
	}
	var after document
	if err := decodeStrictly(text, &after); err != nil {
		return 0, nil, err
	}
	changed := *e
	members, err := c.patched(&changed, before, after)
	if err != nil {
		return 0, nil, err
	}
	c.s.commitPatch(e, changed, c.bot.Name, c.now)
	if members != nil {
		c.s.setTeams(e, *members, c.bot.Name, c.now)
	}
	return http.StatusOK, c.s.document(e), nil
}

// patched puts what a patch has changed into an entity. It returns the teams of a user, where
// they have changed. What a patch cannot change stays as it was, without a word.
func (c *call) patched(e *entity, before, after document) (*[]string, error) {
	s := c.s
	may := func(property string) bool { return slices.Contains(c.kind.patch, property) }
	e.displayName, e.description = after.DisplayName, after.Description
	if may("externalId") {
		e.externalID = after.ExternalID
	}
	if may("teamType") {
		e.teamType, e.email = after.TeamType, after.Email
		if before.TeamType != after.TeamType && before.TeamType == "Group" {
			return nil, refuse(http.StatusBadRequest, "Team of type Group cannot be updated")
		}
	}
	for property, flag := range map[string]struct{ from, into *bool }{
		"isJoinable": {after.Joinable, &e.joinable}, "isAdmin": {after.Admin, &e.admin}, "enabled": {after.Enabled, &e.enabled},
	} {
		if may(property) && flag.from != nil {
			*flag.into = *flag.from
		}
	}
	for property, list := range map[string]struct {
		refs []reference
		into *[]string
		kind *kind
	}{
		"parents": {after.Parents, &e.parents, teams}, "users": {after.Users, &e.users, users}, "defaultRoles": {after.DefaultRoles, &e.defaultRoles, roles},
		"policies": {after.Policies, &e.policies, policies}, "roles": {after.Roles, &e.roles, roles},
		"domains": {own(after.Domains), &e.domains, domains},
	} {
		if !may(property) {
			continue
		}
		ids, err := s.resolve(list.refs, list.kind)
		if err != nil {
			return nil, err
		}
		*list.into = ids
	}
	var err error
	if may("owners") {
		if e.owners, err = s.checkOwners(after.Owners); err != nil {
			return nil, err
		}
	}
	if may("rules") {
		e.rules = after.Rules
	}
	if may("tags") {
		e.tags = after.Tags
	}
	if err := s.check(e); err != nil {
		return nil, err
	}
	if !may("teams") {
		return nil, nil
	}
	ids, err := s.resolve(after.Teams, teams)
	return &ids, err
}

// setTeams makes a user a member of exactly these teams.
func (s *Server) setTeams(user *entity, ids []string, by string, now time.Time) {
	for _, t := range s.all(teams) {
		is, shall := slices.Contains(t.users, user.id), slices.Contains(ids, t.id)
		if is == shall {
			continue
		}
		changed := *t
		changed.users = slices.DeleteFunc(slices.Clone(t.users), func(id string) bool { return id == user.id })
		if shall {
			changed.users = append(changed.users, user.id)
		}
		s.commit(t, changed, by, now)
	}
}

// sitting is how long the patches of one account to one entity become one version.
const sitting = 10 * time.Minute

// commitPatch is commit for a patch. Where the same account has made the last version a short while
// ago, that version takes the change (consolidateChanges in OpenMetadata's EntityRepository).
func (s *Server) commitPatch(e *entity, changed entity, by string, now time.Time) {
	if e.version <= 1 || len(e.history) == 0 || e.updatedBy != by || now.Sub(e.updatedAt) > sitting {
		s.commit(e, changed, by, now)
		return
	}
	was := *e
	s.commit(e, changed, by, now)
	if e.version > was.version {
		e.version, e.history = was.version, was.history
		e.change = difference(was.history[0], s.document(e))
	}
}

// commit puts a changed entity in the place of another one, as a new version where anything has
// changed.
func (s *Server) commit(e *entity, changed entity, by string, now time.Time) {
	before := s.document(e)
	kept := *e
	*e = changed
	change := difference(before, s.document(e))
	if len(change.Added)+len(change.Updated)+len(change.Deleted) == 0 {
		*e = kept
		return
	}
	e.version, e.updatedAt, e.updatedBy, e.change = kept.version+1, now, by, change
	e.history = append([]document{before}, kept.history...)
}

// difference describes what has changed from one version to another.
func difference(from, to document) *changeDescription {
	out := &changeDescription{Added: []fieldChange{}, Updated: []fieldChange{}, Deleted: []fieldChange{}, Previous: from.Version}
	was, is := properties(from), properties(to)
	for _, name := range sortedKeys(was, is) {
		old, before := was[name]
		value, after := is[name]
		change := fieldChange{Name: name, Old: string(old), New: string(value)}
		switch {
		case name == "href", name == "version", name == "updatedAt", name == "updatedBy", name == "changeDescription", string(old) == string(value):
		case !before:
			out.Added = append(out.Added, change)
		case !after:
			out.Deleted = append(out.Deleted, change)
		default:
			out.Updated = append(out.Updated, change)
		}
	}
	return out
}

// properties are those of a document, each as JSON.
func properties(d document) map[string]json.RawMessage {
	text, err := json.Marshal(d)
	out := map[string]json.RawMessage{}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return nil // a document is always such an object
	}
	return out
}

func sortedKeys(first, second map[string]json.RawMessage) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(first)), maps.Keys(second))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func deleteOne(c *call) (int, any, error) {
	id := c.r.PathValue("id")
	e := c.s.find(c.kind, id)
	switch {
	case e == nil, e.deleted && c.query.Get("hardDelete") != "true":
		return 0, nil, notFound(c.kind.name, id)
	case e.provider == "system":
		return 0, nil, refuse(http.StatusBadRequest, "System entity [%s] of type %s can not be deleted.", e.name, c.kind.name)
	case e.name == organization && c.kind == teams:
		return 0, nil, refuse(http.StatusBadRequest, "Organization team cannot be deleted")
	}
	if below := c.below(e); len(below) > 0 && c.query.Get("recursive") != "true" {
		return 0, nil, refuse(http.StatusBadRequest, "%s is not empty", c.kind.name)
	}
	return http.StatusOK, c.delete(e), nil
}

// below lists the teams below one.
func (c *call) below(e *entity) []*entity {
	var out []*entity
	for _, t := range c.s.all(teams) {
		if e.kind == teams && slices.Contains(c.s.parentsOf(t), e.id) {
			out = append(out, t)
		}
	}
	return out
}

// delete deletes an entity and what is below it.
func (c *call) delete(e *entity) document {
	for _, t := range c.below(e) {
		c.delete(t)
	}
	changed := *e
	changed.deleted = true
	c.s.commit(e, changed, c.bot.Name, c.now)
	shown := c.s.document(e)
	if c.query.Get("hardDelete") == "true" {
		c.s.erase(e)
	}
	return shown
}

// erase removes an entity and every relation to it.
func (s *Server) erase(gone *entity) {
	delete(s.entities, gone.id)
	without := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return id == gone.id })
	}
	for _, e := range s.entities {
		e.parents, e.users, e.defaultRoles = without(e.parents), without(e.users), without(e.defaultRoles)
		e.policies, e.roles = without(e.policies), without(e.roles)
		e.owners = slices.DeleteFunc(slices.Clone(e.owners), func(r reference) bool { return r.ID == gone.id })
	}
}

func restore(c *call) (int, any, error) {
	var in struct {
		ID string `json:"id"`
	}
	if err := decodeStrictly(c.body, &in); err != nil {
		return 0, nil, err
	}
	e := c.s.find(c.kind, in.ID)
	if e == nil || !e.deleted {
		return 0, nil, notFound(c.kind.name, in.ID)
	}
	changed := *e
	changed.deleted = false
	c.s.commit(e, changed, c.bot.Name, c.now)
	return http.StatusOK, c.s.document(e), nil
}

// replaceUsers puts a list in the place of all users of a team.
func replaceUsers(c *call) (int, any, error) {
	var in []reference
	if err := decodeStrictly(c.body, &in); err != nil {
		return 0, nil, err
	}
	t := c.s.find(teams, c.r.PathValue("id"))
	if t == nil || t.deleted {
		return 0, nil, notFound("team", c.r.PathValue("id"))
	}
	ids, err := c.s.resolve(in, users)
	if err != nil {
		return 0, nil, err
	}
	changed := *t
	changed.users = ids
	c.s.commit(t, changed, c.bot.Name, c.now)
	return http.StatusOK, c.s.document(t), nil
}

// removeUser takes one user out of a team.
func removeUser(c *call) (int, any, error) {
	t, id := c.s.find(teams, c.r.PathValue("id")), c.r.PathValue("user")
	switch {
	case t == nil || t.deleted:
		return 0, nil, notFound("team", c.r.PathValue("id"))
	case !slices.Contains(t.users, id):
		return 0, nil, notFound("user", id)
	}
	changed := *t
	changed.users = slices.DeleteFunc(slices.Clone(t.users), func(u string) bool { return u == id })
	c.s.commit(t, changed, c.bot.Name, c.now)
	return http.StatusOK, c.s.document(t), nil
}
