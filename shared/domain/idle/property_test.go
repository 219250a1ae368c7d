package idle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

// odd is one made-up account with what is true of it. Whether it is protected is said while it
// is made, from the words of the policy, without a look at how the judge decides.
type odd struct {
	account idle.Account
	memory  idle.Memory
	// protected says why it must never be warned or stopped; empty if it may be.
	protected []string
}

const oddAfter = 180 * day

// oddRule spares and counts everything that policy can.
func oddRule(mode change.Mode, warn bool, ignoreEmbed bool) idle.Rule {
	r := idle.Rule{
		After: oddAfter, Mode: mode, Grace: 30 * day, IgnoreEmbed: ignoreEmbed,
		Spare: idle.Spare{Emails: []string{"Spared@Example.com"}, Roles: []string{"Admin"}, Groups: []string{"exec@example.com"}},
	}
	if warn {
		r.Warn = []time.Duration{14 * day, 7 * day, day}
	}
	return r
}

var oddDirectory = idle.Directory{
	Groups:  map[string][]string{"Exec@example.com": {"Chief@example.com", "second@example.com"}},
	Aliases: map[string]string{"the.chief@example.com": "chief@example.com", "S@example.com": "spared@example.com"},
}

// source draws numbers: rapid's in a small test, which shrinks what it finds, a plain
// generator's in a large one.
type source interface{ below(n int) int }

type plainSource struct{ *rand.Rand }

func (s plainSource) below(n int) int { return s.IntN(n) }

type rapidSource struct{ *rapid.T }

func (s rapidSource) below(n int) int { return rapid.IntRange(0, n-1).Draw(s.T, "n") }

func one[T any](s source, list ...T) T { return list[s.below(len(list))] }

// rarely is true once in twenty times.
func rarely(s source) bool { return s.below(20) == 0 }

// moment draws a time: mostly around the limits of the rule, now and then absurd.
func moment(s source) time.Time {
	switch s.below(10) {
	case 0:
		return time.Time{}
	case 1:
		return one(s, time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), tonight)
	default:
		edge := one(s, 0, 30, 165, 166, 173, 179, 180, 181, 400)
		shift := one(s, 0, time.Nanosecond, -time.Nanosecond, time.Hour, -time.Hour, day, -day)
		zone := one(s, time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -12*3600))
		return ago(edge).Add(shift).In(zone)
	}
}

// beginning draws the time at which something was made: mostly long ago.
func beginning(s source) time.Time {
	if s.below(6) == 0 {
		return moment(s)
	}
	return ago(400 + s.below(2_000))
}

var datedKinds = []idle.Kind{idle.Email, idle.Google, idle.LDAP, idle.SAML, idle.OIDC, idle.Workforce}

func makeOdd(s source, ignoreEmbed bool) odd {
	o := odd{account: idle.Account{
		ID: strconv.Itoa(1 + s.below(1_000)), Name: "Odd", Created: beginning(s),
		Email: one(s, "yui@example.com", "YUI@example.com", "sora@example.com", " jun@example.com", "a_b%@example.com"),
		Roles: slices.Repeat([]string{"User"}, s.below(3)),
	}}
	protect := func(why string) { o.protected = append(o.protected, why) }
	flagged := func(flag *bool, why string) {
		if rarely(s) {
			*flag = true
			protect(why)
		}
	}
	flagged(&o.account.Self, "it is ours")
	flagged(&o.account.Staff, "it is the vendor's")
	flagged(&o.account.Service, "it is a program's")
	flagged(&o.account.Super, "it administers the system")
	flagged(&o.account.Disabled, "it is stopped already")
	if rarely(s) {
		o.account.ID = ""
		protect("it has no id")
	}
	switch s.below(40) {
	case 0:
		o.account.Email = one(s, "spared@example.com", "SPARED@EXAMPLE.COM", "s@example.com")
		protect("policy names the person")
	case 1:
		o.account.Email = one(s, "chief@example.com", "The.Chief@example.com", "second@example.com ")
		protect("policy names the person's group")
	case 2:
		o.account.Email = one(s, "", " ")
		protect("nobody could be warned")
	}
	if rarely(s) {
		o.account.Roles = append(o.account.Roles, one(s, "Admin", "admin", " ADMIN "))
		protect("policy names the role")
	}
	if rarely(s) {
		o.account.Unreadable = []string{"the roles"}
		protect("something could not be read")
	}
	dated := o.addCredentials(s, ignoreEmbed, protect)
	if seen := o.addSessions(s, ignoreEmbed, protect); !dated && !seen {
		protect("there is no date at all")
	}
	o.addMemory(s, protect)
	return o
}

// addCredentials reports whether any date is known by them, or by the account itself.
func (o *odd) addCredentials(s source, ignoreEmbed bool, protect func(string)) bool {
	telling := false
	seen := func(at time.Time) {
		if !at.IsZero() && tonight.Sub(at) < oddAfter {
			protect("it was used lately")
		}
	}
	made := func(at time.Time) time.Time {
		if !at.IsZero() && tonight.Sub(at) < 30*day {
			protect("it is younger than the grace")
		}
		return at
	}
	made(o.account.Created)
	dates := !o.account.Created.IsZero()
	for range s.below(5) {
		c := idle.Credential{Used: moment(s), Created: made(beginning(s)), Disabled: rarely(s)}
		dates = dates || !c.Created.IsZero()
		switch s.below(20) {
		case 0:
			c.Kind = idle.API3
			if !c.Disabled {
				protect("a program may use its API key")
			}
		case 1:
			c.Kind = idle.TOTP
		case 2:
			c.Kind = idle.LookerOpenID
		case 3:
			c.Kind = idle.Embed
			if !ignoreEmbed {
				telling, dates = true, dates || !c.Used.IsZero()
				seen(c.Used)
			}
		case 4:
			c.Kind = "of.next.year"
			seen(c.Used)
			telling, dates = telling || !c.Used.IsZero(), dates || !c.Used.IsZero()
			if c.Used.IsZero() {
				protect("nobody knows what such a credential tells")
			}
		default:
			c.Kind = datedKinds[s.below(len(datedKinds))]
			telling, dates = true, dates || !c.Used.IsZero()
			seen(c.Used)
			if rarely(s) {
				c.Unreadable = true
				protect("a date could not be read")
			}
		}
		o.account.Credentials = append(o.account.Credentials, c)
	}
	if !telling {
		protect("no credential tells when it was used")
	}
	return dates
}

// addSessions reports whether the account's own person was seen in any.
func (o *odd) addSessions(s source, ignoreEmbed bool, protect func(string)) bool {
	dated := false
	for range max(0, s.below(6)-3) {
		session := idle.Session{Begun: moment(s), Extended: moment(s), Sudo: rarely(s), Unreadable: rarely(s)}
		session.Kind = one(s, "", idle.Google, idle.Embed, idle.LookerOpenID)
		o.account.Sessions = append(o.account.Sessions, session)
		if session.Sudo || session.Kind == idle.LookerOpenID || session.Kind == idle.Embed && ignoreEmbed {
			continue
		}
		if session.Unreadable {
			protect("a session could not be read")
		}
		for _, at := range []time.Time{session.Begun, session.Extended} {
			dated = dated || !at.IsZero()
			if !at.IsZero() && tonight.Sub(at) < oddAfter {
				protect("a session was used lately")
			}
		}
	}
	return dated
}

func (o *odd) addMemory(s source, protect func(string)) {
	if rarely(s) {
		o.memory.Kept = moment(s)
		if tonight.Before(o.memory.Kept) {
			protect("people keep it")
		}
	}
	if rarely(s) {
		o.memory.Active, o.memory.Session = moment(s), s.below(2) == 0
		if !o.memory.Active.IsZero() && tonight.Sub(o.memory.Active) < oddAfter {
			protect("it was used lately, as an earlier night saw")
		}
	}
	if rarely(s) {
		o.memory.Told = [][]time.Duration{{14 * day}, {14 * day, 7 * day}, {14 * day, 7 * day, day}, {3 * day}}[s.below(4)]
		o.memory.From, o.memory.Stop = moment(s), moment(s)
	}
}

// near reports whether a warning may come for an account that is in use: its stop is near.
func near(protected []string) bool {
	return !slices.ContainsFunc(protected, func(why string) bool { return !strings.Contains(why, "used lately") })
}

// usedSince reports whether anything about the account is newer than that, so that earlier
// warnings are void.
func (o odd) usedSince(from time.Time) bool {
	newer := o.memory.Active.After(from) || o.account.Created.After(from)
	for _, c := range o.account.Credentials {
		newer = newer || c.Used.After(from) || c.Created.After(from)
	}
	for _, s := range o.account.Sessions {
		newer = newer || s.Begun.After(from) || s.Extended.After(from)
	}
	return newer
}

// wrong says what is wrong with a decision, or nothing.
func (o odd) wrong(r idle.Rule, d idle.Decision) string {
	switch {
	case len(o.protected) > 0 && (d.Action == idle.Stop || d.Action == idle.Report):
		return fmt.Sprintf("%s although %v", d.Action, o.protected)
	case len(o.protected) > 0 && d.Action == idle.Warn && !near(o.protected):
		return fmt.Sprintf("warned although %v", o.protected)
	case d.Action == idle.Stop && len(r.Warn) > 0 && !slices.Contains(o.memory.Told, day):
		return fmt.Sprintf("stopped after the warnings %v", o.memory.Told)
	case d.Action == idle.Stop && tonight.Before(o.memory.Stop) && !o.usedSince(o.memory.From) && o.memory.Kept.IsZero():
		return "stopped sooner than a warning said"
	case d.Action != idle.Leave && d.Action != idle.Report && r.Mode != change.Auto && r.Mode != change.Ask:
		return fmt.Sprintf("%s in mode %q", d.Action, r.Mode)
	}
	return ""
}

var modes = []change.Mode{change.Auto, change.Ask, change.Report, ""}

// oddJudges are judges of all rules with which odd accounts are judged.
func oddJudges(t testing.TB) (rules []idle.Rule, judges []*idle.Judge) {
	for _, mode := range modes {
		for _, warn := range []bool{false, true} {
			for _, ignoreEmbed := range []bool{false, true} {
				r := oddRule(mode, warn, ignoreEmbed)
				rules, judges = append(rules, r), append(judges, judge(t, r, oddDirectory))
			}
		}
	}
	return rules, judges
}

func TestNoProtectedPersonIsEverProposed(t *testing.T) {
	rules, judges := oddJudges(t)
	rapid.Check(t, func(t *rapid.T) {
		s := rapidSource{t}
		for range 200 { // one in some hundred is protected by one thing alone, and would be stopped without it
			i := s.below(len(rules))
			o := makeOdd(s, rules[i].IgnoreEmbed)
			if wrong := o.wrong(rules[i], judges[i].Decide(&o.account, o.memory)); wrong != "" {
				t.Fatalf("%s: %+v, memory %+v", wrong, o.account, o.memory)
			}
		}
	})
}

// howMany says how many odd people the large test makes; SEKISHO_LONG=1 makes a million.
var howMany = flag.Int("idle.people", 0, "odd people in the large test; 0 means 100,000, or 1,000,000 where SEKISHO_LONG is set")

func TestNoProtectedPersonAmongManyIsEverProposed(t *testing.T) {
	n := *howMany
	if n == 0 {
		n = 100_000
		if os.Getenv("SEKISHO_LONG") != "" {
			n = 1_000_000
		}
	}
	rules, judges := oddJudges(t)
	s := plainSource{rand.New(rand.NewPCG(1, 2))}
	actions := map[idle.Action]int{}
	verdicts := map[idle.Verdict]int{}
	for k := range n {
		i := s.below(len(rules))
		o := makeOdd(s, rules[i].IgnoreEmbed)
		d := judges[i].Decide(&o.account, o.memory)
		if wrong := o.wrong(rules[i], d); wrong != "" {
			t.Fatalf("person %d: %s: %+v, memory %+v", k, wrong, o.account, o.memory)
		}
		actions[d.Action]++
		verdicts[d.Verdict]++
	}
	t.Logf("%d people: %v, %v", n, verdicts, actions)
	// The test is worth nothing if nobody is ever warned or stopped.
	for _, a := range []idle.Action{idle.Warn, idle.Stop, idle.Report} {
		if actions[a] < n/500 {
			t.Errorf("%q for %d of %d", a, actions[a], n)
		}
	}
}

// Whatever nights are missed and whenever the person signs in: for one use each step comes at
// most once and in its order, and nobody is stopped before the time of the last one is over, or
// sooner than any of them said, or so much later that they are forgotten. Who was not told in time
// has all the steps, and all their time.
func TestNobodyIsStoppedSoonerThanAWarningSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := idle.Rule{After: 60 * day, Mode: change.Ask}
		for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(1, 40), 0, 4, rapid.ID[int]).Draw(t, "warn") {
			r.Warn = append(r.Warn, time.Duration(d)*day)
		}
		last := tonight
		now := tonight
		m := idle.Memory{}
		var told []time.Duration
		said, asked := time.Time{}, false
		for range rapid.IntRange(1, 80).Draw(t, "nights") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 1, 1, 2, 5, 30}).Draw(t, "later")) * day)
			now = now.Add(time.Duration(rapid.IntRange(-30, 30).Draw(t, "seconds")) * time.Second)
			if rapid.IntRange(0, 25).Draw(t, "comes back") == 0 {
				last = now.Add(-time.Duration(rapid.IntRange(1, 20).Draw(t, "hours")) * time.Hour)
				told, said, asked = nil, time.Time{}, false
			}
			j, err := idle.NewJudge(r, idle.Directory{}, now)
			if err != nil {
				t.Fatal(err)
			}
			a := account(used(idle.Google, last))
			d := j.Decide(&a, m)
			if d.Moved {
				if now.Sub(said) <= 7*day {
					t.Fatalf("what said %s is void at %s", said, now)
				}
				told, said, asked = nil, time.Time{}, false
			}
			switch d.Action {
			case idle.Warn:
				if slices.ContainsFunc(told, func(earlier time.Duration) bool { return earlier <= d.Step }) {
					t.Fatalf("step %s after %v", d.Step, told)
				}
				shortest, longest := slices.Min(r.Warn), slices.Max(r.Warn)
				in := d.StopAt.Sub(now)
				if in <= shortest-time.Hour || d.StopAt.Before(said) {
					t.Fatalf("step %s says that the stop is in %s, at %s after %s", d.Step, in, d.StopAt, said)
				}
				if len(told) == 0 && last.Add(r.After).Sub(now) < shortest && (d.Step != longest || in <= longest-time.Hour) {
					t.Fatalf("the first word comes too late, is %s, and leaves %s", d.Step, in)
				}
				told, said = append(told, d.Step), d.StopAt
			case idle.Stop:
				if len(r.Warn) > 0 && !slices.Contains(told, slices.Min(r.Warn)) || now.Before(said) || now.Sub(last) < r.After {
					t.Fatalf("stopped at %s after %v, said %s", now, told, said)
				}
				most := idle.KeepFor
				if !asked && len(r.Warn) > 0 {
					most = max(slices.Max(r.Warn), 7*day)
				}
				if len(r.Warn) > 0 && now.Sub(said) > most {
					t.Fatalf("stopped at %s, said %s", now, said)
				}
				asked = true
			}
			m = d.Next
		}
	})
}

// However long a session lies unused and whenever it ends: each step comes once and in its order, and the
// stop comes on the day that they name. The rule leaves more than a week before the first warning, in
// which it is seen that nobody uses the session.
func TestEachStepComesOnceThoughAnUnusedSessionEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := idle.Rule{Mode: change.Ask}
		for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(1, 30), 1, 4, rapid.ID[int]).Draw(t, "warn") {
			r.Warn = append(r.Warn, time.Duration(d)*day)
		}
		r.After = slices.Max(r.Warn) + time.Duration(rapid.IntRange(9, 60).Draw(t, "before the first"))*day
		begun := tonight.Add(-time.Duration(rapid.IntRange(0, 23).Draw(t, "hours")) * time.Hour)
		extended := begun.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "used for")) * day)
		ends := rapid.IntRange(8, 100).Draw(t, "ends")
		var m idle.Memory
		var told []time.Duration
		var said time.Time
		for night := range 200 {
			now := tonight.Add(time.Duration(night) * day)
			a := account(used(idle.Google, begun.Add(-5*day)))
			if night < ends {
				a.Sessions = []idle.Session{{Begun: begun}}
				if !now.Before(extended) {
					a.Sessions[0].Extended = extended
				}
			}
			j, err := idle.NewJudge(r, idle.Directory{}, now)
			if err != nil {
				t.Fatal(err)
			}
			d := j.Decide(&a, m)
			if d.Ended || d.Moved || d.Void {
				t.Fatalf("night %d: after %v the warnings are void: %+v", night, told, d)
			}
			if d.Action == idle.Warn {
				if slices.ContainsFunc(told, func(earlier time.Duration) bool { return earlier <= d.Step }) || !said.IsZero() && d.StopAt.Sub(said) > day {
					t.Fatalf("night %d: step %s of %s after %v of %s", night, d.Step, d.StopAt, told, said)
				}
				told, said = append(told, d.Step), d.StopAt
			}
			if d.Action == idle.Stop {
				if len(told) != len(r.Warn) || now.Sub(extended) < r.After || now.Before(said) {
					t.Fatalf("night %d: stopped after %v, said %s", night, told, said)
				}
				return
			}
			m = d.Next
		}
		t.Fatalf("never stopped, told %v", told)
	})
}
