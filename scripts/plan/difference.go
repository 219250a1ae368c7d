package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// comparison is what another policy would change, as it is printed in JSON.
type comparison struct {
	Tenant string `json:"tenant"`
	// Before and After are the hashes of the policies.
	Before string `json:"before"`
	After  string `json:"after"`
	// Record is how many entries of the audit log were looked at.
	Record    int             `json:"record"`
	Looser    []looserReport  `json:"looser"`
	Gains     []shiftReport   `json:"gains"`
	Loses     []shiftReport   `json:"loses"`
	Decisions []decidedReport `json:"decisions"`
	Notes     []string        `json:"notes,omitempty"`
	// NotCompared is what may differ as well and was not looked at.
	NotCompared []string `json:"not_compared,omitempty"`
}

// looserReport is one way in which the new policy asks less.
type looserReport struct {
	What policy.LooserKind `json:"what"`
	Text string            `json:"text"`
	// Needs says who has to agree before it may come into force.
	Needs string `json:"needs"`
	// Agreed says that those who agreed to the new policy are enough.
	Agreed bool `json:"agreed"`
}

// shiftReport is one thing that somebody may do under one policy only.
type shiftReport struct {
	Person    string           `json:"person"`
	Operation policy.Operation `json:"operation"`
	Type      string           `json:"type"`
	// Resources are names; none means the type as a whole.
	Resources []string `json:"resources"`
	Now       string   `json:"now"`
	Then      string   `json:"then"`
}

// decidedReport is a past decision that would be another.
type decidedReport struct {
	Entry     string           `json:"entry"`
	Person    string           `json:"person"`
	Operation policy.Operation `json:"operation"`
	Resource  string           `json:"resource"`
	Was       bool             `json:"was_allowed"`
	Now       string           `json:"now"`
	Then      string           `json:"then"`
}

// add takes the differences over.
func (c *comparison) add(d differences, silent []silence) {
	c.Gains, c.Loses = gathered(d.gains), gathered(d.loses)
	c.Decisions = []decidedReport{}
	for _, x := range d.decisions {
		c.Decisions = append(c.Decisions, decidedReport{
			Entry: x.ID, Person: x.Name, Operation: x.Operations[0], Resource: x.Resource.String(), Was: x.Allowed, Now: x.now.text, Then: x.then.text,
		})
	}
	for _, s := range silent {
		who := "The new policy does not say who may %s on %s any more: then %s."
		if s.before {
			who = "The policy in force does not say who may %s on %s: %s until now, and the new one says who does."
		}
		c.Notes = append(c.Notes, fmt.Sprintf(who, s.operation, s.kind, policy.Unspoken(s.operation)))
	}
}

// gathered puts what is said alike of several resources into one.
func gathered(shifts []shift) []shiftReport {
	out := []shiftReport{}
	at := map[string]int{}
	for _, s := range shifts {
		r := shiftReport{
			Person: s.person.Email, Operation: s.operation, Type: s.resource.Type, Resources: []string{}, Now: s.now.text, Then: s.then.text,
		}
		key := strings.Join([]string{s.person.ID, string(s.operation), r.Type, r.Now, r.Then}, "\x00")
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key], out = i, append(out, r)
		}
		if s.resource.Name != "" {
			out[i].Resources = append(out[i].Resources, s.resource.Name)
		}
	}
	return out
}

// loosenings says in what a new policy asks less than the one in force, and whether enough agreed.
func loosenings(looser []policy.Looser, agreed []bool) []looserReport {
	out := []looserReport{}
	for i, l := range looser {
		r := loosened(l)
		r.Agreed = agreed[i]
		out = append(out, r)
	}
	return out
}

// loosened says what a policy that asks less needs.
func loosened(l policy.Looser) looserReport {
	out := looserReport{What: l.What, Text: l.String(), Needs: "one of those who may " + string(policy.ChangePolicy) + " under the policy in force"}
	if byQuorum(l) {
		out.Needs = inWords(l.Old)
		if l.Of != "" && l.Of != l.Scope.Entitlement {
			out.Needs += ", as for " + l.Of
		}
	}
	return out
}

// inWords says what a requirement asks for.
func inWords(r change.Requirement) string {
	var needs []string
	for _, n := range r.Needs {
		needs = append(needs, fmt.Sprintf("%d of %s", n.Count, n.From))
	}
	if len(needs) == 0 {
		return "somebody who can approve, which nobody can"
	}
	return strings.Join(needs, " and ")
}

func (c comparison) sections() []section {
	head := section{Title: "What would be different", Lines: []string{
		fmt.Sprintf("Policy %s in place of %s, over the people and groups of %s and %s of the last 30 days. Nothing was changed.",
			cmp.Or(c.After, "none"), cmp.Or(c.Before, "none"), c.Tenant, counted(c.Record, "record")),
	}}
	head.Lines = append(head.Lines, c.Notes...)
	switch nothing := len(c.Looser)+len(c.Gains)+len(c.Loses)+len(c.Decisions) == 0; {
	case nothing && len(c.NotCompared) == 0:
		head.Lines = append(head.Lines, "Nobody may do more or less than now.")
	case nothing:
		head.Lines = append(head.Lines, "In what was compared, nobody may do more or less than now.")
	}
	if len(c.NotCompared) > 0 {
		head.Lines = append(head.Lines, "Not compared: "+strings.Join(c.NotCompared, "; ")+".")
	}
	out := []section{head}
	if len(c.Looser) > 0 {
		s := section{Title: "It asks less", Lines: []string{"Lowering a quorum needs that quorum: before this policy comes into force, it takes the agreement that the table says."}}
		s.Head = []string{"What", "In words", "Needs", "Agreed"}
		for _, l := range c.Looser {
			agreed := "no"
			if l.Agreed {
				agreed = "yes"
			}
			s.Rows = append(s.Rows, []string{string(l.What), l.Text, l.Needs, agreed})
		}
		out = append(out, s)
	}
	out = append(out, shiftSection("Who gains", c.Gains)...)
	out = append(out, shiftSection("Who loses", c.Loses)...)
	if len(c.Decisions) > 0 {
		s := section{Title: "Past decisions that would be others", Head: []string{"Entry", "Person", "Operation", "Resource", "Was", "Then"}}
		for _, d := range c.Decisions {
			was := "not allowed"
			if d.Was {
				was = "allowed"
			}
			s.Rows = append(s.Rows, []string{d.Entry, d.Person, string(d.Operation), d.Resource, was, d.Then})
		}
		out = append(out, s)
	}
	return out
}

// mostNames is how many resources a table names; JSON has all.
const mostNames = 3

func shiftSection(title string, shifts []shiftReport) []section {
	if len(shifts) == 0 {
		return nil
	}
	s := section{Title: title, Head: []string{"Person", "Operation", "On", "Now", "Then"}}
	for _, x := range shifts {
		on := x.Type
		if n := len(x.Resources); n > 0 {
			on += ": " + strings.Join(x.Resources[:min(n, mostNames)], ", ")
			if n > mostNames {
				on += fmt.Sprintf(" and %d more", n-mostNames)
			}
		}
		s.Rows = append(s.Rows, []string{x.Person, string(x.Operation), on, x.Now, x.Then})
	}
	return []section{s}
}
