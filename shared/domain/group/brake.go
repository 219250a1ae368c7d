package group

// Brake bounds how many memberships may vanish from the mirror before people have looked: in
// one reading, and in any 24 hours together. A reading that takes more away than that is not
// believed by itself; a listing that lies is likelier than half of a company that leaves.
type Brake struct {
	// Percent of all memberships that the mirror holds.
	Percent float64
	// Max is the limit where the percentage would be higher, Least where it would be lower: a
	// percentage of a small company is nobody.
	Max, Least int
}

// DefaultBrake lets a company of 370,000 memberships lose 2,000 of them in a day, and a small
// one 50.
var DefaultBrake = Brake{Percent: 2, Max: 2000, Least: 50}

// Limit returns how many memberships may vanish from a mirror that holds so many.
func (b Brake) Limit(total int) int {
	return max(b.Least, min(b.Max, int(float64(total)*b.Percent/100)))
}

// Holds reports whether a reading that takes so many memberships away has to wait, where so
// many have vanished in the 24 hours before, from a mirror that holds so many.
func (b Brake) Holds(removed, lately, total int) bool {
	return removed > 0 && removed+lately > b.Limit(total)
}
