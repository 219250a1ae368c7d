package catalog_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	cmpgo "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// rank is how far below the organization a type of team may be.
var rank = map[string]int{catalog.TypeOrganization: 0, catalog.TypeBusinessUnit: 1, catalog.TypeDivision: 2, catalog.TypeDepartment: 3, catalog.TypeGroup: 4}

// refusal is what a catalogue says to a step that puts a team where one of its type cannot be.
func refusal(s catalog.Step, teams []catalog.PresentTeam) error {
	if s.Team == nil || s.Team.Type == "" {
		return nil
	}
	if len(s.Team.Parents) > 1 && (s.Team.Type == catalog.TypeBusinessUnit || s.Team.Type == catalog.TypeDivision) {
		return fmt.Errorf("%s can have one parent only", s.Name)
	}
	seen := map[string]bool{}
	for next := slices.Clone(s.Team.Parents); len(next) > 0; next = next[1:] {
		if next[0] == s.Name {
			return fmt.Errorf("%s cannot be below itself", s.Name)
		}
		if i := index(teams, next[0], teamEntity); i >= 0 && !seen[next[0]] {
			seen[next[0]] = true
			next = append(next, teams[i].Parents...)
		}
	}
	for _, t := range teams {
		if t.Name == s.Name && t.Type == catalog.TypeGroup && s.Team.Type != t.Type {
			return fmt.Errorf("%s is a group, and stays one", s.Name)
		}
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

// drawTeams draws teams as a policy may have them.
func drawTeams(r *rapid.T, label string, roles bool) (out []catalog.Team) {
	ranks := []string{"", catalog.TypeBusinessUnit, catalog.TypeDivision, catalog.TypeDepartment, catalog.TypeGroup}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 1, 5, rapid.ID).Draw(r, label+"teams")
	for i, name := range names {
		t := catalog.Team{Name: name, Type: ranks[rapid.IntRange(1, 4).Draw(r, label+name+" type")]}
		if roles {
			t.DefaultRoles = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"r1", "r2"}), 0, 2, rapid.ID).Draw(r, label+name+" roles")
		}
		most := 2
		if rank[t.Type] <= rank[catalog.TypeDivision] {
			most = 1
		}
		var may []string
		for _, above := range out[:i] {
			if above.Type != catalog.TypeGroup && rank[above.Type] <= rank[t.Type] {
				may = append(may, above.Name)
			}
		}
		if len(may) > 0 {
			t.Parents = rapid.SliceOfNDistinct(rapid.SampledFrom(may), 0, min(most, len(may)), rapid.ID).Draw(r, label+name+" parents")
		}
		out = append(out, t)
	}
	return out
}

// However teams are to change their types and places, among others' and above such as are to go: the catalogue
// takes each step. What waits for a team to be gone follows then, and after that there is nothing to do.
func TestTeamsChangePlacesAnyhow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := begin()
		for _, is := range drawTeams(r, "is ", false) {
			e := entity(is.Name)
			if rapid.IntRange(0, 5).Draw(r, is.Name+" is somebody else's") == 0 {
				e.Description = "by hand"
			}
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: e, Type: is.Type, Parents: is.Parents})
		}
		d := catalog.Desired{Us: us, Teams: drawTeams(r, "want ", true), Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("look", "allow", "")}}}}
		for _, role := range []string{"r1", "r2"} {
			d.Roles = append(d.Roles, catalog.Role{Name: role, Policies: []string{"p"}})
		}
		m := &model{p}
		var plan catalog.Plan
		for range 6 {
			var problems []catalog.Problem
			var err error
			if plan, problems, err = catalog.Diff(d, m.Present); err != nil || len(problems) > 0 {
				r.Fatal(problems, err)
			}
			m.Teams, m.Roles, m.Policies = slices.Clone(m.Teams), slices.Clone(m.Roles), slices.Clone(m.Policies)
			for _, s := range plan.Steps {
				if err := cmp.Or(refusal(s, m.Teams), m.apply(s)); err != nil {
					r.Fatalf("%s: %v of\n%s", s, err, strings.Join(plan.Lines(), "\n"))
				}
			}
			if plan.Empty() {
				break
			}
		}
		if !plan.Empty() {
			r.Fatalf("there is always more to do: %v", plan.Lines())
		}
		for _, want := range d.Teams {
			i := index(m.Teams, want.Name, teamEntity)
			known := slices.ContainsFunc(plan.Findings, func(f catalog.Finding) bool { return f.Kind == catalog.KindTeam && f.Name == want.Name })
			if !known && (i < 0 || m.Teams[i].Type != want.Type || !slices.Equal(slices.Sorted(slices.Values(m.Teams[i].Parents)), slices.Sorted(slices.Values(want.Parents)))) {
				r.Fatalf("%s is not as it is wanted, and nothing is said: %v", want.Name, plan.Findings)
			}
		}
	})
}

// A team that rises for the one below it, and is given a role that is made with it, rises first. One above a team
// that is to go sinks when that is gone.
func TestPlacesComeBeforeWhatTeamsHave(t *testing.T) {
	p := begin()
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("z"), Type: catalog.TypeDepartment}, catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDepartment, Parents: []string{"z"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("look", "allow", "")}}}, Roles: []catalog.Role{{Name: "r", Policies: []string{"p"}}},
		Teams: []catalog.Team{{Name: "z", Type: catalog.TypeDivision, DefaultRoles: []string{"r"}}, {Name: "a", Type: catalog.TypeDivision, Parents: []string{"z"}}},
	}
	want := []string{
		"create policy p",
		"create role r",
		"update team z: type Department → Division",
		"update team a: type Department → Division",
		"update team z: default roles nothing → r",
	}
	if diff := cmpgo.Diff(want, diff(t, d, p).Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	after := carry(t, diff(t, d, p), p)
	d.Teams = []catalog.Team{{Name: "z", Type: catalog.TypeDepartment, DefaultRoles: []string{"r"}}}
	for _, want := range [][]string{
		{"delete team a", "team z is not all that is wanted: a team above or below it, or one that it or what is tied to it needs, stays as it is"},
		{"update team z: type Division → Department"},
		nil,
	} {
		plan := diff(t, d, after)
		if diff := cmpgo.Diff(want, plan.Lines()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		after = carry(t, plan, after)
	}
}
