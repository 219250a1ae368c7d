package org_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestMergeResolvesMembersThatAreGroupsInTheOtherFile(t *testing.T) {
	first := "groups:\n- email-id: a@x.example\n  members: [b@x.example, p@y.example]\n"
	second := "groups:\n- email-id: b@x.example\n  members: [q@y.example, a@x.example]\n"
	for name, order := range map[string][2]string{"forwards": {first, second}, "backwards": {second, first}} {
		t.Run(name, func(t *testing.T) {
			c := parse(t, order[0])
			c.Merge(parse(t, order[1]))
			if diff := cmp.Diff([]string{"p@y.example", "q@y.example"}, emails(c.People)); diff != "" {
				t.Errorf("people (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeLetsTheLaterFileRestate(t *testing.T) {
	c := parse(t, "domain: x.example\npeople: [{email: p@x.example, name: Pat}]\ngroups: [{email: g@x.example, members: [p@x.example]}]\nprojects: [{id: one}]\n")
	c.Merge(parse(t, "groups:\n- email-id: g@x.example\n  members: [p@x.example, alias@x.example]\n"))
	c.Merge(parse(t, "people: [{email: q@x.example, aliases: [alias@x.example]}]\nprojects: [{id: one, bindings: [{role: r}]}, {id: two}]\n"))
	if got, want := c.Groups[0].Members, []string{"p@x.example", "alias@x.example"}; !cmp.Equal(got, want) {
		t.Errorf("members: got %v, want %v", got, want)
	}
	if got, want := emails(c.People), []string{"p@x.example", "q@x.example"}; !cmp.Equal(got, want) {
		t.Errorf("people: got %v, want %v", got, want)
	}
	if got, want := c.People[0].Name, "Pat"; got != want {
		t.Errorf("a member replaced a declared person: got %q, want %q", got, want)
	}
	if len(c.Projects) != 2 || len(c.Projects[0].Bindings) != 1 {
		t.Errorf("projects: got %+v", c.Projects)
	}
	if got, want := c.Domain, "x.example"; got != want {
		t.Errorf("domain: got %q, want %q", got, want)
	}
}

func TestMergeIntoAnEmptyCompany(t *testing.T) {
	c := &org.Company{}
	c.Merge(org.Demo())
	if diff := cmp.Diff(emails(org.Demo().People), emails(c.People)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
