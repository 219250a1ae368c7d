package idle_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

const day = 24 * time.Hour

// tonight is when the tests judge.
var tonight = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// ago is that many days before tonight.
func ago(days int) time.Time { return tonight.Add(-time.Duration(days) * day) }

// rule stops after 180 days, without warnings.
func rule() idle.Rule {
	return idle.Rule{After: 180 * day, Mode: change.Auto, Grace: 30 * day}
}

func judge(t testing.TB, r idle.Rule, d idle.Directory) *idle.Judge {
	t.Helper()
	j, err := idle.NewJudge(r, d, tonight)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// account is somebody's, made long ago, with these credentials.
func account(credentials ...idle.Credential) idle.Account {
	return idle.Account{ID: "7", Email: "yui@example.com", Created: ago(900), Credentials: credentials}
}

func used(kind idle.Kind, at time.Time) idle.Credential {
	return idle.Credential{Kind: kind, Used: at, Created: ago(900)}
}

func with(a idle.Account, change func(*idle.Account)) idle.Account {
	change(&a)
	return a
}

func TestVerdicts(t *testing.T) {
	long := used(idle.Google, ago(200))
	tests := map[string]struct {
		account idle.Account
		memory  idle.Memory
		verdict idle.Verdict
		why     idle.Reason
		action  idle.Action
	}{
		"used long ago":               {account: account(long), verdict: idle.Idle, action: idle.Stop},
		"used lately":                 {account: account(used(idle.Google, ago(3))), verdict: idle.Active},
		"used to the hour in time":    {account: account(used(idle.Google, ago(180).Add(time.Second))), verdict: idle.Active},
		"used to the hour too late":   {account: account(used(idle.Google, ago(180))), verdict: idle.Idle, action: idle.Stop},
		"used tomorrow":               {account: account(used(idle.Google, ago(-1))), verdict: idle.Active},
		"never used, made long ago":   {account: account(used(idle.Email, time.Time{})), verdict: idle.Idle, action: idle.Stop},
		"never used, made lately":     {account: with(account(idle.Credential{Kind: idle.Email, Created: ago(60)}), func(a *idle.Account) { a.Created = ago(60) }), verdict: idle.Active},
		"stopped already":             {account: with(account(long), func(a *idle.Account) { a.Disabled = true }), verdict: idle.Disabled},
		"a credential without effect": {account: account(idle.Credential{Kind: idle.SAML, Used: ago(200), Disabled: true}), verdict: idle.Idle, action: idle.Stop},

		"used lately by a credential that is closed since": {
			account: account(long, idle.Credential{Kind: idle.SAML, Used: ago(5), Disabled: true}), verdict: idle.Active,
		},

		"ours":                {account: with(account(long), func(a *idle.Account) { a.Self = true }), verdict: idle.Spared, why: idle.IsSelf},
		"the vendor's":        {account: with(account(long), func(a *idle.Account) { a.Staff = true }), verdict: idle.Spared, why: idle.IsStaff},
		"a program's":         {account: with(account(long), func(a *idle.Account) { a.Service = true }), verdict: idle.Spared, why: idle.IsService},
		"the administrator's": {account: with(account(long), func(a *idle.Account) { a.Super = true }), verdict: idle.Spared, why: idle.IsSuper},
		"a person of policy":  {account: with(account(long), func(a *idle.Account) { a.Email = "CEO@Example.com" }), verdict: idle.Spared, why: idle.SparedEmail},
		"by another address":  {account: with(account(long), func(a *idle.Account) { a.Email = "boss@example.com" }), verdict: idle.Spared, why: idle.SparedEmail},
		"a role of policy":    {account: with(account(long), func(a *idle.Account) { a.Roles = []string{"User", "admin"} }), verdict: idle.Spared, why: idle.SparedRole},
		"its name in the system, which has capitals": {
			account: with(account(long), func(a *idle.Account) { a.Roles = []string{"User", "Admin"} }), verdict: idle.Spared, why: idle.SparedRole,
		},
		"a group of policy":    {account: with(account(long), func(a *idle.Account) { a.Email = "Grace@example.com" }), verdict: idle.Spared, why: idle.SparedGroup},
		"a group, by an alias": {account: with(account(long), func(a *idle.Account) { a.Email = "g.hopper@example.com" }), verdict: idle.Spared, why: idle.SparedGroup},
		"kept by people":       {account: account(long), memory: idle.Memory{Kept: ago(-1)}, verdict: idle.Spared, why: idle.KeptByPeople},
		"kept until tonight":   {account: account(long), memory: idle.Memory{Kept: tonight}, verdict: idle.Idle, action: idle.Stop},
		"given back lately":    {account: account(long), memory: idle.Memory{}.Revive(ago(10)), verdict: idle.Active},
		"given back long ago":  {account: account(long), memory: idle.Memory{}.Revive(ago(190)), verdict: idle.Idle, action: idle.Stop},
		"younger than the grace": {
			account: account(idle.Credential{Kind: idle.Email, Created: ago(29)}), verdict: idle.Spared, why: idle.TooYoung,
		},
		"an old account with a new way in": {
			account: account(long, idle.Credential{Kind: idle.SAML, Created: ago(2)}), verdict: idle.Spared, why: idle.TooYoung,
		},

		"an API key alone":               {account: account(used(idle.API3, time.Time{})), verdict: idle.Unknown, why: idle.HasAPIKey},
		"an API key beside an old login": {account: account(long, used(idle.API3, time.Time{})), verdict: idle.Unknown, why: idle.HasAPIKey},
		"an API key beside a new login":  {account: account(used(idle.Google, ago(3)), used(idle.API3, time.Time{})), verdict: idle.Active},
		"an API key that is closed": {
			account: account(long, idle.Credential{Kind: idle.API3, Disabled: true}), verdict: idle.Idle, action: idle.Stop,
		},
		"a second factor alone":                 {account: account(used(idle.TOTP, time.Time{})), verdict: idle.Unknown, why: idle.NoSuchDate},
		"no credential":                         {account: account(), verdict: idle.Unknown, why: idle.NoSuchDate},
		"the vendor's way in alone":             {account: account(used(idle.LookerOpenID, ago(200))), verdict: idle.Unknown, why: idle.NoSuchDate},
		"the vendor's way in is no use":         {account: account(long, used(idle.LookerOpenID, ago(1))), verdict: idle.Idle, action: idle.Stop},
		"a kind nobody knows, used":             {account: account(used("carrier pigeon", ago(3))), verdict: idle.Active},
		"a kind nobody knows, used long ago":    {account: account(used("carrier pigeon", ago(200))), verdict: idle.Idle, action: idle.Stop},
		"a kind nobody knows, without a date":   {account: account(long, used("carrier pigeon", time.Time{})), verdict: idle.Unknown, why: idle.NoSuchDate},
		"a date that cannot be read":            {account: account(long, idle.Credential{Kind: idle.SAML, Unreadable: true}), verdict: idle.Unknown, why: idle.IsUnreadable},
		"another that can, and is new":          {account: account(used(idle.Google, ago(3)), idle.Credential{Kind: idle.SAML, Unreadable: true}), verdict: idle.Active},
		"something else that cannot be read":    {account: with(account(long), func(a *idle.Account) { a.Unreadable = []string{"the roles"} }), verdict: idle.Unknown, why: idle.IsUnreadable},
		"a session that cannot be read":         {account: with(account(long), func(a *idle.Account) { a.Sessions = []idle.Session{{Unreadable: true}} }), verdict: idle.Unknown, why: idle.IsUnreadable},
		"no address":                            {account: with(account(long), func(a *idle.Account) { a.Email = " " }), verdict: idle.Unknown, why: idle.NoAddress},
		"no id":                                 {account: with(account(long), func(a *idle.Account) { a.ID = "" }), verdict: idle.Unknown, why: idle.NoID},
		"no date of any kind":                   {account: idle.Account{ID: "7", Email: "a@example.com", Credentials: []idle.Credential{{Kind: idle.Email}}}, verdict: idle.Unknown, why: idle.NoDateAtAll},
		"no date any more":                      {account: idle.Account{ID: "7", Email: "a@example.com", Credentials: []idle.Credential{{Kind: idle.Email}}}, memory: idle.Memory{Active: ago(300)}, verdict: idle.Unknown, why: idle.NoDateAtAll},
		"no date any more, seen lately":         {account: idle.Account{ID: "7", Email: "a@example.com", Credentials: []idle.Credential{{Kind: idle.Email}}}, memory: idle.Memory{Active: ago(30)}, verdict: idle.Active},
		"a session of today":                    {account: with(account(long), func(a *idle.Account) { a.Sessions = []idle.Session{{Begun: ago(0)}} }), verdict: idle.Active},
		"an old session, prolonged":             {account: with(account(long), func(a *idle.Account) { a.Sessions = []idle.Session{{Begun: ago(190), Extended: ago(2)}} }), verdict: idle.Active},
		"a session of somebody else as them":    {account: with(account(long), func(a *idle.Account) { a.Sessions = []idle.Session{{Begun: ago(0), Sudo: true}} }), verdict: idle.Idle, action: idle.Stop},
		"a session of the vendor's":             {account: with(account(long), func(a *idle.Account) { a.Sessions = []idle.Session{{Begun: ago(0), Kind: idle.LookerOpenID}} }), verdict: idle.Idle, action: idle.Stop},
		"embedded content of today":             {account: account(long, used(idle.Embed, ago(0))), verdict: idle.Active},
		"a session seen on an earlier night":    {account: account(long), memory: idle.Memory{Active: ago(100)}, verdict: idle.Active},
		"spared comes before what is not known": {account: with(account(), func(a *idle.Account) { a.Self = true }), verdict: idle.Spared, why: idle.IsSelf},
	}
	r := rule()
	r.Spare = idle.Spare{Emails: []string{"ceo@example.com"}, Roles: []string{"Admin"}, Groups: []string{"Exec@example.com"}}
	j := judge(t, r, idle.Directory{
		Groups:  map[string][]string{"exec@example.com": {"grace@example.com"}},
		Aliases: map[string]string{"Boss@example.com": "ceo@example.com", "g.hopper@example.com": "grace@example.com"},
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := j.Decide(&test.account, test.memory)
			if d.Verdict != test.verdict || d.Why != test.why || d.Action != test.action {
				t.Errorf("got %s %q %q, want %s %q %q", d.Verdict, d.Why, d.Action, test.verdict, test.why, test.action)
			}
		})
	}
}

func TestEmbeddedContentCountsAsPolicySays(t *testing.T) {
	r := rule()
	r.IgnoreEmbed = true
	j := judge(t, r, idle.Directory{})
	both := account(used(idle.Google, ago(200)), used(idle.Embed, ago(1)))
	both.Sessions = []idle.Session{{Begun: ago(1), Kind: idle.Embed}}
	if d := j.Decide(&both, idle.Memory{}); d.Action != idle.Stop {
		t.Errorf("got %s %s", d.Verdict, d.Action)
	}
	alone := account(used(idle.Embed, ago(1)))
	if d := j.Decide(&alone, idle.Memory{}); d.Why != idle.NoSuchDate {
		t.Errorf("an account for embedded content alone: got %s %q", d.Verdict, d.Why)
	}
}

// A public script compared the wrong way round and disabled everybody who was at work.
func TestTheScriptThatDisabledTheActive(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	working, gone := account(used(idle.Email, ago(1))), account(used(idle.Email, ago(400)))
	if d := j.Decide(&working, idle.Memory{}); d.Action != idle.Leave || d.Verdict != idle.Active {
		t.Errorf("who signed in yesterday: got %s %q", d.Verdict, d.Action)
	}
	if d := j.Decide(&gone, idle.Memory{}); d.Action != idle.Stop {
		t.Errorf("who has not for a year: got %s %q", d.Verdict, d.Action)
	}
}

// The same script read the minutes of a date as its month, so that a sign-in of this November
// at five past counted as one of May. The other half of this test is where dates are read, in
// the adapter of each system.
func TestTheScriptThatTookMinutesForMonths(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	for minute := range 60 {
		at := time.Date(2026, 11, 20, 9, minute, 0, 0, time.UTC)
		a := account(used(idle.Email, at))
		if d := j.Decide(&a, idle.Memory{}); d.Verdict != idle.Active || !d.Since.Equal(at) {
			t.Errorf("a sign-in at minute %d: got %s since %s", minute, d.Verdict, d.Since)
		}
	}
}

// Two scripts looked at one kind of credential only, and one of them took everybody without it
// for idle.
func TestTheScriptsThatKnewOneKindOfCredential(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	kinds := []idle.Kind{idle.Email, idle.Google, idle.LDAP, idle.SAML, idle.OIDC, idle.Workforce, idle.Embed}
	for _, kind := range kinds {
		var all []idle.Credential
		for _, other := range kinds {
			c := used(other, ago(300))
			if other == kind {
				c.Used = ago(2)
			}
			all = append(all, c)
		}
		several, alone := account(all...), account(used(kind, ago(2)))
		for name, a := range map[string]idle.Account{"among others": several, "alone": alone} {
			d := j.Decide(&a, idle.Memory{})
			if d.Verdict != idle.Active || d.Last != (idle.Activity{At: ago(2), By: kind}) {
				t.Errorf("%s %s: got %s, last %+v", kind, name, d.Verdict, d.Last)
			}
		}
	}
}

func TestACredentialThatWasNeverUsedCountsFromItsDay(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	for _, kind := range []idle.Kind{idle.Email, idle.Google, idle.LDAP, idle.SAML, idle.OIDC, idle.Workforce, idle.Embed} {
		a := account(idle.Credential{Kind: kind, Created: ago(181)})
		a.Created = time.Time{}
		if d := j.Decide(&a, idle.Memory{}); d.Action != idle.Stop || !d.Since.Equal(ago(181)) || !d.Last.At.IsZero() {
			t.Errorf("%s: got %s %q since %s", kind, d.Verdict, d.Why, d.Since)
		}
	}
}

func TestOnlyTheModesThatActDoAnything(t *testing.T) {
	a := account(used(idle.Google, ago(200)))
	for mode, want := range map[change.Mode]idle.Action{
		change.Auto: idle.Stop, change.Ask: idle.Stop, change.Report: idle.Report, "": idle.Report, "AUTO": idle.Report,
	} {
		r := rule()
		r.Mode = mode
		if d := judge(t, r, idle.Directory{}).Decide(&a, idle.Memory{}); d.Action != want {
			t.Errorf("mode %q: got %q, want %q", mode, d.Action, want)
		}
	}
	r := rule()
	r.Mode, r.Warn = change.Report, []time.Duration{14 * day}
	if d := judge(t, r, idle.Directory{}).Decide(&a, idle.Memory{}); d.Action != idle.Report || d.Remember {
		t.Errorf("nobody is warned in mode report: got %q", d.Action)
	}
}

func TestWhatAJudgeHasToKnow(t *testing.T) {
	r := rule()
	r.Spare.Groups = []string{"exec@example.com", "board@example.com"}
	if _, err := idle.NewJudge(r, idle.Directory{Groups: map[string][]string{"exec@example.com": nil}}, tonight); !errors.Is(err, idle.ErrGroupUnread) {
		t.Errorf("a group that was not read: got %v", err)
	}
	if _, err := idle.NewJudge(r, idle.Directory{Groups: map[string][]string{"exec@example.com": nil, "Board@example.com": {}}}, tonight); err != nil {
		t.Errorf("groups without members: got %v", err)
	}
	for name, broken := range map[string]idle.Rule{
		"no rule at all":            {},
		"a time below nothing":      {After: -day},
		"a warning at the sign-in":  {After: 14 * day, Warn: []time.Duration{14 * day}},
		"a warning before it":       {After: 14 * day, Warn: []time.Duration{day, 15 * day}},
		"a warning after the stop":  {After: 14 * day, Warn: []time.Duration{-day}},
		"a warning with the stop":   {After: 14 * day, Warn: []time.Duration{0}},
		"a warning of no kind, too": {After: 14 * day, Warn: []time.Duration{7 * day, 0}},
	} {
		if _, err := idle.NewJudge(broken, idle.Directory{}, tonight); !errors.Is(err, idle.ErrRule) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLastUse(t *testing.T) {
	sure := account(used(idle.Google, ago(200)), used(idle.Email, time.Time{}))
	if got, certain := sure.LastUse(false); got != (idle.Activity{At: ago(200), By: idle.Google}) || !certain {
		t.Errorf("got %+v, %t", got, certain)
	}
	unsure := account(used(idle.Google, ago(200)), used(idle.API3, time.Time{}))
	if got, certain := unsure.LastUse(false); got.At != ago(200) || certain {
		t.Errorf("with an API key: got %+v, %t", got, certain)
	}
}

func TestOffersAndModesOfRequests(t *testing.T) {
	r := idle.RequestRule{
		Roles: []string{"User", "Developer"}, Default: "Developer", Mode: change.Ask,
		RolesFor: map[string][]change.Selector{"Modeller": {"group:data@example.com"}, "Admin": {"group:bi@example.com"}, "User": {"group:data@example.com"}},
		AutoFor:  []change.Selector{"group:data@example.com"},
	}
	data, nobody := []change.Selector{"group:data@example.com"}, []change.Selector(nil)
	if diff := cmp.Diff([]string{"Developer", "User"}, r.Offers(nobody)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Developer", "User", "Modeller"}, r.Offers(data)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := r.ModeFor(nobody); got != change.Ask {
		t.Errorf("got %s", got)
	}
	if got := r.ModeFor(data); got != change.Auto {
		t.Errorf("got %s", got)
	}
	r.Mode = ""
	if got := r.ModeFor(nobody); got != change.Report {
		t.Errorf("without a mode: got %s", got)
	}
}

// A letter that only becomes one of an address in lower case, such as the sign of Kelvin, makes another
// address: nobody is spared by looking like somebody who is.
func TestLookingLikeSomebodySparesNobody(t *testing.T) {
	r := rule()
	r.Spare.Emails = []string{"ken@example.com"}
	for email, want := range map[string]bool{"ken@example.com": true, "KEN@Example.com": true, "\u212Aen@example.com": false} {
		a := account(used(idle.Google, ago(400)))
		a.Email = email
		if d := judge(t, r, idle.Directory{}).Decide(&a, idle.Memory{}); (d.Verdict == idle.Spared) != want {
			t.Errorf("%s is %s, want spared to be %t", email, d.Verdict, want)
		}
	}
}
