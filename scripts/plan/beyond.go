package main

import (
	"reflect"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// This file finds what of two policies differs and is no question of who agrees. Nothing compares it, so
// that a policy which loosens it looks like one that asks nothing less: whoever reads that has to hear of
// it by name.

// beyondAgreement lists what differs of it, each with the section it is in: "max of prod-write in access".
func beyondAgreement(before, after *policyfile.Policy) []string {
	var out []string
	find := func(differs bool, what string) {
		if differs && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	for _, now := range after.Access {
		i := slices.IndexFunc(before.Access, func(e grant.Entitlement) bool { return e.Name == now.Name })
		if i < 0 {
			continue // what could not be had before was not asked for in any way
		}
		was := before.Access[i]
		find(was.Max != now.Max, "max of "+now.Name+" in access")
		find(pattern(was) != pattern(now), "reason of "+now.Name+" in access")
	}
	find(brakeOf(before.Catalog) != brakeOf(after.Catalog), "brake in catalog")
	for _, system := range policyfile.AccountSystems() {
		was, now := before.Inactivity.Systems[system], after.Inactivity.Systems[system]
		where := " of " + system + " in inactivity"
		find(was.Brake != now.Brake, "brake"+where)
		find(was.After != now.After || was.Grace != now.Grace || !slices.Equal(was.Warn, now.Warn), "deadlines"+where)
		find(!reflect.DeepEqual(was.Spare, now.Spare), "spare"+where)
	}
	was, now := before.SettingsRules(), after.SettingsRules()
	find(was.Brake != now.Brake, "brake in settings")
	find(!reflect.DeepEqual(was.Exceptions, now.Exceptions), "exceptions in settings")
	find(deadlines(before, after), "deadlines in approvals")
	return out
}

// pattern is what a reason has to match, as it is written; empty where any will do.
func pattern(e grant.Entitlement) string {
	if e.Reason == nil {
		return ""
	}
	return e.Reason.String()
}

// brakeOf returns the brake of the catalogue; none where nothing is done about it.
func brakeOf(c *policyfile.Catalog) brake.Brake {
	if c == nil {
		return brake.Brake{}
	}
	return c.Brake
}

// deadlines reports whether people have another time to decide about something.
func deadlines(before, after *policyfile.Policy) bool {
	was, will := rulings(before, after)
	for scope, now := range will.Approvals {
		var from time.Time
		if now.Mode == change.Ask && !was.Approvals[scope].Deadline(from).Equal(now.Deadline(from)) {
			return true
		}
	}
	return false
}
