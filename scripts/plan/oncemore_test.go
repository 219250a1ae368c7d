package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// idOf is the id of somebody in the company that was read.
func (t *tenant) idOf(email string) string {
	for _, p := range t.memory.People {
		if p.Email == email {
			return p.ID
		}
	}
	return ""
}

// An undo that somebody could ask for by a rule alone is one that they may not ask for when that goes; that of whom it
// concerns they may.
func TestAPastUndoByARule(t *testing.T) {
	with := edited(t, shared, "policies:\n", "policies:\n  - {name: desk, rules: [{name: undo, effect: allow, operations: [Undo], resources: [account]}]}\n",
		"roles:\n", "roles:\n  - {name: helpdesk, policies: [desk], members: [user:lena@example.com]}\n")
	other := edited(t, with, "members: [user:lena@example.com]", "members: [user:ken@example.com]")
	undo := past{
		Entry:  audit.Entry{ID: "x-2.0001", Verb: string(change.VerbPropose), Actor: "lena@example.com", Kind: string(change.AccountEnable), Outcome: audit.Accepted},
		Of:     change.Change{ID: "x-2", Kind: change.AccountEnable, Target: change.Target{ID: "looker:yui@example.com", Name: "yui@example.com"}, UndoOf: "x-1"},
		Undone: change.Change{ID: "x-1", Kind: change.AccountDisable, Target: change.Target{ID: "looker:yui@example.com", Name: "yui@example.com"}, Owners: []change.Selector{"user:yui@example.com"}},
	}
	ten := opened(t, company(t), "")
	c, err := ten.compare(t.Context(), written(t, with), written(t, other), []past{undo}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Decisions) != 1 {
		t.Errorf("lena's past undo: %v", c.Decisions)
	}
	undo.Undone.Requester = change.Actor{Kind: change.ByPerson, ID: ten.idOf("lena@example.com")}
	if c, err = ten.compare(t.Context(), written(t, with), written(t, other), []past{undo}, nil); err != nil || len(c.Decisions) > 0 {
		t.Errorf("that of who asked for it: %v, %v", c.Decisions, err)
	}
}

// A request that was turned away because of the owner who was named is held against another policy with that owner.
func TestARequestThatWasBarredForItsOwner(t *testing.T) {
	barring := edited(t, shared, "  - name: approve\n", "      - {name: not, effect: deny, operations: [RequestConnection], resources: [connection], condition: isOwner()}\n  - name: approve\n")
	p := past{
		Entry: turnedAway(audit.Entry{ID: "turned.1", Verb: "slackinteract.connect", Actor: "T1/U1", ActorName: "ken@example.com", Outcome: audit.Refused, Kind: string(change.ConnectionCreate)}),
		Of:    change.Change{Kind: change.ConnectionCreate, Target: change.Target{Name: "ken@example.com"}},
	}
	c, err := opened(t, company(t), "").compare(t.Context(), written(t, barring), written(t, shared), []past{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Decisions) == 0 {
		t.Errorf("ken's refused request is not among the decisions")
	}
}

// Who owns an account is who manages its person, as before the effect: by rules about owners nobody owns their own.
func TestWhoseAccountsAreLost(t *testing.T) {
	rule := func(rule string) string {
		return edited(t, shared, "  - name: approve\n", "      - {name: acc, "+rule+"}\n  - name: approve\n")
	}
	const own = "their own, or that of nobody who reports to them"
	for text, want := range map[string]struct{ loses, gains []string }{
		"effect: allow, operations: [RequestAccount], resources: [account], condition: isOwner()":   {loses: []string{"aiko", "ken", "lena", "mika", "yui"}},
		"effect: deny, operations: [RequestAccount], resources: [account], condition: '!isOwner()'": {loses: []string{"aiko", "ken", "lena", "mika", "yui"}},
		"effect: allow, operations: [ApproveAccount], resources: [account], condition: isOwner()":   {loses: []string{"mika"}}, // an administrator
	} {
		c, err := opened(t, managed(t), "").compare(t.Context(), written(t, shared), written(t, rule(text)), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		of := func(list []shiftReport) (who []string) {
			for _, s := range list {
				if slices.Contains(s.Resources, own) {
					name, _, _ := strings.Cut(s.Person, "@")
					who = append(who, name)
				}
			}
			return who
		}
		if got := of(c.Loses); !slices.Equal(got, want.loses) {
			t.Errorf("%s: %v lose, want %v", text, got, want.loses)
		}
		if got := of(c.Gains); len(got) > 0 {
			t.Errorf("%s: %v gain", text, got)
		}
		if !slices.ContainsFunc(c.NotCompared, func(s string) bool { return strings.Contains(s, "who administer their system") }) {
			t.Errorf("%s: not compared %v", text, c.NotCompared)
		}
	}
}

// A rule about two tags together is asked about with these two, whatever other rules deny of a third.
func TestTagsOfOneCondition(t *testing.T) {
	before := edited(t, shared, "  - name: approve\n", "      - {name: secret, effect: deny, operations: [All], resources: [table], condition: \"matchAnyTag('c.c')\"}\n  - name: approve\n")
	after := edited(t, before, "  - name: approve\n", "      - {name: both, effect: allow, operations: [Create], resources: [table], condition: \"matchAllTags('a.a', 'b.b')\"}\n  - name: approve\n")
	c, err := opened(t, company(t), "").compare(t.Context(), written(t, before), written(t, after), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(c.Gains, func(s shiftReport) bool { return s.Operation == "Create" }) {
		t.Error("everybody gains Create on tables tagged a.a and b.b, and nobody is said to")
	}
	if !slices.ContainsFunc(c.NotCompared, func(s string) bool { return strings.Contains(s, "other tags together") }) {
		t.Errorf("not compared: %v", c.NotCompared)
	}
}

// A rule about what is certified is asked about with that certificate.
func TestWhatIsCertified(t *testing.T) {
	after := edited(t, shared, "  - name: approve\n", "      - {name: certified, effect: allow, operations: [Create], resources: [table], condition: \"matchAnyCertification('Certification.Gold')\"}\n  - name: approve\n")
	c, err := opened(t, company(t), "").compare(t.Context(), written(t, shared), written(t, after), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(c.Gains, func(s shiftReport) bool { return s.Operation == "Create" }) {
		t.Error("everybody gains Create on certified tables, and nobody is said to")
	}
}

// Who gave back their own access may always, whatever a rule denies.
func TestWhoGaveBackTheirOwnMay(t *testing.T) {
	ten := opened(t, company(t), "")
	if _, err := ten.compare(t.Context(), written(t, shared), written(t, shared), nil, nil); err != nil {
		t.Fatal(err)
	}
	id := ten.idOf("aiko@example.com")
	after := edited(t, shared, "      - {name: own,", "      - {name: no, effect: deny, operations: [Undo], resources: [access]}\n      - {name: own,")
	back := past{
		Entry: audit.Entry{ID: "x-2.0001", Verb: string(change.VerbPropose), Actor: id, Kind: string(change.AccessRevoke), Outcome: audit.Accepted},
		Of: change.Change{
			ID: "x-2", Kind: change.AccessRevoke, Target: change.Target{ID: "prod-write", Name: "prod-write"}, UndoOf: "x-1",
			Requester: change.Actor{Kind: change.ByPerson, ID: id}, Concerned: []string{id},
		},
		Undone: change.Change{ID: "x-1", Kind: change.AccessGrant, Target: change.Target{ID: "prod-write", Name: "prod-write"}, Requester: change.Actor{Kind: change.ByPerson, ID: id}, Concerned: []string{id}},
	}
	c, err := ten.compare(t.Context(), written(t, shared), written(t, after), []past{back}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Decisions {
		t.Errorf("%s %s %s was %t: %s", x.Person, x.Operation, x.Resource, x.Was, x.Then)
	}
}
