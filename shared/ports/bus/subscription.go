package bus

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Subscription says which messages are pushed where. In production Terraform makes it.
type Subscription struct {
	Name  string
	Topic string
	// Endpoint is the URL that receives each message in the form of [EncodePush]. A status of
	// 102, 200, 201, 202 or 204 acknowledges; every other answer, or none, means try again.
	Endpoint string
	Filter   Filter
	Ordered  bool
	// MinBackoff and MaxBackoff bound the wait before a message is delivered again. It
	// doubles in between.
	MinBackoff, MaxBackoff time.Duration
	// MaxAttempts is how often a message is delivered before it goes to the DeadLetter topic;
	// zero means for ever.
	MaxAttempts int
	DeadLetter  string
}

// Limits of one subscription
// (https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions).
const (
	LongestBackoff     = 600 * time.Second
	FewestMaxAttempts  = 5
	HighestMaxAttempts = 100
)

// Lengths of a name. They are not in the pattern: a counted repetition is compiled when the
// process starts, at a cost of milliseconds.
const (
	shortestName = 3
	longestName  = 255
)

var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]*$`)

// ValidateName reports a name that a topic or subscription could not have, as an error that
// is [ErrInvalid].
func ValidateName(name string) error {
	fits := len(name) >= shortestName && len(name) <= longestName
	if !fits || !namePattern.MatchString(name) || strings.HasPrefix(name, "goog") {
		return fmt.Errorf("%w name %q: a letter, then 2 to 254 of letters, digits and ._~+%%-, and not goog…", ErrInvalid, name)
	}
	return nil
}

// Validate reports a subscription that some implementation could not keep, as an error that
// is [ErrInvalid].
func (s Subscription) Validate() error {
	for _, name := range []string{s.Name, s.Topic} {
		if err := ValidateName(name); err != nil {
			return fmt.Errorf("subscription %s to topic %s: %w", s.Name, s.Topic, err)
		}
	}
	endpoint, err := url.Parse(s.Endpoint)
	switch {
	case err != nil || endpoint.Host == "" || (endpoint.Scheme != "http" && endpoint.Scheme != "https"):
		return fmt.Errorf("%w subscription %s: endpoint %q is not a web address", ErrInvalid, s.Name, s.Endpoint)
	case s.MinBackoff <= 0 || s.MinBackoff > s.MaxBackoff || s.MaxBackoff > LongestBackoff:
		return fmt.Errorf("%w subscription %s: backoff from %s to %s, want above 0, rising, at most %s",
			ErrInvalid, s.Name, s.MinBackoff, s.MaxBackoff, LongestBackoff)
	case (s.MaxAttempts == 0) != (s.DeadLetter == ""):
		return fmt.Errorf("%w subscription %s: a limit of attempts and a dead-letter topic go together", ErrInvalid, s.Name)
	case s.MaxAttempts != 0 && (s.MaxAttempts < FewestMaxAttempts || s.MaxAttempts > HighestMaxAttempts):
		return fmt.Errorf("%w subscription %s: %d attempts, want %d to %d",
			ErrInvalid, s.Name, s.MaxAttempts, FewestMaxAttempts, HighestMaxAttempts)
	case s.DeadLetter == s.Topic:
		return fmt.Errorf("%w subscription %s: its dead letters go round in a circle", ErrInvalid, s.Name)
	}
	if s.DeadLetter != "" {
		if err := ValidateName(s.DeadLetter); err != nil {
			return fmt.Errorf("dead letters of subscription %s: %w", s.Name, err)
		}
	}
	if err := s.Filter.validate(); err != nil {
		return fmt.Errorf("subscription %s: %w", s.Name, err)
	}
	return nil
}

// Backoff returns the wait after the given number of deliveries, at least 1, has failed:
// MinBackoff, and twice as long after each further one, up to MaxBackoff.
func (s Subscription) Backoff(deliveries int) time.Duration {
	wait := s.MinBackoff
	for range deliveries - 1 {
		if wait >= s.MaxBackoff/2 {
			return s.MaxBackoff
		}
		wait *= 2
	}
	return wait
}

// Acknowledges reports whether an HTTP status acknowledges a pushed message
// (https://cloud.google.com/pubsub/docs/push#receive_push).
func Acknowledges(status int) bool {
	switch status {
	case 102, 200, 201, 202, 204:
		return true
	}
	return false
}

// Attributes that the dead-letter topic's messages carry beside their own, as Pub/Sub names
// them (https://cloud.google.com/pubsub/docs/dead-letter-topics): the short name of the
// subscription that gave up, and how often it tried. The names of all begin with
// AttrDeadLetterPrefix.
const (
	AttrDeadLetterPrefix       = "CloudPubSubDeadLetter"
	AttrDeadLetterSubscription = "CloudPubSubDeadLetterSourceSubscription"
	AttrDeadLetterAttempts     = "CloudPubSubDeadLetterSourceDeliveryCount"
)
