package iam

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is what Cloud Identity knows of a membership besides that there is one: when it ends.

// membershipKey names a membership: the group's id and the member's address.
type membershipKey struct{ group, email string }

// timed is a membership with an end, or one that was made here.
type timed struct {
	made time.Time
	ends time.Time // zero for one that does not end
}

// wireMembership is a membership as it travels.
type wireMembership struct {
	Name    string     `json:"name,omitempty"`
	Key     *entityKey `json:"preferredMemberKey,omitempty"`
	Roles   []wireRole `json:"roles,omitempty"`
	Type    string     `json:"type,omitempty"`
	Created string     `json:"createTime,omitempty"`
	Updated string     `json:"updateTime,omitempty"`
}

type entityKey struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace,omitempty"`
}

type wireRole struct {
	Name   string  `json:"name"`
	Expiry *expiry `json:"expiryDetail,omitempty"`
}

type expiry struct {
	At string `json:"expireTime,omitempty"`
}

// endMemberships removes what has ended. The server's lock is held.
func (s *Server) endMemberships(now time.Time) {
	var over []membershipKey
	for key, t := range s.timed {
		if !t.ends.IsZero() && !now.Before(t.ends) {
			over = append(over, key)
		}
	}
	slices.SortFunc(over, func(a, b membershipKey) int {
		return strings.Compare(a.group+" "+a.email, b.group+" "+b.email)
	})
	for _, key := range over {
		delete(s.timed, key)
		// Somebody may have removed it before.
		_ = s.groups.Remove(key.group, key.email)
	}
}

// ended reports whether a membership has ended by a time, removed or not.
func (s *Server) ended(g Group, m GroupMember, at time.Time) bool {
	t := s.timed[membershipKey{g.ID, strings.ToLower(m.Email)}]
	return t != nil && !t.ends.IsZero() && !at.Before(t.ends)
}

// endAt has a membership end at a time.
func (s *Server) endAt(key membershipKey, now, ends time.Time) {
	t := s.timed[key]
	if t == nil {
		t = &timed{made: now}
		s.timed[key] = t
	}
	t.ends = ends
	if !ends.IsZero() {
		s.agenda.At(ends, func(context.Context) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.endMemberships(s.now())
		})
	}
}

// group finds the group of the path. To who may not see it, one that does not exist looks the
// same.
func (c *call) group(change bool) (Group, error) {
	g, ok := c.s.groups.Group(c.args[0])
	if !ok || g.ID != c.args[0] || change && !c.manages(g) {
		return Group{}, c.noGroup("groups/" + c.args[0])
	}
	return g, nil
}

func (c *call) noGroup(name string) error {
	text := "Error(2028): Permission denied for resource " + name + " (or it may not exist)."
	return forbidden(text, resourceInfo{
		"type.googleapis.com/google.rpc.ResourceInfo", "cloudidentity.googleapis.com/Group", name, "domain:cloudidentity.googleapis.com", text,
	})
}

// manages reports whether the caller may change the members of a group: an administrator of
// groups, or an owner or manager of this one.
func (c *call) manages(g Group) bool {
	if slices.Contains(c.s.groupAdmins, c.caller.Member) {
		return true
	}
	_, address, _ := strings.Cut(c.caller.Member, ":")
	return slices.ContainsFunc(c.s.groups.Members(g.ID), func(m GroupMember) bool {
		return strings.EqualFold(m.Email, address) && m.Role != "MEMBER"
	})
}

// membership finds the membership of the path.
func (c *call) membership(change bool) (Group, GroupMember, error) {
	g, err := c.group(change)
	if err != nil {
		return Group{}, GroupMember{}, err
	}
	for _, m := range c.s.groups.Members(g.ID) {
		if c.s.membershipID(g, m.Email) == c.args[1] {
			return g, m, nil
		}
	}
	return Group{}, GroupMember{}, noMembership("groups/" + g.ID + "/memberships/" + c.args[1])
}

func noMembership(name string) error {
	return &apiError{code: http.StatusNotFound, message: "Membership not found: " + name, status: "NOT_FOUND", reason: "notFound"}
}

func (s *Server) membershipID(g Group, email string) string {
	return strconv.FormatUint(s.number("membership", g.ID, strings.ToLower(email)), 10)
}

// showMembership is a membership as it stands. In the basic view there are name and key only.
func (s *Server) showMembership(g Group, m GroupMember, full bool) wireMembership {
	out := wireMembership{Name: "groups/" + g.ID + "/memberships/" + s.membershipID(g, m.Email), Key: &entityKey{ID: m.Email}}
	if !full {
		return out
	}
	out.Type = "USER"
	switch {
	case m.Nested:
		out.Type = "GROUP"
	case strings.HasSuffix(m.Email, ".gserviceaccount.com"):
		out.Type = "SERVICE_ACCOUNT"
	}
	plain := wireRole{Name: "MEMBER"}
	if t := s.timed[membershipKey{g.ID, strings.ToLower(m.Email)}]; t != nil {
		out.Created = t.made.UTC().Format(time.RFC3339)
		if !t.ends.IsZero() {
			plain.Expiry = &expiry{t.ends.UTC().Format(time.RFC3339)}
		}
	}
	out.Roles = []wireRole{plain}
	if m.Role != "MEMBER" {
		out.Roles = append(out.Roles, wireRole{Name: m.Role})
	}
	return out
}

// readEnd reads the end of a membership, zero for none. It has to lie ahead, and only a plain
// member's can have one.
func readEnd(role wireRole, now time.Time) (time.Time, error) {
	if role.Expiry == nil || role.Expiry.At == "" {
		return time.Time{}, nil
	}
	if role.Name != "MEMBER" {
		return time.Time{}, invalid("Expiry details can only be set for MEMBER roles.")
	}
	ends, err := time.Parse(time.RFC3339Nano, role.Expiry.At)
	if err != nil {
		return time.Time{}, invalid(fmt.Sprintf("Invalid value at 'expiry_detail.expire_time': %q", role.Expiry.At))
	}
	if !ends.After(now) {
		return time.Time{}, invalid("Expire time must be in the future.")
	}
	return ends.UTC(), nil
}
