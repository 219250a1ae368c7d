package idle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Verdict says what an account is.
type Verdict string

// The verdicts.
const (
	Active   Verdict = "active"   // used, or made, within the time of the rule
	Idle     Verdict = "idle"     // not used for longer than that
	Spared   Verdict = "spared"   // never stopped, used or not
	Unknown  Verdict = "unknown"  // nobody can tell; never stopped
	Disabled Verdict = "disabled" // stopped already
)

// Reason says why an account is spared, or why nobody can tell.
type Reason string

// Why an account is spared.
const (
	IsSelf       Reason = "self"            // ours
	IsStaff      Reason = "staff"           // the vendor's
	IsService    Reason = "service account" // a program's
	IsSuper      Reason = "super admin"     // that of who administers the system
	SparedEmail  Reason = "spared by email" // policy names the person
	SparedRole   Reason = "spared by role"  // policy names a role
	SparedGroup  Reason = "spared by group" // policy names a group
	KeptByPeople Reason = "kept"            // somebody pressed Keep
	TooYoung     Reason = "younger than the grace"
)

// Why nobody can tell whether an account is used.
const (
	HasAPIKey    Reason = "has an API key, whose use leaves no date"
	IsUnreadable Reason = "something about it could not be read"
	NoSuchDate   Reason = "no credential tells when it was used"
	NoDateAtAll  Reason = "neither a sign-in nor the day on which it was made is known"
	NoAddress    Reason = "has no address"
	NoID         Reason = "has no id"
)

// Action says what is to be done about an account tonight.
type Action string

// The actions.
const (
	Leave  Action = ""       // nothing
	Warn   Action = "warn"   // tell the person that the account will be stopped
	Stop   Action = "stop"   // propose the stop, in the mode of the rule
	Report Action = "report" // it would be stopped, if the rule were not in mode report
)

// Decision is what there is to say about one account.
type Decision struct {
	Verdict Verdict
	Why     Reason // of Spared and Unknown
	// Last is the latest use that is known, now or from memory; zero if the account was never
	// used.
	Last Activity
	// Since is the moment from which the account counts as unused: its latest use that is known,
	// or when it was made. Zero where neither is. Of a session that has ended it is the latest at
	// which that may have been.
	Since time.Time
	// StopAt is when it will be stopped if it is not used. Zero for who is spared, unknown or
	// disabled.
	StopAt time.Time
	Action Action
	// Step is the warning to give: the time before the stop at which policy wants it.
	Step time.Duration
	// Ended says that the person had been warned and has used the account since then. Void says that the
	// account is spared now, and Moved that the day they named does not hold any more: whoever is
	// to be stopped after all is warned anew.
	Ended, Void, Moved bool
	// Next is what to remember once the action is carried out; Remember says that it differs
	// from what was remembered.
	Next     Memory
	Remember bool
}

// Directory is what a judge has to know of people beyond the system itself.
type Directory struct {
	// Groups holds, for each group that policy spares, the addresses of all its members, those
	// of groups within it too. A group without members is there with none.
	Groups map[string][]string
	// Aliases leads from each further address of a person to their own.
	Aliases map[string]string
}

// Errors of [NewJudge].
var (
	// ErrGroupUnread says that nobody knows who is in a group that policy spares. Not to know
	// is not the same as nobody.
	ErrGroupUnread = errors.New("the members of a spared group are not known")
	// ErrRule says that a rule cannot be meant as it stands.
	ErrRule = errors.New("no sensible rule")
)

// UnreadError is an [ErrGroupUnread] with the address of the group.
type UnreadError struct{ Group string }

// Error implements error.
func (e *UnreadError) Error() string {
	return fmt.Sprintf("judge idle accounts: %v: %s", ErrGroupUnread, e.Group)
}

// Unwrap returns [ErrGroupUnread].
func (e *UnreadError) Unwrap() error { return ErrGroupUnread }

// Judge decides about the accounts of one system in one run. It is safe for concurrent use.
type Judge struct {
	rule    Rule
	now     time.Time
	warn    []time.Duration // longest first
	emails  map[string]bool
	roles   map[string]bool
	members map[string]bool
	aliases map[string]string
}

// NewJudge returns a judge for a run at that moment.
func NewJudge(rule Rule, d Directory, now time.Time) (*Judge, error) {
	if rule.After <= 0 {
		return nil, fmt.Errorf("judge idle accounts: %w: it stops accounts after %s", ErrRule, rule.After)
	}
	j := &Judge{
		rule: rule, now: now, warn: slices.Clone(rule.Warn), aliases: map[string]string{},
		emails: map[string]bool{}, roles: map[string]bool{}, members: map[string]bool{},
	}
	slices.SortFunc(j.warn, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	j.warn = slices.Compact(j.warn)
	for _, s := range j.warn {
		if s <= 0 || s >= rule.After {
			return nil, fmt.Errorf("judge idle accounts: %w: it warns %s before a stop after %s", ErrRule, s, rule.After)
		}
	}
	for alias, own := range d.Aliases {
		j.aliases[group.Address(alias)] = group.Address(own)
	}
	groups := map[string][]string{}
	for address, list := range d.Groups {
		groups[group.Address(address)] = list
	}
	for _, address := range rule.Spare.Groups {
		list, ok := groups[group.Address(address)]
		if !ok {
			return nil, &UnreadError{Group: address}
		}
		for _, email := range list {
			j.members[j.person(email)] = true
		}
	}
	for _, email := range rule.Spare.Emails {
		j.emails[j.person(email)] = true
	}
	for _, role := range rule.Spare.Roles {
		j.roles[fold(role)] = true
	}
	return j, nil
}

// fold is the form in which names of roles are compared: sparing one too many harms nobody.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// person is the own address of whoever has an address.
func (j *Judge) person(email string) string {
	email = group.Address(email)
	return cmp.Or(j.aliases[email], email)
}

// Decide says what an account is and what is to be done about it. Memory is what earlier
// nights know of it.
func (j *Judge) Decide(a *Account, m Memory) Decision {
	t := a.traces(j.rule.IgnoreEmbed)
	d := Decision{Last: t.last, Next: j.forget(t, m)}
	if d.Next.Active.After(d.Last.At) {
		d.Last = Activity{At: d.Next.Active, By: FromMemory}
	}
	d.Since = d.Last.At
	switch {
	case d.Since.IsZero():
		d.Since = t.made
	case d.Last.By == FromMemory && d.Next.Session && !d.Next.watched():
		d.Since = d.Since.Add(sessionUnseen)
	}
	if len(m.Told) > 0 && d.Since.After(m.From) {
		d.Next = d.Next.withoutWarnings()
		// A new credential is no use, nor is one of long ago that only counts or shows by now.
		d.Ended = d.Last.At.After(m.From) && !d.Last.At.Before(m.Begun)
	}
	j.judge(&d, a, t)
	if len(m.Told) > 0 && !d.Ended && d.Verdict != Disabled && !d.Next.sameWarnings(m) {
		d.Void = d.Verdict == Spared
		d.Moved = !d.Void
	}
	d.Remember = !d.Next.Equal(m)
	return d
}

func (j *Judge) judge(d *Decision, a *Account, t traces) {
	recent := j.recent(d)
	if a.Disabled {
		d.Verdict, d.Next, d.Ended = Disabled, Memory{}, false // nobody is told that it will not be stopped
		return
	}
	if d.Why = j.spared(a, t, d.Next); d.Why != "" {
		d.Verdict, d.Next = Spared, d.Next.withoutWarnings()
		return
	}
	acts := j.rule.Mode == change.Auto || j.rule.Mode == change.Ask
	if !acts {
		d.Next = d.Next.withoutWarnings() // they would be of long ago by the time that it acts again
	}
	if d.Why = unknown(a, t); d.Why != "" {
		// One good date is enough to know that the account is in use. What was said to the
		// person stands: a bad night is no sign-in. But a stop does not follow from it.
		d.Verdict, d.Next.Due = Unknown, false
		if recent {
			d.Verdict, d.Why = Active, ""
		}
		return
	}
	if d.Next.From.After(d.Since) {
		d.Since = d.Next.From // what was seen then is not undone because it shows no more
	}
	due := d.Since.Add(j.rule.After)
	d.Verdict, d.StopAt = Active, due
	if !j.now.Before(due) {
		d.Verdict = Idle
	}
	if !acts {
		if d.Verdict == Idle {
			d.Action = Report
		}
		return
	}
	j.climb(d)
}

// recent reports whether an account was used within the time of the rule.
func (j *Judge) recent(d *Decision) bool {
	return !d.Last.At.IsZero() && j.now.Before(d.Since.Add(j.rule.After))
}

// climb takes the next step of the ladder, if it is time for it.
func (j *Judge) climb(d *Decision) {
	if j.stale(d.Next, d.StopAt) {
		d.Next = d.Next.withoutWarnings()
	}
	d.StopAt = later(d.StopAt, d.Next.Stop)
	s, stop, due := step(j.now, d.StopAt, j.warn, d.Next.Told)
	switch {
	case due:
		d.Action, d.Step, d.StopAt = Warn, s, stop
		d.Next = d.Next.warned(s, d.Since, stop, j.now)
	case len(untold(j.warn, d.Next.Told)) == 0 && !j.now.Before(d.StopAt):
		d.Action = Stop
		d.Next.Due = len(d.Next.Told) > 0
	}
}

// spared says why an account is never stopped, or nothing.
func (j *Judge) spared(a *Account, t traces, m Memory) Reason {
	switch {
	case a.Self:
		return IsSelf
	case a.Staff:
		return IsStaff
	case a.Service:
		return IsService
	case a.Super:
		return IsSuper
	}
	if email := j.person(a.Email); email != "" {
		switch {
		case j.emails[email]:
			return SparedEmail
		case j.members[email]:
			return SparedGroup
		}
	}
	if len(j.roles) > 0 && slices.ContainsFunc(a.Roles, func(r string) bool { return j.roles[fold(r)] }) {
		return SparedRole
	}
	switch {
	case j.now.Before(m.Kept):
		return KeptByPeople
	case j.rule.Grace > 0 && !t.made.IsZero() && j.now.Before(t.made.Add(j.rule.Grace)):
		return TooYoung
	}
	return ""
}

// unknown says why nobody can tell whether an account is used, or nothing. An account that shows no
// date of its own any more is one of them, whatever an earlier night saw: its dates may be missing.
func unknown(a *Account, t traces) Reason {
	switch {
	case a.ID == "":
		return NoID
	case group.Address(a.Email) == "":
		return NoAddress
	case t.unreadable || len(a.Unreadable) > 0:
		return IsUnreadable
	case t.key:
		return HasAPIKey
	case !t.telling || t.blind:
		return NoSuchDate
	case t.last.At.IsZero() && t.made.IsZero():
		return NoDateAtAll
	}
	return ""
}

const (
	// sessionLag is how far a remembered session may be behind before it is remembered anew, so
	// that who works every day is not written down every night.
	sessionLag = 7 * 24 * time.Hour
	// sessionUnseen is how long a session may have gone on after the use that is remembered of it:
	// up to where it would have been remembered anew, and from one night to the next.
	sessionUnseen = sessionLag + 24*time.Hour
)

// forget returns the memory without what has become pointless, and with the use of a session
// that no credential tells of. What a session is used for on the day of a sign-in is taken for the
// sign-in: else everybody who works would be written down.
func (j *Judge) forget(t traces, m Memory) Memory {
	if !m.Kept.IsZero() && !j.now.Before(m.Kept) {
		m = m.withoutWarnings() // the person was told before somebody wanted it kept
		m.Kept = time.Time{}
	}
	if !t.credentials.Before(m.Active) {
		m.Active, m.Session = time.Time{}, false // a credential tells as much
	}
	at := t.last.At
	if t.last.By == BySession && at.Sub(m.Active) >= sessionLag && at.Sub(t.credentials) >= 24*time.Hour && !at.After(j.now) {
		m.Active, m.Session = at, true
	}
	return m
}
