package iam

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is the part of the Cloud Identity API: groups and their memberships.
// https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships

// operation is what a change answers. Here every change is done when it is answered.
type operation struct {
	Name     string `json:"name,omitempty"`
	Done     bool   `json:"done"`
	Response any    `json:"response,omitempty"`
}

func lookUpGroup(c *call) (any, error) {
	key := c.query.Get("groupKey.id")
	if key == "" {
		return nil, invalid("Group key must be set.")
	}
	g, ok := c.s.groups.Group(key)
	if !ok || g.ID == key {
		return nil, c.noGroup("groups/" + key)
	}
	return map[string]string{"name": "groups/" + g.ID}, nil
}

func lookUpMembership(c *call) (any, error) {
	g, err := c.group(false)
	if err != nil {
		return nil, err
	}
	key := c.query.Get("memberKey.id")
	if key == "" {
		return nil, invalid("Member key must be set.")
	}
	for _, m := range c.s.groups.Members(g.ID) {
		if strings.EqualFold(m.Email, key) {
			return map[string]string{"name": "groups/" + g.ID + "/memberships/" + c.s.membershipID(g, m.Email)}, nil
		}
	}
	return nil, noMembership("groups/" + g.ID + " " + key)
}

func getMembership(c *call) (any, error) {
	g, m, err := c.membership(false)
	if err != nil {
		return nil, err
	}
	return c.s.showMembership(g, m, true), nil
}

// listMemberships answers page by page, sorted by address.
func listMemberships(c *call) (any, error) {
	g, err := c.group(false)
	if err != nil {
		return nil, err
	}
	full := false
	switch view := c.query.Get("view"); view {
	case "", "VIEW_UNSPECIFIED", "BASIC":
	case "FULL":
		full = true
	default:
		return nil, invalid("Invalid value at 'view': " + view)
	}
	size, most := 200, 1000
	if full {
		size, most = 50, 500
	}
	if text := c.query.Get("pageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			return nil, invalid(fmt.Sprintf("Invalid page size %s: it must not be greater than %d", text, most))
		}
		if n > 0 {
			size = n
		}
	}
	members := c.s.groups.Members(g.ID)
	slices.SortFunc(members, func(a, b GroupMember) int { return strings.Compare(a.Email, b.Email) })
	from := 0
	if token := c.query.Get("pageToken"); token != "" {
		from, err = strconv.Atoi(strings.TrimPrefix(token, "after-"))
		if err != nil || from < 0 || from > len(members) {
			return nil, invalid("Invalid page token.")
		}
	}
	var out struct {
		Memberships []wireMembership `json:"memberships,omitempty"`
		Next        string           `json:"nextPageToken,omitempty"`
	}
	to := min(from+size, len(members))
	if to < len(members) {
		out.Next = fmt.Sprintf("after-%d", to)
	}
	page := members[from:to]
	switch c.fault {
	case "partial":
		page, out.Next = page[:len(page)/2], ""
	case "empty":
		page, out.Next = nil, ""
	}
	for _, m := range page {
		out.Memberships = append(out.Memberships, c.s.showMembership(g, m, full))
	}
	return out, nil
}

// createMembership adds a member, for a time or for good.
func createMembership(c *call) (any, error) {
	var in wireMembership
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	g, err := c.group(true)
	if err != nil {
		return nil, err
	}
	if in.Key == nil || !strings.Contains(in.Key.ID, "@") || in.Key.Namespace != "" {
		return nil, invalid("Invalid member key.")
	}
	email := strings.ToLower(in.Key.ID)
	var ends time.Time
	seen := map[string]bool{}
	for _, role := range in.Roles {
		switch {
		case !slices.Contains([]string{"OWNER", "MANAGER", "MEMBER"}, role.Name), seen[role.Name]:
			return nil, invalid("Invalid membership role " + role.Name)
		case role.Name != "MEMBER":
			return nil, invalid("the simulator makes plain members only")
		}
		seen[role.Name] = true
		if ends, err = readEnd(role, c.now); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(c.s.groups.Members(g.ID), func(m GroupMember) bool { return strings.EqualFold(m.Email, email) }) {
		return nil, &apiError{
			code: http.StatusConflict, status: "ALREADY_EXISTS", reason: "alreadyExists",
			message: fmt.Sprintf("Error(4003): Cannot create membership '%s' in 'groups/%s' because it already exists.", email, g.ID),
		}
	}
	if c.s.exists != nil && !c.s.exists("user:"+email) && !c.s.exists("serviceAccount:"+email) && !c.s.exists("group:"+email) {
		return nil, notFound("Member not found: " + email)
	}
	if err := c.s.groups.Add(g.ID, email); err != nil {
		return nil, invalid(err.Error())
	}
	c.s.endAt(membershipKey{g.ID, email}, c.now, ends)
	made := c.s.showMembership(g, GroupMember{Email: email, Role: "MEMBER"}, true)
	return operation{Done: true, Response: struct {
		Type string `json:"@type"`
		wireMembership
	}{"type.googleapis.com/google.apps.cloudidentity.groups.v1.Membership", made}}, nil
}

func deleteMembership(c *call) (any, error) {
	g, m, err := c.membership(true)
	if err != nil {
		return nil, err
	}
	delete(c.s.timed, membershipKey{g.ID, strings.ToLower(m.Email)})
	if err := c.s.groups.Remove(g.ID, m.Email); err != nil {
		return nil, invalid(err.Error())
	}
	return operation{Done: true, Response: map[string]string{"@type": "type.googleapis.com/google.protobuf.Empty"}}, nil
}

// modifyRoles changes the end of a plain member, the one thing of a role that can be updated.
func modifyRoles(c *call) (any, error) {
	var in struct {
		Add    []wireRole `json:"addRoles"`
		Remove []string   `json:"removeRoles"`
		Update []struct {
			Mask string   `json:"fieldMask"`
			Role wireRole `json:"membershipRole"`
		} `json:"updateRolesParams"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	g, m, err := c.membership(true)
	if err != nil {
		return nil, err
	}
	if len(in.Add)+len(in.Remove) > 0 {
		if len(in.Update) > 0 {
			return nil, invalid("Updating roles in the same request as adding or removing roles is not supported.")
		}
		return nil, invalid("the simulator neither adds nor removes roles")
	}
	for _, u := range in.Update {
		if u.Role.Name != "MEMBER" {
			return nil, invalid("Only the MEMBER role can be updated.")
		}
		if u.Mask != "expiry_detail.expire_time" && u.Mask != "expiryDetail.expireTime" {
			return nil, invalid("Invalid field mask: " + u.Mask)
		}
		if m.Role != "MEMBER" && u.Role.Expiry != nil {
			return nil, invalid("Expiry details can only be set for MEMBER roles.")
		}
		ends, err := readEnd(u.Role, c.now)
		if err != nil {
			return nil, err
		}
		c.s.endAt(membershipKey{g.ID, strings.ToLower(m.Email)}, c.now, ends)
	}
	return map[string]any{"membership": c.s.showMembership(g, m, true)}, nil
}
