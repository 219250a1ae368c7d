package org

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Bounds of a generated company, taken from real ones: the largest group, how deep groups
// nest, and one in how many is a member of another.
const (
	maxGroupSize  = 3000
	maxNesting    = 6
	oneNestedOf   = 20
	generatedHost = "example.com"
)

// Generate makes a company of exactly that many groups, direct memberships (of people and of
// nested groups together) and people. Group sizes have a long tail: most groups are small, a
// few are large. About one group in twenty is a member of another, nested up to six deep and
// never in a circle. Each group has an owner. The same arguments always give the same company.
//
// It is an error to ask for fewer memberships than groups, or for more than the people can
// fill.
func Generate(groups, memberships, people int, seed uint64) (*Company, error) {
	largest := min(maxGroupSize, people)
	switch {
	case groups < 1 || people < 1:
		return nil, fmt.Errorf("generate a company: %d groups and %d people; write at least 1 of each", groups, people)
	case memberships < groups:
		return nil, fmt.Errorf("generate a company: %d memberships for %d groups; each group has an owner, so write at least %d", memberships, groups, groups)
	case memberships > groups*largest:
		return nil, fmt.Errorf("generate a company: %d memberships in %d groups of at most %d; write fewer memberships or more groups", memberships, groups, largest)
	}
	rng := rand.New(rand.NewPCG(seed, 0x0b9))
	c := &Company{Domain: generatedHost, People: generatePeople(people)}
	sizes := generateSizes(rng, groups, memberships, largest)
	children := generateNesting(rng, sizes)
	c.Groups = make([]Group, groups)
	for i := range c.Groups {
		c.Groups[i] = generateGroup(rng, i, sizes[i], children[i], c.People)
	}
	return c, nil
}

var (
	familyNames = []string{"Sato", "Suzuki", "Takahashi", "Tanaka", "Ito", "Smith", "Garcia", "Nguyen", "Kim", "Müller"}
	givenNames  = []string{"Haru", "Yui", "Ren", "Sora", "Mei", "Alex", "Sam", "Robin", "Noor", "Ines", "Kaito"}
)

// generatePeople makes a tree of people: each manager has about eight reports, and the first
// person is the administrator and has no manager.
func generatePeople(n int) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = Person{
			Email: fmt.Sprintf("u%06d@%s", i+1, generatedHost), Locale: "en", Slack: true, Admin: i == 0,
			Name: givenNames[i%len(givenNames)] + " " + familyNames[i/len(givenNames)%len(familyNames)],
		}
		if i%3 != 0 {
			people[i].Locale = "ja"
		}
		if i > 0 {
			people[i].Manager = people[(i-1)/8].Email
		}
	}
	return people
}

// generateSizes draws lognormal sizes between 1 and largest that add up to total.
func generateSizes(rng *rand.Rand, groups, total, largest int) []int {
	weights := make([]float64, groups)
	sum := 0.0
	for i := range weights {
		weights[i] = math.Exp(1.6 * rng.NormFloat64())
		sum += weights[i]
	}
	sizes := make([]int, groups)
	left := total
	for i := range sizes {
		sizes[i] = min(1+int(float64(total-groups)*weights[i]/sum), largest)
		left -= sizes[i]
	}
	// What rounding and the upper bound left over goes to random groups that have room.
	for left > 0 {
		i := rng.IntN(groups)
		if step := min(left, largest-sizes[i], 1+sizes[i]/8); step > 0 {
			sizes[i] += step
			left -= step
		}
	}
	return sizes
}

// generateNesting decides which groups are members of which. A group only ever goes into one
// with a higher number, so there is no circle.
func generateNesting(rng *rand.Rand, sizes []int) [][]int {
	n := len(sizes)
	nested := make([]int, 0, n/oneNestedOf)
	for len(nested) < n/oneNestedOf {
		nested = append(nested, rng.IntN(n))
	}
	slices.Sort(nested)
	nested = slices.Compact(nested)
	children := make([][]int, n)
	level := make([]int, n) // 0 for a group without groups in it
	for k, child := range nested {
		if child == n-1 {
			continue
		}
		for range 8 {
			parent := child + 1 + rng.IntN(n-1-child)
			if k+1 < len(nested) && rng.IntN(2) == 0 {
				parent = nested[k+1+rng.IntN(min(len(nested)-k-1, 20))]
			}
			if level[child]+1 < maxNesting && len(children[parent])+2 <= sizes[parent] {
				children[parent] = append(children[parent], child)
				level[parent] = max(level[parent], level[child]+1)
				break
			}
		}
	}
	return children
}

func groupAddress(i int) string { return fmt.Sprintf("g%06d@%s", i+1, generatedHost) }

func generateGroup(rng *rand.Rand, i, size int, children []int, people []Person) Group {
	g := Group{Email: groupAddress(i), Name: fmt.Sprintf("Group %d", i+1)}
	pick := distinct(rng, len(people))
	persons := size - len(children)
	owners := min(1+persons/50, 3, persons)
	managers := min(persons/20, 4, persons-owners)
	for k := range persons {
		email := people[pick(k)].Email
		switch {
		case k < owners:
			g.Owners = append(g.Owners, email)
		case k < owners+managers:
			g.Managers = append(g.Managers, email)
		default:
			g.Members = append(g.Members, email)
		}
	}
	for _, child := range children {
		g.Members = append(g.Members, groupAddress(child))
	}
	// One group in fifty is more open than the default.
	if rng.IntN(50) == 0 {
		g.Settings = map[string]string{"whoCanViewGroup": "ALL_IN_DOMAIN_CAN_VIEW"}
	}
	return g
}

// distinct returns a function whose values for 0 ≤ k < n are n different numbers below n: an
// arithmetic progression whose step shares no divisor with n.
func distinct(rng *rand.Rand, n int) func(k int) int {
	start, step := rng.IntN(n), 1+rng.IntN(n)
	for gcd(step, n) != 1 {
		step++
	}
	return func(k int) int { return (start + k*step) % n }
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
