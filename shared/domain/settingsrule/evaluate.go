package settingsrule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Subject is one group as the rules look at it.
type Subject struct {
	// Group is its address.
	Group string
	// Settings are the values as the API returned them.
	Settings map[string]string
	// Secure says that the anchor is a direct member.
	Secure bool
	// Waived are further exceptions that people granted for this group, for example by
	// approving that a correction be taken back.
	Waived []Exception
}

// Correction is one patch, accepted by the API as a whole, in one mode.
type Correction struct {
	Mode change.Mode
	Diff []change.Delta
	// Follows lists the fields that no rule names: they move because the API wants them to
	// agree with those that do.
	Follows []string
}

// Finding is what the rules say about one group.
type Finding struct {
	// Corrections holds at most one for each mode, auto first. A later one is meant to come on
	// top of the earlier ones.
	Corrections []Correction
	// Unknown lists fields with a rule whose value nobody knows. Such a group is never called
	// compliant.
	Unknown []change.Delta
	// Unresolved says, in words, what the rules want and the API cannot do.
	Unresolved []string
}

// Compliant reports whether there is nothing to do, to ask or to tell.
func (f Finding) Compliant() bool {
	return len(f.Corrections) == 0 && len(f.Unknown) == 0 && len(f.Unresolved) == 0
}

// Evaluate holds one group against the rules at one instant.
func (r Rules) Evaluate(s Subject, now time.Time) Finding {
	var out Finding
	wanted := map[change.Mode]map[string]string{}
	merged := s.Settings["customRolesEnabledForSettingsToBeMerged"] == "true"
	for _, name := range r.Named(s.Secure) {
		value, present := s.Settings[name]
		if !present {
			continue
		}
		if !fields[name].knows(value) {
			out.Unknown = append(out.Unknown, change.Delta{Field: name, Before: value})
			continue
		}
		if r.excepted(s, name, now) {
			continue
		}
		after, by := r.replace(name, value, s.Secure)
		if after == value {
			continue
		}
		mode := by.mode
		if merged && fields[name].merged {
			// What the field says may not be what holds; a person has to look.
			mode = change.Report
		}
		if wanted[mode] == nil {
			wanted[mode] = map[string]string{}
		}
		wanted[mode][name] = after
	}
	current := maps.Clone(s.Settings)
	for _, mode := range []change.Mode{change.Auto, change.Ask, change.Report} {
		if len(wanted[mode]) == 0 {
			continue
		}
		patch, follows, unresolved := agree(current, wanted[mode])
		out.Unresolved = append(out.Unresolved, unresolved...)
		if len(patch) == 0 {
			continue
		}
		c := Correction{Mode: mode, Follows: follows}
		for _, name := range slices.Sorted(maps.Keys(patch)) {
			c.Diff = append(c.Diff, change.Delta{Field: name, Before: current[name], After: patch[name]})
		}
		out.Corrections = append(out.Corrections, c)
		maps.Copy(current, patch)
	}
	return out
}

// Named lists the fields that some rule is about, sorted.
func (r Rules) Named(secure bool) []string {
	seen := map[string]bool{}
	for _, rule := range r.General {
		seen[rule.Field] = true
	}
	if secure {
		for _, rule := range r.Secure {
			seen[rule.Field] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Turns lists the instants after a time, up to another, at which an exception for some group
// ends, with the groups.
func (r Rules) Turns(after, upTo time.Time) []string {
	seen := map[string]bool{}
	for _, e := range r.Exceptions {
		if e.Until.After(after) && !e.Until.After(upTo) {
			seen[e.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (r Rules) excepted(s Subject, name string, now time.Time) bool {
	holds := func(e Exception) bool {
		return strings.EqualFold(e.Group, s.Group) && e.Field == name && now.Before(e.Until)
	}
	return slices.ContainsFunc(r.Exceptions, holds) || slices.ContainsFunc(s.Waived, holds)
}

// agree completes a patch so that the settings after it are a combination which the API takes.
// Fields that no rule asked for only move to a narrower audience. What cannot be had that way
// is left out of the patch and said in words.
func agree(current, wanted map[string]string) (patch map[string]string, follows, unresolved []string) {
	patch = maps.Clone(wanted)
	value := func(name string) string {
		if v, ok := patch[name]; ok {
			return v
		}
		return current[name]
	}
	follow := func(name, v string) {
		if patch[name] != v {
			patch[name] = v
			follows = append(follows, name)
		}
	}
	drop := func(name, why string) {
		delete(patch, name)
		unresolved = append(unresolved, why)
	}

	// archiveOnly and whoCanPostMessage = NONE_CAN_POST imply one another
	// (reference of archiveOnly).
	_, asksPost := wanted["whoCanPostMessage"]
	_, asksArchive := wanted["archiveOnly"]
	switch {
	case asksPost && wanted["whoCanPostMessage"] == "NONE_CAN_POST" && value("archiveOnly") == "false":
		if asksArchive {
			drop("archiveOnly", "archiveOnly false and whoCanPostMessage NONE_CAN_POST exclude one another")
		}
		follow("archiveOnly", "true")
	case asksArchive && wanted["archiveOnly"] == "true":
		if asksPost && wanted["whoCanPostMessage"] != "NONE_CAN_POST" {
			drop("whoCanPostMessage", "archiveOnly true leaves only NONE_CAN_POST for whoCanPostMessage")
		}
		follow("whoCanPostMessage", "NONE_CAN_POST")
	case asksArchive && wanted["archiveOnly"] == "false" && value("whoCanPostMessage") == "NONE_CAN_POST":
		follow("whoCanPostMessage", "ALL_MANAGERS_CAN_POST")
	case asksPost && value("archiveOnly") == "true" && wanted["whoCanPostMessage"] != "NONE_CAN_POST":
		drop("whoCanPostMessage", "the group is archived: whoCanPostMessage stays NONE_CAN_POST until archiveOnly is false")
	}

	// A narrower audience must not see less than it needs: moderators ≤ who sees the members ≤
	// who sees the group.
	narrow := func(inner, outer string) {
		i, ok1 := audience[inner][value(inner)]
		o, ok2 := audience[outer][value(outer)]
		if !ok1 || !ok2 || i <= o {
			return
		}
		if _, outerMoves := patch[outer]; !outerMoves {
			if _, innerMoves := patch[inner]; innerMoves {
				// The rule widens the inner one past what holds: nothing is opened on its account.
				drop(inner, fmt.Sprintf("%s %s needs a wider %s than %s", inner, value(inner), outer, value(outer)))
			}
			return
		}
		if _, asked := wanted[inner]; asked {
			drop(inner, fmt.Sprintf("%s %s needs a wider %s than %s", inner, wanted[inner], outer, value(outer)))
		}
		if v, ok := widest(inner, o); ok && value(inner) != v && audience[inner][value(inner)] > o {
			follow(inner, v)
		}
	}
	narrow("whoCanViewMembership", "whoCanDiscoverGroup")
	narrow("whoCanModerateMembers", "whoCanViewMembership")

	for name, v := range patch {
		if current[name] == v {
			delete(patch, name)
		}
	}
	slices.Sort(follows)
	return patch, follows, unresolved
}
