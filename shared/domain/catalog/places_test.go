package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// rank is how far below the organization a type of team may be.
var rank = map[string]int{catalog.TypeOrganization: 0, catalog.TypeBusinessUnit: 1, catalog.TypeDivision: 2, catalog.TypeDepartment: 3, catalog.TypeGroup: 4}

// refusal is what a catalogue says to a step that puts a team where one of its type cannot be.
func refusal(s catalog.Step, teams []catalog.PresentTeam) error {
	if s.Team == nil {
		return nil
	}
	if len(s.Team.Parents) > 1 && (s.Team.Type == catalog.TypeBusinessUnit || s.Team.Type == catalog.TypeDivision) {
		return fmt.Errorf("%s can have one parent only", s.Name)
	}
	for _, t := range teams {
		if slices.Contains(s.Team.Parents, t.Name) && (t.Type == catalog.TypeGroup || rank[t.Type] > rank[s.Team.Type]) {
			return fmt.Errorf("%s, a %s, cannot be below %s, a %s", s.Name, s.Team.Type, t.Name, t.Type)
		}
		if slices.Contains(t.Parents, s.Name) && rank[s.Team.Type] > rank[t.Type] {
			return fmt.Errorf("%s, a %s, cannot be above %s, a %s", s.Name, s.Team.Type, t.Name, t.Type)
		}
	}
	return nil
}

// Teams that change their types and places together: each step is one that the catalogue takes, and the
// second plan is empty.
func TestTeamsChangePlaces(t *testing.T) {
	type teams = []catalog.PresentTeam
	is := func(name, kind string, parents ...string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: entity(name), Type: kind, Parents: parents}
	}
	theirs := func(t catalog.PresentTeam) catalog.PresentTeam {
		t.Description = "by hand"
		return t
	}
	want := func(name, kind string, parents ...string) catalog.Team {
		return catalog.Team{Name: name, Type: kind, Parents: parents}
	}
	const unit, division, department, group = catalog.TypeBusinessUnit, catalog.TypeDivision, catalog.TypeDepartment, catalog.TypeGroup
	for name, test := range map[string]struct {
		is     teams
		want   []catalog.Team
		partly string // the team that is not wholly as it is wanted
	}{
		"a team and the one below it rise, and a new one comes below": {
			teams{is("z", department), is("a", department, "z")}, []catalog.Team{want("z", division), want("a", division, "z"), want("n", division, "z")}, "",
		},
		"they sink": {
			teams{is("a", division), is("z", division, "a")}, []catalog.Team{want("a", department), want("z", department, "a")}, "",
		},
		"they change places": {
			teams{is("a", division), is("b", division, "a")}, []catalog.Team{want("a", division, "b"), want("b", division)}, "",
		},
		"three in a row turn round": {
			teams{is("a", division), is("b", division, "a"), is("c", division, "b")}, []catalog.Team{want("c", division), want("b", division, "c"), want("a", division, "b")}, "",
		},
		"one that stays where it is keeps its type": {
			teams{is("club", group), is("d", division), is("x", department, "d")},
			[]catalog.Team{want("club", unit), want("d", division), want("x", unit, "club")},
			"x",
		},
		"so does one with two above it": {
			teams{is("club", group), is("d", division), is("e", division), is("x", department, "d", "e")},
			[]catalog.Team{want("club", unit), want("d", division), want("e", division), want("x", division, "club")},
			"x",
		},
		"and what is below that waits": {
			teams{is("club", group), is("d", division), is("x", department, "d")},
			[]catalog.Team{want("club", unit), want("d", division), want("x", unit, "club"), want("y", division, "x")},
			"x",
		},
		"below one of somebody else's of another type": {
			teams{theirs(is("p", department)), is("d", division), is("c", division, "d")},
			[]catalog.Team{want("p", division), want("d", division), want("c", division, "p")},
			"c",
		},
		"a new one there": {
			teams{theirs(is("p", department))}, []catalog.Team{want("p", division), want("c", division, "p")}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := begin()
			p.Teams = append(p.Teams, test.is...)
			d := catalog.Desired{Us: us, Teams: test.want}
			plan := diff(t, d, p)
			m := &model{p}
			m.Teams = slices.Clone(m.Teams)
			for _, s := range plan.Steps {
				if err := refusal(s, m.Teams); err != nil {
					t.Errorf("%s: %v of\n%s", s, err, strings.Join(plan.Lines(), "\n"))
				}
				if err := m.apply(s); err != nil {
					t.Fatal(err)
				}
			}
			again := diff(t, d, m.Present)
			partly := catalog.Finding{Code: catalog.FoundPartly, Kind: catalog.KindTeam, Name: test.partly}
			if !again.Empty() || slices.Contains(again.Findings, partly) != (test.partly != "") {
				t.Errorf("the second run: %v", again.Lines())
			}
		})
	}
}
