package catalog

import "slices"

// SameEnd reports of a role or a team whether some steps that change what it has bring it to where others would have
// brought it, by way of nothing that it would not have had by those, or has now. An update is taken apart by what the
// catalogue has at the moment: where a plan has ended in between, the same update may be taken apart otherwise.
func (p Present) SameEnd(kind Kind, name string, planned, now []Step) bool {
	end := func(steps []Step) (last lists, all []key, some bool) {
		for _, s := range steps {
			if s.Verb != Update || s.Kind != kind || s.Name != name || s.places() {
				continue
			}
			last, some = listsIn(s), true
			all = append(all, last.each()...)
		}
		return last, all, some
	}
	wanted, allowed, some := end(planned)
	is := p.asItIs(Step{Kind: kind, Name: name})
	if !some || is.Role == nil && is.Team == nil || name == Organization { // which others change too
		return false
	}
	allowed = append(allowed, listsIn(is).each()...)
	last, by, some := end(now)
	return some && last.equal(wanted) && !slices.ContainsFunc(by, func(k key) bool { return !slices.Contains(allowed, k) })
}
