package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

const (
	mostMembers = 200
	mostPeople  = 300
)

// important are the settings that are shown besides those of which the rules speak.
var important = []string{
	"whoCanViewGroup", "whoCanJoin", "whoCanViewMembership", "whoCanDiscoverGroup", "whoCanPostMessage",
	"whoCanModerateMembers", "allowExternalMembers", "messageModerationLevel",
}

// group makes the part about the group that is open.
func (r *reading) group(ctx context.Context) (groupPart, error) {
	g, ok := r.groups[r.view.Group]
	if !ok {
		return groupPart{}, nil
	}
	part := groupPart{
		form: r.form, Name: g.Name, Email: g.Email, Description: g.Description, ByHidden: r.view.hidden("by"),
	}
	members := r.world.Workspace.Members(g.Email)
	part.People = r.changers(members)
	for i, m := range members {
		if i == mostMembers {
			part.MoreMembers = len(members) - i
			break
		}
		part.Members = append(part.Members, r.member(m))
	}
	known, err := r.settingsKnown(ctx, g.Email)
	if err != nil {
		return part, err
	}
	part.Secure, part.Findings = known.Secure, r.findings(g.Email, known)
	now := r.world.Clock.Now()
	for _, e := range r.policy.SettingsRules().Exceptions {
		if e.Group == g.Email && e.Until.After(now) {
			part.Waivers = append(part.Waivers, waiverLine{wordsForSetting(e.Field), e.Until, e.Reason})
		}
	}
	for _, w := range known.Waivers {
		part.Waivers = append(part.Waivers, waiverLine{wordsForSetting(w.Field), w.Until, "people approved that a correction be taken back"})
	}
	part.Settings = r.settings(g, known)
	part.Mirror, err = r.mirrored(ctx, g, members, known)
	return part, err
}

// settings lists the settings of a group with what the rules say of them.
func (r *reading) settings(g workspace.Group, known mirror.Settings) []settingLine {
	rules := r.policy.SettingsRules()
	values, _ := r.world.Workspace.Settings(g.Email)
	subject := settingsrule.Subject{Group: g.Email, Settings: values, Secure: known.Secure, Waived: known.Exceptions(g.Email, values, known.Secure)}
	against := func(field, value string) bool {
		subject.Settings = maps.Clone(values)
		subject.Settings[field] = value
		for _, c := range rules.Evaluate(subject, r.world.Clock.Now()).Corrections {
			for _, d := range c.Diff {
				if d.Field == field {
					return true
				}
			}
		}
		return false
	}
	ruled := rules.Named(known.Secure)
	fields := slices.Clone(important)
	for _, f := range ruled {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	var out []settingLine
	for _, field := range fields {
		setting, ok := org.SettingNamed(field)
		if !ok || len(setting.Values) == 0 {
			continue
		}
		line := settingLine{
			Field: field, Words: wordsForSetting(field), Value: values[field], ValueWords: wordsForValue(field, values[field]),
			Ruled: slices.Contains(ruled, field), Against: against(field, values[field]),
		}
		for _, v := range setting.Values {
			line.Choices = append(line.Choices, valueChoice{v, wordsForValue(field, v), v == values[field], against(field, v)})
		}
		if was, ok := known.Values[field]; ok && was != values[field] {
			line.Mirror = wordsForValue(field, was)
		}
		out = append(out, line)
	}
	return out
}

// findings says in words what is not as the rules want it, in what the mirror knows of a
// group's settings.
func (r *reading) findings(address string, known mirror.Settings) []string {
	f := r.policy.SettingsRules().Evaluate(settingsrule.Subject{
		Group: address, Settings: known.Values, Secure: known.Secure, Waived: known.Exceptions(address, known.Values, known.Secure),
	}, r.world.Clock.Now())
	var out []string
	for _, c := range f.Corrections {
		for _, d := range c.Diff {
			out = append(out, fmt.Sprintf("%s: %s → %s. %s.", wordsForSetting(d.Field),
				wordsForValue(d.Field, d.Before), wordsForValue(d.Field, d.After), modeWords[c.Mode]))
		}
	}
	for _, u := range f.Unknown {
		out = append(out, fmt.Sprintf("%s has a value that nobody knows: %s.", wordsForSetting(u.Field), u.Before))
	}
	return append(out, f.Unresolved...)
}

func (r *reading) member(m workspace.Member) memberLine {
	line := memberLine{Name: r.name(m.Email), Email: m.Email, Role: roleWords[m.Role], Lang: r.lang(m.Email)}
	switch {
	case m.Type == "GROUP":
		line.Kind = "group"
		if _, ok := r.groups[m.Email]; ok {
			line.Href = r.view.withGroup(m.Email).href("group")
		}
	case m.Status == "SUSPENDED":
		line.Kind = "suspended"
	case m.Status == "":
		line.Kind = "from outside"
	}
	return line
}

var roleWords = map[string]string{"OWNER": "Owner", "MANAGER": "Manager", "MEMBER": "Member"}

// changers lists who can be chosen to change the settings, the group's own people first. The
// first owner is chosen where the view names nobody.
func (r *reading) changers(members []workspace.Member) []personGroup {
	listed := map[string]bool{}
	chosen := r.view.By
	left := mostPeople
	choose := func(label string, addresses []string) personGroup {
		g := personGroup{Label: label}
		for _, a := range addresses {
			p, ok := r.people[a]
			if !ok || p.Suspended || listed[a] || (left <= 0 && a != r.view.By) {
				continue
			}
			listed[a] = true
			left--
			if chosen == "" {
				chosen = a
			}
			g.People = append(g.People, personChoice{a, p.Name + " · " + a, a == chosen})
		}
		return g
	}
	byRole := map[string][]string{}
	for _, m := range members {
		byRole[m.Role] = append(byRole[m.Role], m.Email)
	}
	var admins, others []string
	for _, p := range r.sortedPeople() {
		if p.Admin {
			admins = append(admins, p.Email)
		}
		others = append(others, p.Email)
	}
	var out []personGroup
	for _, g := range []personGroup{
		choose("Owners", byRole["OWNER"]), choose("Managers", byRole["MANAGER"]), choose("Members", byRole["MEMBER"]),
		choose("Administrators", admins), choose("Others", others),
	} {
		if len(g.People) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// mirrored compares what the mirror knows with what is so.
func (r *reading) mirrored(ctx context.Context, g workspace.Group, members []workspace.Member, known mirror.Settings) (mirrorLine, error) {
	snapshot, err := r.mirror.Snapshot(ctx, g.ID)
	if errors.Is(err, mirror.ErrUnknown) {
		return mirrorLine{}, nil
	}
	if err != nil {
		return mirrorLine{}, fmt.Errorf("read %s from the mirror: %w", g.Email, err)
	}
	out := mirrorLine{
		Known: true, Members: len(snapshot.Members), MembersRead: snapshot.Read,
		SettingsRead: known.Read, SettingsAreKnown: !known.Read.IsZero(), SameMembers: len(snapshot.Members) == len(members),
	}
	roles := map[string]string{}
	for _, m := range snapshot.Members {
		roles[m.ID] = string(m.Role)
	}
	for _, m := range members {
		out.SameMembers = out.SameMembers && roles[m.ID] == m.Role
	}
	return out, nil
}
