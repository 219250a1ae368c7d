package idle

import "time"

// Activity is a use of an account. Its zero value says that none is known.
type Activity struct {
	At time.Time `json:"at,omitzero"`
	By Kind      `json:"by,omitempty"`
}

// traces are what an account tells of its use.
type traces struct {
	// last is the latest use that counts, credentials the latest by a credential alone.
	last        Activity
	credentials time.Time
	// made is the newest of the dates at which the account and its credentials were made.
	made time.Time
	// telling says that there is a credential whose date of use, or lack of one, means something.
	telling bool
	// blind says that there is a credential of an unlisted kind without a date of use.
	blind bool
	// key says that there is an API key that works.
	key bool
	// unreadable says that some date of use is there and cannot be read.
	unreadable bool
}

func (a *Account) traces(ignoreEmbed bool) traces {
	t := traces{made: a.Created}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		if c.Created.After(t.made) {
			t.made = c.Created
		}
		if c.Kind == API3 && !c.Disabled {
			t.key = true
		}
		if c.Kind.undated() || c.Kind == Embed && ignoreEmbed {
			continue
		}
		t.unreadable = t.unreadable || c.Unreadable
		if c.Used.IsZero() && !c.Kind.known() {
			t.blind = true
			continue
		}
		t.telling = true
		if c.Used.After(t.last.At) {
			t.last = Activity{At: c.Used, By: c.Kind}
		}
	}
	t.credentials = t.last.At
	for i := range a.Sessions {
		s := &a.Sessions[i]
		if s.Sudo || s.Kind == LookerOpenID || s.Kind == Embed && ignoreEmbed {
			continue
		}
		t.unreadable = t.unreadable || s.Unreadable
		at := s.Begun
		if s.Extended.After(at) {
			at = s.Extended
		}
		if at.After(t.last.At) {
			t.last = Activity{At: at, By: BySession}
		}
	}
	return t
}

// LastUse returns the latest use of an account over all credentials and the person's own
// sessions, as the system tells it now. The boolean is false where the account holds something
// that cannot be read or seen, so that there may have been a later one.
func (a *Account) LastUse(ignoreEmbed bool) (Activity, bool) {
	t := a.traces(ignoreEmbed)
	return t.last, t.telling && !t.blind && !t.key && !t.unreadable && len(a.Unreadable) == 0
}
