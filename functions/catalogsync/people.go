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
func (h *handler) membership(ctx context.Context, m policy.Model) (membership, []problem, error) {
	census, err := h.mirror.Census(ctx)
	if err != nil {
		return membership{}, nil, err
	}
	if census.At.IsZero() {
		return membership{}, []problem{{text: "the directory has not been read whole yet"}}, nil
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
	var problems []problem
	for _, address := range groupsOf(m) {
		everybody, err := h.mirror.Roster(ctx, address)
		switch {
		case errors.Is(err, mirror.ErrUnknown):
			problems = append(problems, problem{text: fmt.Sprintf("the group %s is not in the directory", address)})
			continue
		case errors.Is(err, mirror.ErrUnread):
			problems = append(problems, problem{text: err.Error()})
			continue
		case err != nil:
			return membership{}, nil, err
		}
		var emails []string
		for _, m := range everybody {
			if email, here := byID[m.ID]; here { // others are from outside, or suspended
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
