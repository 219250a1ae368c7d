package settingsrule

import "strings"

// Suggest ends a sentence about a word that is not known: with ": did you mean …?" where a
// known word is near, with ": write one of …" where there are few, and with nothing otherwise.
func Suggest(got string, known []string) string {
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
	switch {
	case best != "":
		return ": did you mean " + best + "?"
	case len(known) > 0 && len(known) <= 8:
		return ": write one of " + strings.Join(known, ", ")
	}
	return ""
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
