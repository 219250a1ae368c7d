package console

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// mostGroups bounds the list of groups. Who looks for another one searches.
const mostGroups = 60

// groupList lists the groups that match the search.
func (r *reading) groupList(ctx context.Context) (groupsPart, error) {
	part := groupsPart{Search: r.view.Search, Hidden: r.view.hidden("search"), Total: len(r.sorted)}
	for _, g := range r.sorted {
		if !matches(g, r.view.Search) {
			continue
		}
		if len(part.Shown) == mostGroups {
			part.Hiding++
			continue
		}
		line := groupLine{
			Name: g.Name, Email: g.Email, Href: r.view.withGroup(g.Email).href("group"), Selected: g.Email == r.view.Group,
		}
		known, err := r.settingsKnown(ctx, g.Email)
		if err != nil {
			return part, err
		}
		line.Known, line.Secure, line.Findings = !known.Read.IsZero(), known.Secure, len(r.findings(g.Email, known))
		part.Shown = append(part.Shown, line)
	}
	return part, nil
}

func matches(g workspace.Group, search string) bool {
	search = strings.ToLower(strings.TrimSpace(search))
	return strings.Contains(strings.ToLower(g.Name), search) || strings.Contains(g.Email, search)
}

// settingsKnown returns what the mirror knows of a group's settings; the zero value where it
// knows nothing.
func (r *reading) settingsKnown(ctx context.Context, address string) (mirror.Settings, error) {
	header, err := r.mirror.Find(ctx, address)
	if errors.Is(err, mirror.ErrUnknown) {
		return mirror.Settings{}, nil
	}
	if err != nil {
		return mirror.Settings{}, err
	}
	return r.mirror.Settings(ctx, header.Group.ID)
}
