package iam

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What people do by hand, and what is so behind the APIs, whatever these still answer.
//
// A place is named as the APIs name it: projects/etl-prj-prd, folders/415104041262,
// organizations/123456789012, buckets/etl-dumps, datasets/etl-prj-prd.sales. A name without a
// slash is a project's id.

// resourceFor finds a place. The server's lock is held.
func (s *Server) resourceFor(place string) (*resource, error) {
	if !strings.Contains(place, "/") {
		place = "projects/" + place
	}
	r := s.resources[place]
	if r == nil {
		return nil, fmt.Errorf("%s: %w", place, ErrNotFound)
	}
	return r, nil
}

// SetBinding gives a role to a member, without a condition.
func (s *Server) SetBinding(place, role, member string) error {
	return s.EditByHand(place, func(bindings []Binding) []Binding {
		return append(bindings, Binding{Role: role, Members: []string{member}})
	})
}

// EditByHand has somebody edit a policy. The function gets the bindings as they stand and
// returns those that are to stand; it is not called where there is no such place. What IAM would
// refuse is refused, with an error that wraps [ErrInvalid].
func (s *Server) EditByHand(place string, edit func([]Binding) []Binding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.resourceFor(place)
	if err != nil {
		return fmt.Errorf("edit the policy of %w", err)
	}
	now := s.now()
	next := edit(cloneAll(r.current().bindings))
	if strings.HasPrefix(r.name, "datasets/") {
		next = apart(next)
	} else {
		next = settle(next)
	}
	p := &policy{bindings: next, audit: r.current().audit}
	if err := s.check(r, p); err != nil {
		return fmt.Errorf("edit the policy of %s: %w", r.name, err)
	}
	s.put(r, p, now)
	return nil
}

// Policy returns the bindings of a place as they stand. The boolean is false where there is no
// such place.
func (s *Server) Policy(place string) ([]Binding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.resourceFor(place)
	if err != nil {
		return nil, false
	}
	return cloneAll(r.current().bindings), true
}

// Bindings returns how many bindings the policy of a place has, dead ones among them, and -1
// where there is no such place.
func (s *Server) Bindings(place string) int {
	bindings, ok := s.Policy(place)
	if !ok {
		return -1
	}
	return len(bindings)
}

// Access reports whether a person or service account has a role at a place at a time: by a
// binding there or above, whose condition holds then, to the account itself, its groups or its
// domain. The account is named by its address, or as policies name it. Of a time that is past it
// tells what the policies of today would have given.
func (s *Server) Access(account, place, role string, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.resourceFor(place)
	if err != nil {
		return false
	}
	return s.has(named(account), r, func(given string) bool { return given == role }, at)
}

// named is an account as policies name it.
func named(account string) string {
	switch {
	case strings.Contains(account, ":"):
		return canonical(account)
	case strings.HasSuffix(account, ".gserviceaccount.com"):
		return canonical("serviceAccount:" + account)
	}
	return canonical("user:" + account)
}

// Membership is a direct membership as it stands.
type Membership struct {
	Email, Role string
	// Ends is when it ends; zero for one that does not.
	Ends time.Time
}

// Memberships returns the direct members of a group at a time, sorted by address.
func (s *Server) Memberships(group string, at time.Time) []Membership {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups.Group(group)
	if !ok {
		return nil
	}
	var out []Membership
	for _, m := range s.groups.Members(g.ID) {
		if s.ended(g, m, at) {
			continue
		}
		one := Membership{Email: m.Email, Role: m.Role}
		if t := s.timed[membershipKey{g.ID, strings.ToLower(m.Email)}]; t != nil {
			one.Ends = t.ends
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Membership) int { return strings.Compare(a.Email, b.Email) })
	return out
}

// SetMembership has somebody add a plain member to a group, or change when the membership ends;
// the zero time means that it does not.
func (s *Server) SetMembership(group, email string, ends time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups.Group(group)
	if !ok {
		return fmt.Errorf("change %s: %w", group, ErrNotFound)
	}
	member := func(m GroupMember) bool { return strings.EqualFold(m.Email, email) }
	if !slices.ContainsFunc(s.groups.Members(g.ID), member) {
		if err := s.groups.Add(g.ID, email); err != nil {
			return fmt.Errorf("add %s to %s: %w", email, group, err)
		}
	}
	s.endAt(membershipKey{g.ID, strings.ToLower(email)}, s.now(), ends)
	return nil
}
