package policyfile

import (
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Catalog says how the data catalogue is made to have the policy's teams, roles and policies.
type Catalog struct {
	// Mode says whether what has to change is done at once, asked for, or only shown.
	Mode change.Mode
	// Brake bounds how much is taken away in a day without people, of all that is ours in the
	// catalogue.
	Brake brake.Brake
	// CreateUsers makes accounts for people who have none. Without it they get one when they
	// first sign in there, and their teams the night after.
	CreateUsers bool
}

func (l *loading) readCatalog(at place) {
	l.define(kindSection, "catalog", at)
	t := at.table("mode", "brake", "create_users")
	l.policy.Catalog = &Catalog{
		Mode:        t.at("mode").mode(),
		Brake:       t.at("brake").brake(),
		CreateUsers: t.at("create_users").yes(),
	}
}
