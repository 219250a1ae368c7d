package budget

// Priority says how urgent a call is.
type Priority int

// The priorities, the most urgent first.
const (
	Revoke    Priority = iota // taking access away
	Grant                     // giving it
	Remediate                 // correcting settings
	Refresh                   // reading what has changed
	Sweep                     // reading what may have changed
)

// shares is how much of the vendor's limit may be spent, in percent, before a priority has to
// wait for the next day.
var shares = [...]int{Revoke: 90, Grant: 88, Remediate: 85, Refresh: 80, Sweep: 65}
