package openmetadata

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/sim"
)

// fields reads the parameter that says what to show.
func (c *call) fields() ([]string, error) {
	text := c.query.Get("fields")
	if text == "" {
		return nil, nil
	}
	asked := strings.Split(text, ",")
	for i, f := range asked {
		asked[i] = strings.TrimSpace(f)
		if !slices.Contains(c.kind.fields, asked[i]) {
			return nil, refuse(http.StatusBadRequest, "Invalid field name %s", asked[i])
		}
	}
	return asked, nil
}

// included reports whether an entity is one that the request wants to see.
func (c *call) included(e *entity) (bool, error) {
	switch include := c.query.Get("include"); include {
	case "", "non-deleted":
		return !e.deleted, nil
	case "deleted":
		return e.deleted, nil
	case "all":
		return true, nil
	default:
		return false, refuse(http.StatusBadRequest, "query param include must be one of [all, deleted, non-deleted]")
	}
}

// show answers with one entity, if the request wants to see it.
func (c *call) show(e *entity, name string) (int, any, error) {
	fields, err := c.fields()
	if err != nil {
		return 0, nil, err
	}
	if e == nil {
		return 0, nil, notFound(c.kind.name, name)
	}
	if ok, err := c.included(e); err != nil || !ok {
		if err == nil {
			err = notFound(c.kind.name, name)
		}
		return 0, nil, err
	}
	d := c.s.document(e)
	d.only(c.kind, fields)
	return http.StatusOK, d, nil
}

func byID(c *call) (int, any, error) {
	id := c.r.PathValue("id")
	return c.show(c.s.find(c.kind, id), id)
}

func byName(c *call) (int, any, error) {
	name := c.r.PathValue("name")
	fqn := name
	switch c.kind { // of these, a name without quotes is taken too
	case users:
		fqn = quoted(strings.ToLower(name))
	case teams:
		fqn = quoted(name)
	}
	for _, e := range c.s.entities {
		if e.kind == c.kind && e.fqn() == fqn {
			return c.show(e, name)
		}
	}
	return c.show(nil, name)
}

// listing is the body of an answer to a listing.
type listing struct {
	Data   []document `json:"data"`
	Paging struct {
		Before string `json:"before,omitempty"`
		After  string `json:"after,omitempty"`
		Total  int    `json:"total"`
	} `json:"paging"`
}

func list(c *call) (int, any, error) {
	fields, err := c.fields()
	if err != nil {
		return 0, nil, err
	}
	limit := 10
	if text, ok := c.query["limit"]; ok {
		if limit, err = strconv.Atoi(text[0]); err != nil || limit < 0 || limit > 1_000_000 {
			return 0, nil, refuse(http.StatusBadRequest, "query param limit must be between 0 and 1000000")
		}
	}
	if c.query.Get("before") != "" && c.query.Get("after") != "" {
		return 0, nil, refuse(http.StatusBadRequest, "Only one of before or after query parameter allowed")
	}
	var all []*entity
	for _, e := range c.s.entities {
		if e.kind != c.kind {
			continue
		}
		ok, err := c.included(e)
		if err != nil {
			return 0, nil, err
		}
		if ok && c.wanted(e) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *entity) int { return strings.Compare(a.name, b.name) })
	var out listing
	out.Paging.Total = len(all)
	page, before, after, err := c.page(all, limit)
	if err != nil {
		return 0, nil, err
	}
	switch c.fault {
	case sim.FaultPartial:
		page, after, out.Paging.Total = page[:len(page)/2], "", len(page)/2
	case sim.FaultEmpty:
		page, before, after, out.Paging.Total = nil, "", "", 0
	}
	out.Paging.Before, out.Paging.After = before, after
	out.Data = []document{}
	for _, e := range page {
		d := c.s.document(e)
		d.only(c.kind, fields)
		out.Data = append(out.Data, d)
	}
	return http.StatusOK, out, nil
}

// wanted reports whether the parameters of a listing want an entity.
func (c *call) wanted(e *entity) bool {
	for name, value := range map[string]bool{"isAdmin": e.admin, "isBot": e.bot, "isJoinable": e.joinable} {
		if text := c.query.Get(name); text != "" && text != strconv.FormatBool(value) {
			return false
		}
	}
	if team := c.query.Get("team"); team != "" {
		t := c.s.named(teams, team)
		return t != nil && slices.Contains(t.users, e.id)
	}
	if parent := c.query.Get("parentTeam"); parent != "" {
		p := c.s.named(teams, parent)
		return p != nil && slices.Contains(c.s.parentsOf(e), p.id)
	}
	return true
}

// page cuts the part of a listing that the request asks for, with the cursors around it.
func (c *call) page(all []*entity, limit int) (page []*entity, before, after string, err error) {
	first := 0
	if cursor := c.query.Get("after"); cursor != "" {
		name, err := uncursor(cursor)
		if err != nil {
			return nil, "", "", err
		}
		for first < len(all) && all[first].name <= name {
			first++
		}
	}
	last := min(first+limit, len(all))
	if cursor := c.query.Get("before"); cursor != "" {
		name, err := uncursor(cursor)
		if err != nil {
			return nil, "", "", err
		}
		for last = 0; last < len(all) && all[last].name < name; last++ {
		}
		first = max(0, last-limit)
	}
	page = all[first:last]
	if len(page) > 0 && first > 0 {
		before = cursor(page[0].name)
	}
	if len(page) > 0 && last < len(all) {
		after = cursor(page[len(page)-1].name)
	}
	return page, before, after, nil
}

func cursor(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func uncursor(text string) (string, error) {
	name, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", refuse(http.StatusBadRequest, "Invalid cursor")
	}
	return string(name), nil
}

// versions answers with all versions of an entity, the latest first, each as text.
func versions(c *call) (int, any, error) {
	e := c.s.find(c.kind, c.r.PathValue("id"))
	if e == nil {
		return 0, nil, notFound(c.kind.name, c.r.PathValue("id"))
	}
	out := struct {
		Type     string   `json:"entityType"`
		Versions []string `json:"versions"`
	}{Type: c.kind.name}
	for _, d := range append([]document{c.s.document(e)}, e.history...) {
		text, err := json.Marshal(d)
		if err != nil {
			return 0, nil, err
		}
		out.Versions = append(out.Versions, string(text))
	}
	return http.StatusOK, out, nil
}

func oneVersion(c *call) (int, any, error) {
	id, wanted := c.r.PathValue("id"), c.r.PathValue("version")
	e := c.s.find(c.kind, id)
	if e == nil {
		return 0, nil, notFound(c.kind.name, id)
	}
	for _, d := range append([]document{c.s.document(e)}, e.history...) {
		if text, _ := d.Version.MarshalJSON(); string(text) == wanted {
			return http.StatusOK, d, nil
		}
	}
	return 0, nil, notFound(c.kind.name, id+" and version "+wanted)
}
