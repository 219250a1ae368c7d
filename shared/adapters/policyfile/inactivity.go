package policyfile

import (
	"cmp"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// Inactivity is what is done about accounts that nobody uses, and how people ask for one.
type Inactivity struct {
	// Systems are keyed by the system that the accounts are in: "looker".
	Systems map[string]IdleRule
	// Requests are keyed by system too. Without an entry nobody can ask.
	Requests map[string]RequestRule
}

// IdleRule says when an account of one system is stopped.
type IdleRule struct {
	// After is counted from the latest sign-in over all kinds of credential.
	After time.Duration
	// Warn lists how long before the stop the person is told, longest first.
	Warn []time.Duration
	Mode change.Mode
	// Channel is the Slack channel that is asked in mode ask: "#looker-admins".
	Channel string
	// Grace spares accounts younger than this.
	Grace time.Duration
	Spare Spare
	Brake settingsrule.Brake
	// Seats is how many the contract has, for the summary; 0 means that nobody said.
	Seats int
}

// Spare lists whose accounts are never stopped.
type Spare struct {
	Emails []string
	// Roles are names of roles in the system itself.
	Roles []string
	// Groups are addresses of Google Groups.
	Groups []string
}

// RequestRule says how people get an account of one system, for the first time or back.
type RequestRule struct {
	// Roles are those that can be asked for.
	Roles []string
	// Default is the role that is offered first; empty where none is.
	Default string
	Mode    change.Mode
	// AutoFor are people who get what they ask for without anybody being asked.
	AutoFor []change.Selector
}

// systems are those whose accounts are looked after.
var systems = []string{"looker"}

func (l *loading) readInactivity(at place) {
	t := at.table(append(slices.Clone(systems), "requests")...)
	for _, system := range systems {
		if p := t.at(system); p.given() {
			l.define(kindSystem, system, p)
			put(&l.policy.Inactivity.Systems, system, p.idle())
		}
	}
	requests := t.at("requests").table(systems...)
	for _, system := range systems {
		if p := requests.at(system); p.given() {
			l.define(kindRequests, system, p)
			put(&l.policy.Inactivity.Requests, system, p.requests())
		}
	}
}

func (p place) idle() IdleRule {
	t := p.table("after", "warn", "mode", "channel", "grace", "spare", "brake", "seats")
	r := IdleRule{
		After:   t.need("after", "180d").duration(),
		Mode:    t.at("mode").mode(),
		Channel: t.at("channel").channel(),
		Grace:   t.at("grace").duration(),
		Brake:   t.at("brake").brake(),
		Seats:   t.at("seats").whole(1),
	}
	steps := t.at("warn").list("[14d, 7d, 1d]")
	r.Warn = distinct(steps, place.duration)
	for i, step := range r.Warn {
		if r.After > 0 && step >= r.After {
			steps[i].problem("is not before the stop: write less than after, %s", spellDuration(r.After))
		}
	}
	slices.SortFunc(r.Warn, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	spare := t.at("spare").table("emails", "roles", "groups")
	r.Spare = Spare{
		Emails: distinct(spare.at("emails").list("[name@your-domain]"), place.address),
		Roles:  distinct(spare.at("roles").list("[Admin]"), place.text),
		Groups: distinct(spare.at("groups").list("[group@your-domain]"), place.address),
	}
	if r.Mode == change.Ask {
		t.need("channel", `"#looker-admins", where mode ask is asked`)
	}
	return r
}

func (p place) requests() RequestRule {
	t := p.table("roles", "default", "mode", "auto_for")
	r := RequestRule{
		Roles:   distinct(t.need("roles", "[User]").filled("[User]"), place.text),
		Default: t.at("default").text(),
		Mode:    t.at("mode").mode(),
		AutoFor: distinct(t.at("auto_for").list("[group:team@your-domain]"),
			func(p place) change.Selector { return p.selector(named) }),
	}
	if r.Default != "" && len(r.Roles) > 0 && !slices.Contains(r.Roles, r.Default) {
		t.at("default").problem("%s cannot be asked for%s", quote(r.Default), settingsrule.Suggest(r.Default, r.Roles))
	}
	return r
}

// put adds to a map that may not be made yet.
func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}
