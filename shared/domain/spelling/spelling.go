// Package spelling finds what somebody meant who wrote a word that is not known, so that a mistake in
// the policy is said together with what mends it.
package spelling

import "strings"

// Suggest ends a sentence about a word that is not known: with ": did you mean …?" where a
// known word is near, with ": write one of …" where one can read them all, and with nothing otherwise.
func Suggest(got string, known []string) string {
	best := Near(got, known)
	switch {
	case best != "":
		return ": did you mean " + best + "?"
	case len(known) > 0 && len(known) <= readable:
		return ": write one of " + strings.Join(known, ", ")
	}
	return ""
}

// readable is how many words somebody reads in order to find theirs: the sections of the policy are fewer, the settings
// of a group and the operations of a catalogue are more.
const readable = 20

// Near returns the known word that is nearest to one that is not known; empty where none is near. It
// takes more for near than [Slip] does, which is for words that may be right though nobody knows them.
func Near(got string, known []string) string {
	best, bestDistance := "", len(got)/3+2
	for _, k := range known {
		if len(got) > 2*len(k)+4 {
			continue
		}
		d := distance(strings.ToLower(got), strings.ToLower(k))
		if len(got) >= 4 && strings.HasPrefix(strings.ToLower(k), strings.ToLower(got)) {
			d = 1 // A beginning of the word is as near as a slip.
		}
		if d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// Slip returns the known word that somebody meant who wrote another one: one letter less, more or
// other, two neighbours in the wrong order, or letters of the wrong size. It is empty where the word
// is known itself, or near to none.
func Slip(got string, known []string) string {
	meant := ""
	for _, k := range known {
		if got == k {
			return ""
		}
		a, b := strings.ToLower(got), strings.ToLower(k)
		if a == b || len(a) >= 4 && (distance(a, b) == 1 || swapped(a, b)) {
			meant = k
		}
	}
	return meant
}

// swapped reports whether two words differ by the order of two neighbours.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			previous, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, previous+cost)
		}
	}
	return row[len(b)]
}
