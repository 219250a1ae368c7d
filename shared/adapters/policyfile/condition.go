package policyfile

import "github.com/sekisho/sekisho/shared/domain/policy"

// condition reads a condition. The teams and roles that it names have to be defined, and its
// tags where the policy lists any.
func (p place) condition() *policy.Condition {
	s := p.text()
	if s == "" {
		return nil
	}
	c, err := policy.ParseCondition(s)
	if err != nil {
		p.problem("%v", err)
		return nil
	}
	for _, name := range c.Names(policy.TeamName) {
		p.from.refer(kindTeam, name, p)
	}
	for _, name := range c.Names(policy.RoleName) {
		p.from.refer(kindRole, name, p)
	}
	for _, name := range c.Names(policy.TagName) {
		p.from.refer(kindTag, name, p)
	}
	return c
}

// readTags reads the tags that conditions may name. A tag is a full name, as the catalogue
// shows it: it may hold spaces and quotes.
func (l *loading) readTags(at place) {
	for _, item := range at.filled("[Tier.Tier1]") {
		if tag := item.text(); l.define(kindTag, tag, item) {
			l.policy.Tags = append(l.policy.Tags, tag)
		}
	}
}
