package fivetran

import (
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// API is the name under which calls are counted, faults are drawn and the quota is kept.
const API = "fivetran"

// Options says what a Server is made of. Company, Now, Key and Secret are required.
type Options struct {
	// Company seeds the groups and connections. It is not changed.
	Company *org.Company
	// Now is the clock. It must not run backwards.
	Now func() time.Time
	// Key and Secret are the API key that is taken; [Server.Rotate] replaces it.
	Key, Secret string
	// Cards is the origin of connect cards; empty means https://fivetran.com. The server must be
	// reachable under it.
	Cards string
	// Push sends webhooks. Without it none arrive, and none can be created that is active.
	Push *http.Client
	// Calls counts what is asked, Faults makes it go wrong. Both may be nil. Besides the faults of
	// requests, partial and empty are drawn for listings, and lost, duplicate and late for webhooks.
	Calls  *sim.Calls
	Faults *sim.Faults
	// SyncTime is how long a sync takes, five minutes if it is zero.
	SyncTime time.Duration
	// Seed makes ids and tokens; the same seed and the same requests give the same answers.
	Seed uint64
}
