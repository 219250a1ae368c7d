package idle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

func ladder() idle.Rule {
	return idle.Rule{After: 180 * day, Warn: []time.Duration{7 * day, 14 * day, day}, Mode: change.Ask}
}

// nights lives through some nights, counted from the first sign-in, and tells what happened:
// "166:warn 14d" for night 166. Each night is at 03:00.
func nights(t testing.TB, r idle.Rule, m idle.Memory, a func(night int) idle.Account, list ...int) string {
	t.Helper()
	begin := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	var told []string
	for _, night := range list {
		j, err := idle.NewJudge(r, idle.Directory{}, begin.Add(time.Duration(night)*day))
		if err != nil {
			t.Fatal(err)
		}
		account := a(night)
		d := j.Decide(&account, m)
		switch d.Action {
		case idle.Warn:
			told = append(told, fmt.Sprintf("%d:warn %dd, stop %d", night, d.Step/day, d.StopAt.Sub(begin)/day))
		case idle.Stop:
			told = append(told, fmt.Sprintf("%d:stop", night))
			return strings.Join(told, "; ")
		case idle.Leave:
			if d.Ended {
				told = append(told, fmt.Sprintf("%d:ended", night))
			}
		}
		m = d.Next
	}
	return strings.Join(told, "; ")
}

// since returns an account that was last used at night 0, an hour after the sweep, and again
// as said.
func since(again ...int) func(night int) idle.Account {
	begin := time.Date(2026, 1, 1, 4, 0, 0, 0, time.UTC)
	return func(night int) idle.Account {
		a := account(used(idle.Google, begin))
		for _, n := range again {
			if n < night {
				a.Credentials = append(a.Credentials, used(idle.Email, begin.Add(time.Duration(n)*day)))
			}
		}
		return a
	}
}

func every(from, to int) []int {
	var out []int
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

func without(list []int, from, to int) []int {
	return slices.DeleteFunc(list, func(n int) bool { return n >= from && n <= to })
}

func TestTheLadder(t *testing.T) {
	const whole = "167:warn 14d, stop 180; 174:warn 7d, stop 180; 180:warn 1d, stop 181; 181:stop"
	tests := map[string]struct {
		account func(int) idle.Account
		nights  []int
		want    string
	}{
		"every night":                      {since(), every(1, 400), whole},
		"the night of the first is missed": {since(), without(every(1, 400), 167, 170), strings.Replace(whole, "167:", "171:", 1)},
		"the night of the second is":       {since(), without(every(1, 400), 174, 176), strings.Replace(whole, "174:", "177:", 1)},
		"the night of the last is":         {since(), without(every(1, 400), 180, 180), "167:warn 14d, stop 180; 174:warn 7d, stop 180; 181:warn 1d, stop 182; 182:stop"},
		"the last nights are":              {since(), without(every(1, 400), 175, 190), "167:warn 14d, stop 180; 174:warn 7d, stop 180; 191:warn 1d, stop 192; 192:stop"},
		"all nights after the first are":   {since(), without(every(1, 400), 168, 190), "167:warn 14d, stop 180; 191:warn 1d, stop 192; 192:stop"},
		"two steps are due at once":        {since(), without(every(1, 400), 160, 175), "176:warn 7d, stop 180; 180:warn 1d, stop 181; 181:stop"},
		"all nights of the ladder are":     {since(), without(every(1, 400), 160, 190), "191:warn 14d, stop 205; 198:warn 7d, stop 205; 204:warn 1d, stop 205; 205:stop"},
		"idle for years at the first look": {since(), every(700, 720), "700:warn 14d, stop 714; 707:warn 7d, stop 714; 713:warn 1d, stop 714; 714:stop"},
		"an hour too late to warn of it":   {since(), every(180, 200), "180:warn 14d, stop 194; 187:warn 7d, stop 194; 193:warn 1d, stop 194; 194:stop"},
		"some days before, at first look":  {since(), every(171, 200), strings.Replace(whole, "167:", "171:", 1)},
		"the night of the stop is missed":  {since(), without(every(1, 400), 181, 183), strings.Replace(whole, "181:stop", "184:stop", 1)},
		"a sign-in ends it":                {since(170), every(1, 300), "167:warn 14d, stop 180; 171:ended"},
		"a sign-in on the last day": {
			since(180), every(1, 400),
			"167:warn 14d, stop 180; 174:warn 7d, stop 180; 180:warn 1d, stop 181; 181:ended; " +
				"347:warn 14d, stop 360; 354:warn 7d, stop 360; 360:warn 1d, stop 361; 361:stop",
		},
		"a sign-in before it begins": {since(100), every(1, 270), "267:warn 14d, stop 280"},
		"two sign-ins in one pause":  {since(170, 171), without(every(1, 300), 168, 175), "167:warn 14d, stop 180; 176:ended"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, nights(t, ladder(), idle.Memory{}, test.account, test.nights...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A third script warned on one exact day, so that a night on which it did not run was a
// warning that nobody got.
func TestTheScriptThatWarnedOnOneDayOnly(t *testing.T) {
	for missed := 150; missed < 200; missed++ {
		got := nights(t, ladder(), idle.Memory{}, since(), without(every(1, 400), missed, missed)...)
		for _, step := range []string{"warn 14d", "warn 7d", "warn 1d", ":stop"} {
			if strings.Count(got, step) != 1 {
				t.Errorf("without night %d: %s", missed, got)
			}
		}
	}
}

func TestANightThatComesSecondsEarlyLosesNothing(t *testing.T) {
	r := ladder()
	m := idle.Memory{}
	a := account(used(idle.Google, ago(500)))
	stopped := time.Time{}
	for night := range 20 {
		at := tonight.Add(time.Duration(night)*day + time.Duration(40-2*night)*time.Second)
		j, err := idle.NewJudge(r, idle.Directory{}, at)
		if err != nil {
			t.Fatal(err)
		}
		d := j.Decide(&a, m)
		if d.Action == idle.Stop {
			stopped = at
			break
		}
		m = d.Next
	}
	if got := stopped.Sub(tonight).Truncate(time.Hour); got != 14*day {
		t.Errorf("stopped after %s", got)
	}
}

func TestWhatThePeopleSayIsRemembered(t *testing.T) {
	warned := idle.Memory{Told: []time.Duration{14 * day, 7 * day}, From: ago(190), Stop: ago(-3), Active: ago(250)}
	kept := warned.Keep(ago(-90))
	a := account(used(idle.Google, ago(300)))
	want := idle.Memory{Active: ago(250), Kept: ago(-90)}
	if d := judge(t, ladder(), idle.Directory{}).Decide(&a, kept); !d.Void || d.Ended || !d.Remember || !cmp.Equal(d.Next, want) {
		t.Errorf("kept after warnings: void %t, ended %t, remember %+v", d.Void, d.Ended, d.Next)
	}
	revived := warned.Revive(tonight.Add(-time.Hour))
	if m := (idle.Memory{Active: ago(250), Session: true}).Revive(tonight); !cmp.Equal(m, idle.Memory{Active: tonight}) {
		t.Errorf("a session is remembered: %+v", m)
	}
	if d := judge(t, ladder(), idle.Directory{}).Decide(&a, revived); d.Verdict != idle.Active || !d.Ended || d.Action != idle.Leave || !cmp.Equal(d.Next, idle.Memory{Active: tonight.Add(-time.Hour)}) {
		t.Errorf("given a role after warnings: %s, ended %t, %s, remember %+v", d.Verdict, d.Ended, d.Action, d.Next)
	}
	a.Disabled = true
	if d := judge(t, ladder(), idle.Directory{}).Decide(&a, revived); d.Verdict != idle.Disabled || d.Ended || d.Void || d.Moved || !d.Next.IsZero() {
		t.Errorf("not given back in the end: %s, ended %t, remember %+v", d.Verdict, d.Ended, d.Next)
	}
	if warned.IsZero() || !(idle.Memory{}).IsZero() {
		t.Error("a memory is taken for none, or none for one")
	}

	// After the term the warnings begin anew, also where no night has seen it in between.
	begin := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	whole := idle.Memory{Told: []time.Duration{14 * day, 7 * day, day}, From: begin.Add(time.Hour), Stop: begin.Add(200 * day)}
	const anew = "300:warn 14d, stop 314; 307:warn 7d, stop 314; 313:warn 1d, stop 314; 314:stop"
	for name, m := range map[string]idle.Memory{"unwarned": {}, "warned": whole} {
		for from, list := range map[string][]int{"every night": every(1, 400), "no night in the term": every(300, 400)} {
			if diff := cmp.Diff(anew, nights(t, ladder(), m.Keep(begin.Add(300*day)), since(), list...)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, from, diff)
			}
		}
	}
}

func TestABadNightIsNoSignIn(t *testing.T) {
	unread := func(night int) idle.Account {
		a := since()(night)
		if night >= 170 && night <= 172 {
			a.Unreadable = []string{"the roles"}
		}
		if night == 174 { // a credential vanishes for a night, and with it the latest use
			a.Credentials = []idle.Credential{used(idle.Email, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))}
		}
		return a
	}
	want := "167:warn 14d, stop 180; 174:warn 7d, stop 180; 180:warn 1d, stop 181; 181:stop"
	if diff := cmp.Diff(want, nights(t, ladder(), idle.Memory{}, unread, every(1, 400)...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASessionThatEndedWasStillAUse(t *testing.T) {
	begin := time.Date(2026, 1, 1, 4, 0, 0, 0, time.UTC)
	// Signed in at night 0, at work until night 29, when the session ends and is listed no more.
	worked := func(night int) idle.Account {
		a := account(used(idle.Google, begin))
		if night < 30 {
			a.Sessions = []idle.Session{{Begun: begin, Extended: begin.Add(time.Duration(night-1) * day)}}
		}
		return a
	}
	remembered := 0
	m := idle.Memory{}
	for night := 1; night < 200; night++ {
		j, err := idle.NewJudge(ladder(), idle.Directory{}, begin.Add(time.Duration(night)*day))
		if err != nil {
			t.Fatal(err)
		}
		a := worked(night)
		d := j.Decide(&a, m)
		if d.Remember {
			remembered++
		}
		m = d.Next
		if d.Action == idle.Warn {
			// Without a memory it would be night 166. The session was used until night 28, and is
			// remembered to the week: the person has so much more time, and not less.
			if night < 166+28 || night > 166+28+8 {
				t.Errorf("warned in night %d", night)
			}
			break
		}
	}
	if remembered < 4 || remembered > 6 {
		t.Errorf("remembered %d times, want about once a week and the warning", remembered)
	}
}

// However many days a session went on and whenever in the week it ended, nobody is stopped before the time
// of the rule has passed since, nor much later.
func TestTheLastSessionCountsToItsEnd(t *testing.T) {
	rule := idle.Rule{After: 30 * day, Mode: change.Auto}
	begin := time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC)
	for ends := 3; ends < 20; ends++ {
		end := begin.Add(time.Duration(ends)*day - 5*time.Hour)
		var m idle.Memory
		for night := 1; night < 100; night++ {
			now := begin.Add(time.Duration(night) * day)
			a := account(used(idle.Google, begin))
			if now.Before(end) {
				a.Sessions = []idle.Session{{Begun: begin, Extended: now.Add(-time.Hour)}}
			}
			j, err := idle.NewJudge(rule, idle.Directory{}, now)
			if err != nil {
				t.Fatal(err)
			}
			d := j.Decide(&a, m)
			if m = d.Next; d.Action != idle.Stop {
				continue
			}
			if unused := now.Sub(end); unused < rule.After || unused > rule.After+9*day {
				t.Errorf("a session that ended on day %d: stopped after %s without use", ends, unused)
			}
			break
		}
	}
}

// A session that lies unused until it ends moves nothing, once warnings have begun. Who works in it to its
// end has so much more time.
func TestASessionThatIsSeenUnusedToItsEndMovesNothing(t *testing.T) {
	begin := time.Date(2026, 1, 1, 4, 0, 0, 0, time.UTC)
	rule := ladder()
	rule.After = 40 * day
	for name, test := range map[string]struct {
		used int // the night before which the session was used last
		want string
	}{
		"unused":               {0, "27:warn 14d, stop 40; 34:warn 7d, stop 40; 40:warn 1d, stop 41; 41:stop"},
		"used after the first": {29, "27:warn 14d, stop 40; 29:ended; 63:warn 14d, stop 76; 70:warn 7d, stop 76; 76:warn 1d, stop 77; 77:stop"},
	} {
		worked := func(night int) idle.Account {
			a := account(used(idle.Google, begin.Add(-5*day)))
			if night < 30 {
				a.Sessions = []idle.Session{{Begun: begin}}
			}
			if night < 30 && test.used > 0 && night >= test.used {
				a.Sessions[0].Extended = begin.Add(time.Duration(test.used)*day - 2*time.Hour)
			}
			return a
		}
		if diff := cmp.Diff(test.want, nights(t, rule, idle.Memory{}, worked, every(1, 120)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestASessionOfTheFutureIsNotRemembered(t *testing.T) {
	j := judge(t, ladder(), idle.Directory{})
	a := account(used(idle.Google, ago(10)))
	a.Sessions = []idle.Session{{Begun: ago(-10_000)}}
	if d := j.Decide(&a, idle.Memory{}); d.Verdict != idle.Active || d.Remember {
		t.Errorf("got %s, remember %t: %+v", d.Verdict, d.Remember, d.Next)
	}
}

// Who has used an account of which something cannot be read is told once that it is in use again: the
// warnings are forgotten with that, or every night would find that they have ended.
func TestWarningsEndOnceThoughSomethingIsUnreadable(t *testing.T) {
	a := account(used(idle.Google, ago(1)))
	a.Unreadable = []string{"the roles"}
	m := idle.Memory{Told: []time.Duration{14 * day}, From: ago(170), Stop: ago(-10), Begun: ago(4).Truncate(day)}
	for night, ended := range []bool{true, false} {
		d := judge(t, ladder(), idle.Directory{}).Decide(&a, m)
		if d.Verdict != idle.Active || d.Ended != ended || len(d.Next.Told) != 0 {
			t.Errorf("night %d: %s, ended %t, remembered %+v", night, d.Verdict, d.Ended, d.Next)
		}
		m = d.Next
	}
}

func TestMemoriesAreForgotten(t *testing.T) {
	j := judge(t, ladder(), idle.Directory{})
	warned := idle.Memory{Told: []time.Duration{14 * day}, From: ago(190), Stop: ago(-4)}
	active, disabled := account(used(idle.Google, ago(1))), account(used(idle.Google, ago(190)))
	disabled.Disabled = true
	service := account(used(idle.Google, ago(190)))
	service.Service = true
	for name, a := range map[string]idle.Account{"active again": active, "disabled": disabled, "spared now": service} {
		if d := j.Decide(&a, warned); !d.Next.IsZero() || !d.Remember {
			t.Errorf("%s: %+v, remember %t", name, d.Next, d.Remember)
		}
	}
	if d := j.Decide(&active, idle.Memory{Active: ago(30), Kept: ago(2)}); !d.Next.IsZero() {
		t.Errorf("what is past: %+v", d.Next)
	}
}

// What a person was told is good for the stop that it named. Where the account outlives that day,
// all of it comes anew before the stop.
func TestWarningsAreGoodForTheStopThatTheyName(t *testing.T) {
	longer, report, unwarned := ladder(), ladder(), ladder()
	longer.After, report.Mode, unwarned.After, unwarned.Warn = 360*day, change.Report, 360*day, nil
	slightly := ladder()
	slightly.After += 20 * time.Hour
	unreadable := func(a *idle.Account) { a.Unreadable = []string{"the roles"} }
	const told, whole = "167:warn 14d, stop 180; 174:warn 7d, stop 180; ", "167:warn 14d, stop 180; 174:warn 7d, stop 180; 180:warn 1d, stop 181; "
	tests := map[string]struct {
		// between is the rule from night 178 on, and again the one from its night on.
		between idle.Rule
		again   int
		account func(*idle.Account) // how it is in between
		missed  []int
		want    string
	}{
		"the rule waits longer by then": {between: longer, want: told + "178:moved; 347:warn 14d, stop 360; 354:warn 7d, stop 360; 360:warn 1d, stop 361; 361:stop"},
		"it waits longer by some hours": {between: slightly, want: told + "180:warn 1d, stop 181; 181:stop"},
		"nobody is warned any more":     {between: unwarned, want: told + "361:stop"},
		"it only reports in between":    {between: report, again: 250, want: told + "178:moved; 250:warn 14d, stop 264; 257:warn 7d, stop 264; 263:warn 1d, stop 264; 264:stop"},
		"nobody can tell in between":    {between: ladder(), again: 250, account: unreadable, want: told + "250:moved; 250:warn 14d, stop 264; 257:warn 7d, stop 264; 263:warn 1d, stop 264; 264:stop"},
		"nobody can tell for a night":   {between: ladder(), again: 179, account: unreadable, want: whole + "181:stop"},
		"no night comes for months":     {between: ladder(), missed: []int{182, 300}, want: whole + "181:stop"},
		"nor on the day itself":         {between: ladder(), missed: []int{181, 300}, want: whole + "301:moved; 301:warn 14d, stop 315; 308:warn 7d, stop 315; 314:warn 1d, stop 315; 315:stop"},
		"no night comes for two weeks":  {between: ladder(), missed: []int{181, 194}, want: whole + "195:stop"},
	}
	begin := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, got := idle.Memory{}, []string{}
			for night := 1; night < 400; night++ {
				if len(test.missed) > 0 && night >= test.missed[0] && night <= test.missed[1] {
					continue
				}
				rule, a := ladder(), since()(night)
				if night >= 178 && (test.again == 0 || night < test.again) {
					rule = test.between
					if test.account != nil {
						test.account(&a)
					}
				}
				j, err := idle.NewJudge(rule, idle.Directory{}, begin.Add(time.Duration(night)*day))
				if err != nil {
					t.Fatal(err)
				}
				d := j.Decide(&a, m)
				if d.Moved {
					got = append(got, fmt.Sprintf("%d:moved", night))
				}
				switch d.Action {
				case idle.Warn:
					got = append(got, fmt.Sprintf("%d:warn %dd, stop %d", night, d.Step/day, d.StopAt.Sub(begin)/day))
				case idle.Stop:
					got = append(got, fmt.Sprintf("%d:stop", night))
				}
				if m = d.Next; d.Action == idle.Stop {
					break
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A stop that waits for people for weeks is still the one that the person was told about. What people
// have not decided about for as long as a "keep" is good for is told anew.
func TestAStopThatWaitsForPeopleIsTheOneThatWasTold(t *testing.T) {
	begin := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	var m idle.Memory
	var stops, notes int
	var anew []int
	for night := 1; night < 320; night++ {
		j, err := idle.NewJudge(ladder(), idle.Directory{}, begin.Add(time.Duration(night)*day))
		if err != nil {
			t.Fatal(err)
		}
		a := since()(night)
		d := j.Decide(&a, m)
		switch {
		case d.Action == idle.Stop:
			stops++
			if d.Remember {
				notes++
			}
		case stops > 0 && d.Action == idle.Warn:
			anew = append(anew, night)
		}
		m = d.Next
	}
	// From night 181 for 90 days, and from 286 on.
	if diff := cmp.Diff([]int{272, 279, 285}, anew); diff != "" || stops != 91+34 || notes != 2 {
		t.Errorf("stopped in %d nights, %d of them noted; warned anew (-want +got):\n%s", stops, notes, diff)
	}
}

// A stop that waits for people stands while they are asked about it. Where for weeks nobody could tell whether the
// account is used, and nobody was asked, its person is warned anew.
func TestAStopOfWhichNobodyCouldTellForWeeksIsToldAnew(t *testing.T) {
	begin := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	for last, want := range map[int]idle.Action{184: idle.Stop, 220: idle.Warn} { // the last night of which nobody can tell
		var m idle.Memory
		for night := 1; night <= last+1; night++ {
			j, err := idle.NewJudge(ladder(), idle.Directory{}, begin.Add(time.Duration(night)*day))
			if err != nil {
				t.Fatal(err)
			}
			a := since()(night)
			if night > 182 && night <= last {
				a.Unreadable = []string{"the sessions"}
			}
			d := j.Decide(&a, m)
			if night == 182 && d.Action != idle.Stop {
				t.Fatalf("night 182: %q, want a stop", d.Action)
			}
			if night == last+1 && d.Action != want {
				t.Errorf("unreadable until night %d: %q in the next, want %q", last, d.Action, want)
			}
			m = d.Next
		}
	}
}

// The account is in use again where somebody has used it, and not where it has only got a new way to
// sign in, or where a use of long ago counts that did not before: then the day has moved.
func TestOnlyUseEndsWarnings(t *testing.T) {
	warned := idle.Memory{Told: []time.Duration{14 * day}, From: ago(170), Stop: ago(-10), Begun: ago(4).Truncate(day)}
	never := account(idle.Credential{Kind: idle.Email, Created: ago(170)})
	never.Created = ago(170)
	old := account(used(idle.Google, ago(170)))
	invited := idle.Credential{Kind: idle.SAML, Created: ago(1)}
	for name, test := range map[string]struct {
		account      idle.Account
		add          idle.Credential
		ended, moved bool
	}{
		"never used, a new credential":  {never, invited, false, true},
		"never used, used for once":     {never, used(idle.SAML, ago(1)), true, false},
		"used on the day of the first":  {never, used(idle.SAML, ago(4)), true, false},
		"used long ago, a new way in":   {old, invited, false, false},
		"used long ago, and used again": {old, used(idle.SAML, ago(1)), true, false},
		"used before the warnings":      {old, used(idle.Embed, ago(60)), false, true},
	} {
		a := test.account
		a.Credentials = append(slices.Clone(a.Credentials), test.add)
		d := judge(t, ladder(), idle.Directory{}).Decide(&a, warned)
		if d.Ended != test.ended || d.Moved != test.moved || d.Void {
			t.Errorf("%s: ended %t, moved %t, void %t", name, d.Ended, d.Moved, d.Void)
		}
		if stands := len(d.Next.Told) == 1; stands == (test.ended || test.moved) {
			t.Errorf("%s: remembered %+v", name, d.Next)
		}
	}
}
