package group

import "github.com/sekisho/sekisho/shared/domain/brake"

// DefaultBrake bounds how many memberships may vanish from the mirror before people have looked:
// in one reading, and in any 24 hours together. A reading that takes more away than that is not
// believed by itself; a listing that lies is likelier than half of a company that leaves. It lets
// a company of 370,000 memberships lose 2,000 of them in a day, and a small one 50.
var DefaultBrake = brake.Brake{Percent: 2, Max: 2000, Least: 50}
