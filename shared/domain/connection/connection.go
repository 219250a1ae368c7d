// Package connection is how a data source is connected whose credentials only its owner sees.
//
// Somebody asks for a connection ([Request]), the policy checks what was asked ([Policy.Check])
// and turns it into what the vendor is asked for ([Policy.Plan]). What follows is a hand-over
// ([Handover]): a paused connection is created, its owner is led to the vendor's own page, the
// connect card, enters the credentials there, and comes back. Coming back proves nothing; the
// connection is set up when the vendor says so ([Status]) and its tests pass ([Outcome]). Then
// it is unpaused, and its first sync ends the hand-over.
//
//	requested ─► created ─► handed ─► opened ─► submitted ─► connected ─► tested ─► running ─► done
//
// A link grows old, credentials fail or stop to work, an owner changes, somebody gives up: what
// happens then, and where it leads, is in the table of all transitions, in handover.go.
//
// Two things here open doors, and both are of the type [secret.Text], which prints nothing: the
// address of the connect card and the token with which the owner's browser comes back. Of a
// token only a hash is kept ([Ticket]). Where a browser may be sent at all is in [Targets].
//
// Words for people are not made here. Problems, meanings and outcomes are codes.
package connection

import "time"

// Policy is what the policy says about connections.
type Policy struct {
	// Redirect is where the owner's browser goes after the connect card; empty where nobody
	// said, and then nothing can be handed over.
	Redirect string
	// SyncFrequency is in minutes; 0 leaves it to the vendor.
	SyncFrequency int
	// TrustCertificates and TrustFingerprints let the vendor take the certificates of TLS and
	// the fingerprints of SSH as it finds them when a connection is tested first.
	TrustCertificates bool
	TrustFingerprints bool
	// Remind is the time between two reminders of the owner, Escalate the time after which the
	// requester hears of it instead. Zero means [DefaultRemind] and [DefaultEscalate].
	Remind   time.Duration
	Escalate time.Duration
	// Services are keyed by the vendor's name for the service: "sql_server_rds".
	Services map[string]Service
}

// Service is what a connection to one service needs.
type Service struct {
	// Required lists the settings that whoever asks has to fill in.
	Required []string
	// Config holds the settings that are the same for everybody: text, numbers, booleans, and
	// lists and tables of these, as encoding/json has them.
	Config map[string]any
}

// SyncFrequencies are the minutes between two syncs that Fivetran takes
// (https://fivetran.com/docs/rest-api/api-reference/connections/create-connection).
func SyncFrequencies() []int { return []int{1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440} }

// Times of a hand-over where the policy does not say.
const (
	DefaultRemind   = 4 * time.Hour
	DefaultEscalate = 48 * time.Hour
)

// CardLife is how long the vendor's page can be opened after it was made
// (https://fivetran.com/docs/rest-api/getting-started/connect-card).
const CardLife = 24 * time.Hour
