package settingsrule

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Subject is one group as the rules look at it.
type Subject struct {
	// Group is its address, Aliases are its further ones: an exception holds under any of them.
	Group   string
	Aliases []string
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
//
// The rules of one mode after the other are run until they have nothing to add: first those in
// mode auto, then those in mode ask on what the first made, then those in mode report on both.
// So whoever applies the corrections, up to any mode, and evaluates again, finds nothing more to
// do up to that mode.
func (r Rules) Evaluate(s Subject, now time.Time) Finding {
	var out Finding
	for _, name := range r.Named(s.Secure) {
		value, present := s.Settings[name]
		if present && !fields[name].knows(value) || !present && fields[name].always() {
			out.Unknown = append(out.Unknown, change.Delta{Field: name, Before: value})
		}
	}
	current := maps.Clone(s.Settings)
	for _, mode := range modes {
		rested := r.rest(current, s.Secure, mode, r.held(s, mode, now))
		for _, text := range rested.unresolved {
			if !slices.Contains(out.Unresolved, text) {
				out.Unresolved = append(out.Unresolved, text)
			}
		}
		c := Correction{Mode: mode}
		for _, name := range slices.Sorted(maps.Keys(rested.settings)) {
			before, after := current[name], rested.settings[name]
			if before == after {
				continue
			}
			c.Diff = append(c.Diff, change.Delta{Field: name, Before: before, After: after})
			if !rested.wanted[name] {
				c.Follows = append(c.Follows, name)
			}
		}
		if len(c.Diff) > 0 {
			out.Corrections = append(out.Corrections, c)
		}
		current = rested.settings
	}
	return out
}

// rested is what settings come to.
type rested struct {
	settings map[string]string
	// wanted says of the fields that moved whether a rule asked for where they are.
	wanted map[string]bool
	// unresolved says what the rules still want and do not get.
	unresolved []string
}

// rest applies the rules up to a mode again and again, until they add nothing. A field that
// follows another may come to a value that a rule is about, hence the repetition. Rules of
// different fields may also undo one another that way; then those fields are left as they are.
func (r Rules) rest(current map[string]string, secure bool, upTo change.Mode, held map[string]bool) rested {
	out := rested{settings: current, wanted: map[string]bool{}}
	seen := []map[string]string{current}
	for {
		wanted := map[string]string{}
		for _, name := range r.Named(secure) {
			value, present := out.settings[name]
			if !present || held[name] || !fields[name].knows(value) {
				continue
			}
			if after, _ := r.replace(name, value, secure, upTo); after != value {
				wanted[name] = after
			}
		}
		var next map[string]string
		next, out.unresolved = agree(out.settings, wanted, held)
		if maps.Equal(next, out.settings) {
			return out
		}
		again := slices.IndexFunc(seen, func(s map[string]string) bool { return maps.Equal(s, next) })
		if again >= 0 {
			restless := differing(seen[again:])
			held = maps.Clone(held)
			for _, name := range restless {
				held[name] = true
			}
			out = r.rest(current, secure, upTo, held)
			out.unresolved = append(out.unresolved, "the rules undo one another's work: "+strings.Join(restless, ", "))
			return out
		}
		for name, value := range next {
			if value != out.settings[name] {
				out.wanted[name] = value == wanted[name]
			}
		}
		out.settings, seen = next, append(seen, next)
	}
}

// differing lists the fields that are not the same in all of several settings, sorted.
func differing(all []map[string]string) []string {
	seen := map[string]bool{}
	for _, settings := range all[1:] {
		for name, value := range settings {
			if value != all[0][name] {
				seen[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// isCalled reports whether an address is one of the group's.
func (s Subject) isCalled(address string) bool {
	return slices.ContainsFunc(append([]string{s.Group}, s.Aliases...), func(a string) bool { return group.Address(a) == group.Address(address) })
}

// held lists the fields that are not to be moved, neither by a rule nor to agree with another:
// those with an exception and, except for a report, those whose value may not be what it seems.
func (r Rules) held(s Subject, mode change.Mode, now time.Time) map[string]bool {
	out := map[string]bool{}
	for _, e := range slices.Concat(r.Exceptions, s.Waived) {
		if s.isCalled(e.Group) && now.Before(e.Until) {
			out[e.Field] = true
		}
	}
	if s.Settings["customRolesEnabledForSettingsToBeMerged"] == "true" && mode != change.Report {
		for name, f := range fields {
			if f.merged {
				out[name] = true
			}
		}
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

// Turns lists the groups for which an exception ends after one time and not after another.
func (r Rules) Turns(after, upTo time.Time) []string {
	seen := map[string]bool{}
	for _, e := range r.Exceptions {
		if e.Until.After(after) && !e.Until.After(upTo) {
			seen[e.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
