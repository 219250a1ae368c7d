package iam

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file checks what a policy may hold.

// The limits on one policy. https://cloud.google.com/iam/quotas
const (
	maxPrincipals = 1_500 // every occurrence counts
	maxGroups     = 250   // domains among them
	maxSame       = 20    // bindings with the same role and member, and different conditions
	maxOperators  = 12
	maxSize       = 64 << 10 // a few tens of kilobytes, says the Policy reference
)

// maxTitle and maxDescription bound the texts of a condition, in characters. Google does not
// say; these are what its console takes.
const (
	maxTitle       = 100
	maxDescription = 256
)

var roleForm = regexp.MustCompile(`^((projects|organizations)/[a-zA-Z0-9.:-]+/)?roles/[A-Za-z0-9_.-]+$`)

var basicRoles = []string{"roles/owner", "roles/editor", "roles/viewer"}

// memberKinds are the members that there are, by what stands before the first colon.
// https://cloud.google.com/iam/docs/principal-identifiers
var memberKinds = []string{"user", "serviceAccount", "group", "domain", "principal", "principalSet", "deleted", "projectOwner", "projectEditor", "projectViewer"}

// check reports why a policy cannot stand at a resource. What stood there before is not asked
// for anew: an account may have gone since.
func (s *Server) check(r *resource, next *policy) error {
	before := map[string]bool{}
	for _, b := range r.current().bindings {
		for _, m := range b.Members {
			before[m] = true
		}
	}
	for _, b := range next.bindings {
		if b.opaque != nil {
			continue
		}
		if err := s.checkBinding(r, b, before); err != nil {
			return err
		}
	}
	return checkLimits(next)
}

func (s *Server) checkBinding(r *resource, b Binding, before map[string]bool) error {
	switch {
	case b.Role == "":
		return invalid("Role must not be empty.")
	case !roleForm.MatchString(b.Role) || strings.Contains(b.Role, withcond):
		return invalid(fmt.Sprintf("Role %s is not supported for this resource.", b.Role))
	case len(b.Members) == 0:
		return invalid("Policy members must not be empty.")
	}
	for _, m := range b.Members {
		if err := s.checkMember(r, m, before); err != nil {
			return err
		}
	}
	if b.Condition == nil {
		return nil
	}
	switch {
	case slices.Contains(basicRoles, b.Role):
		return invalid("Conditions can't be set on primitive roles.")
	case slices.Contains(b.Members, "allUsers"), slices.Contains(b.Members, "allAuthenticatedUsers"):
		return invalid("Conditions can't be set on bindings with members allUsers or allAuthenticatedUsers.")
	case b.Condition.Expression == "":
		return invalid("Condition expression must not be empty.")
	case len([]rune(b.Condition.Title)) > maxTitle:
		return invalid(fmt.Sprintf("Condition title must not be longer than %d characters.", maxTitle))
	case len([]rune(b.Condition.Description)) > maxDescription:
		return invalid(fmt.Sprintf("Condition description must not be longer than %d characters.", maxDescription))
	case b.Condition.Title == "":
		return invalid("Condition title must not be empty.")
	case r.fine:
		// https://cloud.google.com/storage/docs/uniform-bucket-level-access
		return conditionNotMet("Conditions can't be set without enabling uniform bucket-level access.")
	}
	c := s.language.compile(b.Condition.Expression)
	if c.err != nil {
		return invalid(c.err.Error())
	}
	if c.operators > maxOperators {
		return invalid(fmt.Sprintf("Condition expression has %d logical operators, more than the allowed %d.", c.operators, maxOperators))
	}
	return nil
}

func (s *Server) checkMember(r *resource, member string, before map[string]bool) error {
	if member == "allUsers" || member == "allAuthenticatedUsers" {
		if strings.HasPrefix(r.name, "projects/") {
			return invalid("Project does not support members allUsers and allAuthenticatedUsers.")
		}
		return nil
	}
	kind, name, _ := strings.Cut(member, ":")
	switch {
	case !slices.Contains(memberKinds, kind) || name == "":
		return invalid(fmt.Sprintf("The member %s is of an unknown type. Please set a valid type prefix for the member.", member))
	case slices.Contains([]string{"user", "serviceAccount", "group"}, kind) && !strings.Contains(name, "@") && !strings.Contains(name, ".svc.id.goog["):
		return invalid(fmt.Sprintf("Invalid member identifier: %s", member))
	case s.exists != nil && !before[canonical(member)] && slices.Contains([]string{"user", "serviceAccount", "group"}, kind) && !s.exists(canonical(member)):
		return invalid(fmt.Sprintf("%s %s does not exist.", strings.ToUpper(kind[:1])+kind[1:], name))
	}
	return nil
}

// checkLimits counts.
func checkLimits(p *policy) error {
	principals, groups := 0, 0
	same := map[[2]string]int{}
	count := func(m string) {
		principals++
		if strings.HasPrefix(m, "group:") || strings.HasPrefix(m, "domain:") {
			groups++
		}
	}
	for _, a := range p.audit {
		for _, l := range a.Logs {
			for _, m := range l.Exempted {
				count(m)
			}
		}
	}
	for _, b := range p.bindings {
		for _, m := range b.Members {
			count(m)
			if b.Condition != nil {
				same[[2]string{b.Role, m}]++
			}
		}
	}
	switch {
	case principals > maxPrincipals:
		return invalid(fmt.Sprintf("The number of members in the policy (%s) is larger than the maximum allowed size %s.", thousands(principals), thousands(maxPrincipals)))
	case groups > maxGroups:
		return invalid(fmt.Sprintf("The number of group members in the policy's bindings (%s) is larger than the maximum allowed size %s.", thousands(groups), thousands(maxGroups)))
	}
	for _, n := range same {
		if n > maxSame {
			return invalid(fmt.Sprintf("The number of role bindings with the same role and member and different conditions (%d) is larger than the maximum allowed number %d.", n, maxSame))
		}
	}
	encoded, err := json.Marshal(p.bindings)
	if err != nil {
		return err
	}
	if len(encoded) > maxSize {
		return invalid(fmt.Sprintf("The policy is %d bytes large, more than the allowed %d.", len(encoded), maxSize))
	}
	return nil
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
