package looker

import (
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// API is the name under which calls are counted and faults are drawn.
const API = "looker"

// Options says what a Server is made of.
type Options struct {
	// Company seeds the accounts; only its Looker section is looked at, and the names of its
	// people. It is not changed.
	Company *org.Company
	// Now is the clock. It must not run backwards.
	Now func() time.Time
	// Calls counts what is asked, Faults makes it go wrong. Both may be nil.
	Calls  *sim.Calls
	Faults *sim.Faults
	// ClientID and ClientSecret are the API key of the company's own account (looker.self).
	ClientID, ClientSecret string
	// TokenLife is how long a token is good for; zero means an hour.
	TokenLife time.Duration
	// Lag is how long reading goes on to show what stood before a change.
	Lag time.Duration
	// Skew is how far the instance's clock, as its answers tell it, is ahead of Now.
	Skew time.Duration
	// PageLimit is the largest page that a listing gives, whatever is asked for; zero means that
	// there is none. Looker documents none.
	PageLimit int
	// Monthly is how many administrative calls a calendar month (UTC) may have before they are
	// refused; zero means that they are only counted.
	Monthly int
	// Seed makes tokens and secrets; the same seed and requests give the same answers.
	Seed uint64
}

const (
	defaultTokenLife = time.Hour
	// sessionLife is how long a session lasts if it is not prolonged, as in Looker's own
	// settings.
	sessionLife = 30 * 24 * time.Hour
)
