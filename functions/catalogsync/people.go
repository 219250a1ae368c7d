package catalogsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// membership reads from the mirror who is in what the policy names. The problems say what is not
// known: a group that is not there, or whose members have not been read. Nobody must lose a team
// because of that.
func (h *handler) membership(ctx context.Context, m policy.Model) (membership, []string, error) {
	census, err := h.mirror.Census(ctx)
	if err != nil {
		return membership{}, nil, err
	}
	if census.At.IsZero() {
		return membership{}, []string{"the directory has not been read whole yet"}, nil
	}
	who := membership{groups: map[string][]string{}, users: map[string]string{}}
	byID := map[string]string{}
	err = h.mirror.People(ctx, func(p group.Person) error {
		if p.Suspended {
			return nil
		}
		email := group.Address(p.Email)
		byID[p.ID] = email
		for _, a := range append([]string{p.Email}, p.Aliases...) {
			who.users[group.Address(a)] = email
		}
		return nil
	})
	if err != nil {
		return membership{}, nil, fmt.Errorf("read the people: %w", err)
	}
	var problems []string
	for _, address := range groupsOf(m) {
		ids, problem, err := h.within(ctx, address)
		if err != nil {
			return membership{}, nil, err
		}
		if problem != "" {
			problems = append(problems, problem)
			continue
		}
		var emails []string
		for _, id := range ids {
			if email, here := byID[id]; here { // others are from outside, or suspended
				emails = append(emails, email)
			}
		}
		slices.Sort(emails)
		who.groups[address] = slices.Compact(emails)
	}
	return who, problems, nil
}

// groupsOf lists the addresses of the groups that a policy names, each once, sorted.
func groupsOf(m policy.Model) []string {
	var out []string
	for _, t := range m.Teams {
		if t.Group != "" {
			out = append(out, group.Address(t.Group))
		}
	}
	for _, r := range m.Roles {
		for _, s := range r.Members {
			if address, ok := strings.CutPrefix(string(s), "group:"); ok {
				out = append(out, group.Address(address))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// within returns the ids of those who are in a group, directly or through groups in it. Other than
// [mirror.Mirror.Within] it says so where members of one of these have not been read.
func (h *handler) within(ctx context.Context, address string) (ids []string, problem string, err error) {
	seen := map[string]bool{}
	next := []string{address}
	for len(next) > 0 {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		s, err := h.mirror.Snapshot(ctx, name)
		switch {
		case errors.Is(err, mirror.ErrUnknown) && name == address:
			return nil, fmt.Sprintf("the group %s is not in the directory", address), nil
		case errors.Is(err, mirror.ErrUnknown):
			continue // a group of another company
		case err != nil:
			return nil, "", err
		case s.Read.IsZero():
			return nil, fmt.Sprintf("the members of the group %s have not been read yet", s.Group.Email), nil
		}
		if seen[s.Group.ID] {
			continue
		}
		seen[s.Group.ID] = true
		for _, m := range s.Members {
			switch {
			case m.Type == group.Customer: // everybody in the company is nobody in particular
			case m.Type == group.Nested:
				next = append(next, m.ID)
			default:
				ids = append(ids, m.ID)
			}
		}
	}
	return ids, "", nil
}
