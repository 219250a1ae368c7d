// Package settingsrule holds a group's settings against the rules and says what has to change.
//
// A rule has the shape of Greep, DeNA's system that this one learned from: a field, the values
// that are not wanted (needles), and the value to put in their place. `general` rules hold for
// every group; `secureGroup` rules hold on top of them where the anchor is a direct member. What
// comes out is one patch that the API accepts as a whole: settings that depend on one another move
// together, and only ever to a narrower audience than the rules ask for.
package settingsrule

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// Rule replaces values that are not wanted.
type Rule struct {
	Field   string
	Needles []string
	Replace string
	// Mode overrides the mode of all rules; empty takes that.
	Mode change.Mode
}

// Exception keeps the rules off one field of one group for a time.
type Exception struct {
	// Group is an address.
	Group string
	Field string
	// Until is the instant at which the exception ends.
	Until  time.Time
	Reason string
}

// Rules are all rules about settings.
type Rules struct {
	// Anchor is the address whose direct membership makes a group secure; empty means that no
	// group is.
	Anchor     string
	Mode       change.Mode
	General    []Rule
	Secure     []Rule
	Exceptions []Exception
	// Brake bounds how many groups are corrected without people.
	Brake brake.Brake
}

// Problem is something wrong with the rules as they are written.
type Problem struct {
	// Path leads to the place: "rules", "general", "0", "field".
	Path []string
	Text string
}

// Validate lists everything that is wrong with the rules.
func (r Rules) Validate() []Problem {
	var out []Problem
	add := func(text string, path ...string) { out = append(out, Problem{Path: path, Text: text}) }
	sets := []struct {
		name  string
		rules []Rule
	}{{"general", r.General}, {"secureGroup", r.Secure}}
	for _, set := range sets {
		for i, rule := range set.rules {
			at := []string{"rules", set.name, fmt.Sprint(i)}
			for _, p := range rule.validate() {
				out = append(out, Problem{Path: append(slices.Clone(at), p.Path...), Text: p.Text})
			}
		}
	}
	if !knownMode(r.Mode) {
		add(unknownMode(r.Mode), "mode")
	}
	if len(r.Secure) > 0 && r.Anchor == "" {
		add("secureGroup rules need an anchor: write anchor: secure_anchor@your-domain", "rules", "secureGroup")
	}
	for i, e := range r.Exceptions {
		n := fmt.Sprint(i)
		if _, ok := fields[e.Field]; !ok {
			add(unknownField(e.Field), "exceptions", n, "field")
		}
		if e.Group == "" {
			add("an exception names its group: write group: name@your-domain", "exceptions", n, "group")
		}
		if e.Until.IsZero() {
			add("an exception ends: write until: 2027-03-31", "exceptions", n, "until")
		}
		if e.Reason == "" {
			add("an exception says why: write reason: a link or a sentence", "exceptions", n, "reason")
		}
		for j, other := range r.Exceptions[:i] {
			if e.Group != "" && group.Address(other.Group) == group.Address(e.Group) && other.Field == e.Field {
				add(fmt.Sprintf("exceptions[%d] names the same group and field: keep one of them", j), "exceptions", n)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	return r.restless()
}

// restless lists values on which the rules never agree: what rules up to one mode make, those
// up to the same or an earlier mode would replace again, so that two runs would never agree.
func (r Rules) restless() []Problem {
	var out []Problem
	for i, mode := range modes {
		for _, earlier := range modes[:i+1] {
			for _, secure := range []bool{false, true} {
				for _, name := range r.Named(secure) {
					for _, v := range r.values(name) {
						once, _ := r.replace(name, v, secure, mode)
						twice, by := r.replace(name, once, secure, earlier)
						if twice == once {
							continue
						}
						way := fmt.Sprintf("from %s to %s and then to %s", v, once, twice)
						if v == once {
							way = fmt.Sprintf("from %s to %s and back", once, twice)
						}
						out = append(out, Problem{
							Path: []string{"rules", by.set, fmt.Sprint(by.index)},
							Text: fmt.Sprintf("the rules never come to rest: %s goes %s", name, way),
						})
					}
				}
			}
		}
	}
	return distinct(out)
}

// distinct drops what was said before.
func distinct(problems []Problem) []Problem {
	var out []Problem
	for _, p := range problems {
		same := func(o Problem) bool { return o.Text == p.Text && slices.Equal(o.Path, p.Path) }
		if !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// values lists the values of a field that the rules could meet or make, as far as that makes a
// difference to them.
func (r Rules) values(name string) []string {
	out := Values(name)
	for _, rule := range slices.Concat(r.General, r.Secure) {
		if rule.Field == name {
			out = append(append(out, rule.Needles...), rule.Replace)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (rule Rule) validate() []Problem {
	var out []Problem
	f, ok := fields[rule.Field]
	if !ok {
		return []Problem{{Path: []string{"field"}, Text: unknownField(rule.Field)}}
	}
	if len(rule.Needles) == 0 {
		out = append(out, Problem{Path: []string{"needles"}, Text: "a rule needs needles: the values that are not wanted"})
	}
	for i, v := range rule.Needles {
		if !f.knows(v) {
			out = append(out, Problem{Path: []string{"needles", fmt.Sprint(i)}, Text: unknownValue(rule.Field, v)})
		}
	}
	switch {
	case rule.Replace == "" && f.kind != text:
		out = append(out, Problem{Path: []string{"replace"}, Text: "a rule needs replace: the value to put in their place"})
	case !f.knows(rule.Replace):
		out = append(out, Problem{Path: []string{"replace"}, Text: unknownValue(rule.Field, rule.Replace)})
	case slices.Contains(rule.Needles, rule.Replace):
		out = append(out, Problem{Path: []string{"replace"}, Text: rule.Replace + " is one of the needles itself"})
	}
	if !knownMode(rule.Mode) {
		out = append(out, Problem{Path: []string{"mode"}, Text: unknownMode(rule.Mode)})
	}
	return out
}

// knownMode reports whether a mode can be had; empty leaves it open.
func knownMode(m change.Mode) bool {
	return slices.Contains([]change.Mode{"", change.Auto, change.Ask, change.Report}, m)
}

func unknownMode(m change.Mode) string {
	return fmt.Sprintf("mode %q is unknown: write auto, ask or report", m)
}

// modes are those that there are, from the one that does most by itself.
var modes = []change.Mode{change.Auto, change.Ask, change.Report}

// origin is the rule that replaced a value.
type origin struct {
	set   string
	index int
}

// replace runs one value through the rules whose mode is one up to the given one: first the
// general ones, then the secure ones on what came out.
func (r Rules) replace(name, value string, secure bool, upTo change.Mode) (string, origin) {
	var by origin
	run := func(set string, rules []Rule) {
		for i, rule := range rules {
			mode := cmp.Or(rule.Mode, r.Mode, change.Report)
			if slices.Index(modes, mode) > slices.Index(modes, upTo) {
				continue
			}
			if rule.Field == name && slices.Contains(rule.Needles, value) {
				value, by = rule.Replace, origin{set: set, index: i}
			}
		}
	}
	run("general", r.General)
	if secure {
		run("secureGroup", r.Secure)
	}
	return value, by
}

func unknownField(name string) string {
	return fmt.Sprintf("field %q is unknown%s", name, cmp.Or(spelling.Suggest(name, Fields()), ": docs/policy.md lists them"))
}

func unknownValue(field, v string) string {
	return fmt.Sprintf("%s has no value %q%s", field, v, spelling.Suggest(v, Values(field)))
}
