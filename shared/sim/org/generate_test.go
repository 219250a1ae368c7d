package org_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestGenerateKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.IntRange(1, 300).Draw(t, "people")
		groups := rapid.IntRange(1, 120).Draw(t, "groups")
		memberships := rapid.IntRange(groups, groups*people).Draw(t, "memberships")
		c, err := org.Generate(groups, memberships, people, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		checkGenerated(t, c, groups, memberships, people)
	})
}

func TestGenerateAtTheSizeOfALargeCompany(t *testing.T) {
	c, err := org.Generate(44_512, 373_211, 5_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	checkGenerated(t, c, 44_512, 373_211, 5_000)
	var sizes []int
	nested := map[string]bool{}
	for _, g := range c.Groups {
		all := slices.Concat(g.Owners, g.Managers, g.Members)
		sizes = append(sizes, len(all))
		for _, m := range all {
			if m[0] == 'g' {
				nested[m] = true
			}
		}
	}
	slices.Sort(sizes)
	if median, largest := sizes[len(sizes)/2], sizes[len(sizes)-1]; median > 8 || largest < 500 || largest > 3_000 {
		t.Errorf("sizes have no long tail: median %d, largest %d", median, largest)
	}
	if share := float64(len(nested)) / 44_512; share < 0.03 || share > 0.06 {
		t.Errorf("groups that are members of another: %.1f %%", 100*share)
	}
	if d := depth(c); d < 4 {
		t.Errorf("nesting depth %d", d)
	}
}

func TestGenerateIsRepeatable(t *testing.T) {
	generate := func(seed uint64) *org.Company {
		c, err := org.Generate(500, 4_000, 100, seed)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if diff := cmp.Diff(generate(7), generate(7), cmpopts.IgnoreUnexported(org.Person{})); diff != "" {
		t.Errorf("one seed, two companies:\n%s", diff)
	}
	if cmp.Equal(generate(7).Groups, generate(8).Groups) {
		t.Error("two seeds, one company")
	}
}

func TestGenerateRefusesWhatCannotBe(t *testing.T) {
	for name, n := range map[string][3]int{
		"no groups": {0, 0, 1}, "no people": {1, 1, 0}, "a group without owner": {10, 9, 5},
		"more than everybody": {10, 51, 5}, "negative": {-1, -1, -1},
	} {
		if _, err := org.Generate(n[0], n[1], n[2], 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type fataler interface {
	Fatalf(string, ...any)
}

func checkGenerated(t fataler, c *org.Company, groups, memberships, people int) {
	if len(c.Groups) != groups || len(c.People) != people {
		t.Fatalf("got %d groups and %d people, want %d and %d", len(c.Groups), len(c.People), groups, people)
	}
	known := map[string]bool{}
	for _, p := range c.People {
		known[p.Email] = true
	}
	for _, g := range c.Groups {
		known[g.Email] = true
	}
	total := 0
	for _, g := range c.Groups {
		if len(g.Owners) == 0 {
			t.Fatalf("%s has no owner", g.Email)
		}
		seen := map[string]bool{}
		for _, m := range slices.Concat(g.Owners, g.Managers, g.Members) {
			if seen[m] || !known[m] {
				t.Fatalf("%s has the member %s twice, or it does not exist", g.Email, m)
			}
			seen[m] = true
		}
		total += len(seen)
	}
	if total != memberships {
		t.Fatalf("got %d memberships, want %d", total, memberships)
	}
	if d := depth(c); d > 6 {
		t.Fatalf("nesting depth %d", d)
	}
}

// depth is the number of groups in the longest chain of memberships; a circle would never end
// and is reported as a large number.
func depth(c *org.Company) int {
	members := map[string][]string{}
	for _, g := range c.Groups {
		members[g.Email] = g.Members
	}
	known := map[string]int{}
	var walk func(string, int) int
	walk = func(email string, above int) int {
		list, isGroup := members[email]
		if !isGroup || above > 100 {
			return above / 100 * 1000
		}
		if d, ok := known[email]; ok {
			return d
		}
		deepest := 0
		for _, m := range list {
			deepest = max(deepest, walk(m, above+1))
		}
		known[email] = deepest + 1
		return deepest + 1
	}
	deepest := 0
	for email := range members {
		deepest = max(deepest, walk(email, 0))
	}
	return deepest
}
