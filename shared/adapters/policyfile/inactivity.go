package policyfile

import (
	"cmp"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// Inactivity is what is done about accounts that nobody uses, and how people ask for one. Both
// maps are keyed by the system that the accounts are in: [LookerAccounts] or
// [WorkspaceAccounts].
type Inactivity struct {
	Systems map[string]idle.Rule
	// Requests has an entry where people can ask; without one nobody can.
	Requests map[string]idle.RequestRule
}

// The systems whose accounts are looked after.
const (
	// LookerAccounts are the users of the company's Looker instance.
	LookerAccounts = "looker"
	// WorkspaceAccounts are the users of the company's Google Workspace.
	WorkspaceAccounts = "workspace"
)

var systems = []string{LookerAccounts, WorkspaceAccounts}

// AccountSystems lists the systems whose accounts are looked after, whatever a policy says of them.
func AccountSystems() []string { return slices.Clone(systems) }

func (l *loading) readInactivity(at place) {
	t := at.table(append(slices.Clone(systems), "requests")...)
	for _, system := range systems {
		if p := t.at(system); p.given() {
			l.define(kindSystem, system, p)
			put(&l.policy.Inactivity.Systems, system, p.idle(system))
		}
	}
	requests := t.at("requests").table(systems...)
	for _, system := range systems {
		if p := requests.at(system); p.given() {
			l.define(kindRequests, system, p)
			put(&l.policy.Inactivity.Requests, system, p.requests(system))
		}
	}
}

// How looking at embedded content counts. Only Looker has it.
const (
	embedCounts  = "count"
	embedIgnored = "ignore"
)

func (p place) idle(system string) idle.Rule {
	keys := []string{"after", "warn", "mode", "channel", "grace", "spare", "brake", "seats"}
	if system == LookerAccounts {
		keys = append(keys, "embed")
	}
	t := p.table(keys...)
	r := idle.Rule{
		After:       t.need("after", "180d").duration(),
		Mode:        t.at("mode").mode(),
		Channel:     t.at("channel").channel(),
		Grace:       t.at("grace").duration(),
		Brake:       t.at("brake").brake(),
		Seats:       t.at("seats").whole(1),
		IgnoreEmbed: oneOf(t.at("embed"), embedCounts, embedIgnored) == embedIgnored,
	}
	steps := t.at("warn").list("[14d, 7d, 1d]")
	r.Warn = distinct(steps, place.duration)
	for i, step := range r.Warn {
		if r.After > 0 && step >= r.After {
			steps[i].problem("is not before the stop: write less than after, %s", span.Spell(r.After))
		}
	}
	slices.SortFunc(r.Warn, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	spare := t.at("spare").table("emails", "roles", "groups")
	r.Spare = idle.Spare{
		Emails: distinct(spare.at("emails").list("[name@your-domain]"), place.address),
		Roles:  distinct(spare.at("roles").list("[Admin]"), place.text),
		Groups: distinct(spare.at("groups").list("[group@your-domain]"), place.address),
	}
	if r.Mode == change.Ask {
		t.need("channel", `"#looker-admins", where mode ask is asked`)
	}
	return r
}

// requests reads how people ask for an account. Workspace accounts have no roles to ask for:
// there people only have back what they had.
func (p place) requests(system string) idle.RequestRule {
	keys := []string{"mode", "auto_for"}
	if system == LookerAccounts {
		keys = []string{"roles", "roles_for", "default", "mode", "auto_for"}
	}
	t := p.table(keys...)
	r := idle.RequestRule{
		Default: t.at("default").text(),
		Mode:    t.at("mode").mode(),
		AutoFor: distinct(t.at("auto_for").list("[group:team@your-domain]"), place.namedPeople),
	}
	if system != LookerAccounts {
		return r
	}
	r.Roles = distinct(t.need("roles", "[User]").filled("[User]"), place.text)
	for _, e := range t.at("roles_for").entries("a table of roles: {Admin: [group:team@your-domain]}") {
		if slices.Contains(r.Roles, e.name) {
			e.value.problem("%s is among roles already, which anybody can ask for: write it in one of them", quote(e.name))
		}
		put(&r.RolesFor, e.name, distinct(e.value.filled("[group:team@your-domain]"), place.namedPeople))
	}
	if r.Default != "" && len(r.Roles) > 0 && !slices.Contains(r.Roles, r.Default) {
		t.at("default").problem("%s cannot be asked for%s", quote(r.Default), spelling.Suggest(r.Default, r.Roles))
	}
	return r
}

// namedPeople reads a set of people that does not depend on what is decided about.
func (p place) namedPeople() change.Selector { return p.selector(named) }

// put adds to a map that may not be made yet.
func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}
