package policyfile

import (
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Catalog says how the data catalogue is made to have the policy's teams, roles and policies. A
// policy that has some and no section about the catalogue has the same as one with an empty section;
// mode: report is what keeps the catalogue as it is.
type Catalog struct {
	// Mode says whether what has to change is done at once, asked for, or only shown; at once where
	// the file does not say, because the file is what the catalogue is to be like.
	Mode change.Mode
	// Brake bounds how much is taken away in a day without people, of all that is ours in the
	// catalogue; [usualBrake] where the file does not say.
	Brake brake.Brake
	// CreateUsers makes accounts for people who have none. Without it they get one when they
	// first sign in there, and their teams the night after.
	CreateUsers bool
	// Implied says that no section of the policy speaks of a catalogue: where there is none, none is
	// missed.
	Implied bool
}

// usualBrake bounds what is taken away from the catalogue where the policy does not.
var usualBrake = brake.Brake{Percent: 20, Max: 50}

func (l *loading) readCatalog(at place) {
	l.define(kindSection, "catalog", at)
	t := at.table("mode", "brake", "create_users")
	c := Catalog{Mode: change.Auto, Brake: usualBrake, CreateUsers: t.at("create_users").yes()}
	if t.at("mode").given() {
		c.Mode = t.at("mode").mode()
	}
	if t.at("brake").given() {
		c.Brake = t.at("brake").brake()
	}
	l.policy.Catalog = &c
}

// impliedCatalog is the section that a policy with teams, roles or policies does not have to write.
func (l *loading) impliedCatalog() {
	if l.policy.Catalog == nil && len(l.policy.Teams)+len(l.policy.Roles)+len(l.policy.Policies) > 0 {
		l.policy.Catalog = &Catalog{Mode: change.Auto, Brake: usualBrake, Implied: true}
	}
}
