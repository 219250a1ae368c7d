package idle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestSummary(t *testing.T) {
	r := rule()
	r.Warn, r.Seats = []time.Duration{14 * day}, 300
	r.Spare.Roles = []string{"Admin"}
	j := judge(t, r, idle.Directory{})
	run := j.NewRun()
	at := func(id string, days int, roles ...string) idle.Account {
		a := account(used(idle.Google, ago(days)))
		a.ID, a.Email, a.Roles = id, id+"@example.com", roles
		return a
	}
	warned := idle.Memory{Told: []time.Duration{14 * day}, From: ago(200), Stop: ago(1)}
	for _, c := range []struct {
		a idle.Account
		m idle.Memory
	}{
		{a: at("working", 1, "User", "Developer", "User")},
		{a: at("soon", 160, "User")},
		{a: at("tomorrow", 179, "User")},
		{a: at("idle", 200, "User"), m: warned},
		{a: at("fresh", 200, "User")},
		{a: at("back", 2, "User"), m: warned},
		{a: with(at("chief", 400, "Admin"), func(a *idle.Account) { a.Administers = true })},
		{a: with(at("gone", 400, "User"), func(a *idle.Account) { a.Disabled, a.Administers = true, true })},
		{a: with(at("us", 1, "Admin"), func(a *idle.Account) { a.Self, a.Service, a.Administers = true, true, true })},
		{a: with(at("support", 300), func(a *idle.Account) { a.Staff, a.Administers = true, true })},
		{a: with(at("robot", 0), func(a *idle.Account) { a.Credentials = []idle.Credential{used(idle.API3, time.Time{})} })},
		{a: with(at("new", 0, "User"), func(a *idle.Account) { a.Created, a.Credentials = ago(40), []idle.Credential{{Kind: idle.Email}} })},
	} {
		run.Add(&c.a, j.Decide(&c.a, c.m))
	}
	entry := func(id string, days int, role string, at time.Time) idle.Entry {
		return idle.Entry{ID: id, Email: id + "@example.com", Roles: []string{role}, Last: idle.Activity{At: ago(days), By: idle.Google}, At: at}
	}
	want := idle.Summary{
		At: tonight, Total: 12, Enabled: 11, Disabled: 1, Active: 5, Idle: 2, NeverSignedIn: 2, Staff: 1, ServiceAccounts: 1,
		Spared:   map[idle.Reason]int{idle.IsSelf: 1, idle.IsStaff: 1, idle.SparedRole: 1},
		Unknown:  map[idle.Reason]int{idle.HasAPIKey: 1},
		Doubtful: []idle.Entry{{ID: "robot", Email: "robot@example.com", At: ago(900), Why: idle.HasAPIKey}},
		Roles: []idle.RoleCount{
			{Name: "Admin", Enabled: 2, Active: 1},
			{Name: "Developer", Enabled: 1, Active: 1},
			{Name: "User", Enabled: 7, Active: 4},
		},
		Seats:  idle.Seats{Used: 9, Contract: 300},
		Warned: map[string]int{"336h0m0s": 2}, Stops: 1, Ended: 1,
		Stopping: []idle.Entry{entry("idle", 200, "User", ago(200))},
		Forecast: idle.Forecast{Total: 2, Named: []idle.Entry{
			entry("tomorrow", 179, "User", ago(-14)), entry("soon", 160, "User", ago(-20)),
		}},
	}
	want.Forecast.Days[14], want.Forecast.Days[20] = 1, 1
	got := run.Summary()
	if len(got.Plan) != 32 {
		t.Errorf("plan %q", got.Plan)
	}
	want.Plan = got.Plan
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	census := idle.Census{At: tonight, Total: 12, Enabled: 11, Used: 10, Active: 5, Falling: make([]int, 21), Self: true, Admins: []string{"chief@example.com"}}
	census.Falling[1], census.Falling[20] = 1, 1 // one of them is stopped later than that, as it was not warned
	if diff := cmp.Diff(census, run.Census()); diff != "" {
		t.Errorf("census (-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(got); err != nil || !strings.Contains(string(text), `"never_signed_in":2`) {
		t.Errorf("as JSON: %s, %v", text, err)
	}
	got.Warned["336h0m0s"] = 99
	if run.Summary().Warned["336h0m0s"] != 2 {
		t.Error("who changes a summary changes the run")
	}
}

// The forecast is of the next 30 days: who falls idle in the last hour of them is in it, who does at their
// end is not.
func TestTheForecastEndsAfterThirtyDays(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	run := j.NewRun()
	for id, at := range map[string]time.Time{"last": ago(150).Add(-time.Hour), "later": ago(150)} {
		a := account(used(idle.Google, at))
		a.ID = id
		run.Add(&a, j.Decide(&a, idle.Memory{}))
	}
	got := run.Summary().Forecast
	if got.Total != 1 || got.Days[29] != 1 || len(got.Named) != 1 || got.Named[0].ID != "last" {
		t.Errorf("got %+v", got)
	}
}

func TestAPlanNamesExactlyWhoIsStopped(t *testing.T) {
	j := judge(t, rule(), idle.Directory{})
	plan := func(ids ...string) string {
		run := j.NewRun()
		for _, id := range ids {
			a := account(used(idle.Google, ago(200)))
			a.ID = id
			run.Add(&a, j.Decide(&a, idle.Memory{}))
			active := account(used(idle.Google, ago(2)))
			run.Add(&active, j.Decide(&active, idle.Memory{}))
		}
		return run.Summary().Plan
	}
	first, again := plan("1", "2"), plan("1", "2")
	if first != again || plan() != "" {
		t.Error("one plan has two names, or none has one")
	}
	for _, other := range []string{plan("1"), plan("2", "1"), plan("1", "2", "3"), plan("12"), plan("1", "3")} {
		if other == first {
			t.Error("two plans have one name")
		}
	}
}

func TestDoubts(t *testing.T) {
	before := &idle.Census{At: ago(1), Total: 100, Enabled: 90, Used: 80, Active: 60, Self: true}
	falling := func(ahead, count int) *idle.Census {
		c := *before
		c.Falling = make([]int, ahead+1)
		c.Falling[ahead] = count
		return &c
	}
	tests := map[string]struct {
		now    idle.Census
		before *idle.Census
		want   []idle.Doubt
	}{
		"the first listing":            {idle.Census{At: tonight, Total: 1, Self: true}, nil, nil},
		"as before":                    {idle.Census{At: tonight, Total: 100, Used: 80, Active: 60, Self: true}, before, nil},
		"some are gone":                {idle.Census{At: tonight, Total: 51, Used: 41, Active: 31, Self: true}, before, nil},
		"nobody":                       {idle.Census{At: tonight}, before, []idle.Doubt{idle.Nobody}},
		"nobody, at first":             {idle.Census{At: tonight}, nil, []idle.Doubt{idle.Nobody}},
		"without ourselves":            {idle.Census{At: tonight, Total: 99, Used: 80, Active: 60}, before, []idle.Doubt{idle.WithoutSelf}},
		"without ourselves, at first":  {idle.Census{At: tonight, Total: 99}, nil, []idle.Doubt{idle.WithoutSelf}},
		"half of all":                  {idle.Census{At: tonight, Total: 50, Used: 80, Active: 60, Self: true}, before, []idle.Doubt{idle.Shrunk}},
		"dates are gone":               {idle.Census{At: tonight, Total: 100, Used: 40, Active: 31, Self: true}, before, []idle.Doubt{idle.Undated}},
		"everybody sleeps":             {idle.Census{At: tonight, Total: 100, Used: 80, Active: 30, Self: true}, before, []idle.Doubt{idle.Deserted}},
		"everybody slept for a week":   {idle.Census{At: ago(-6), Total: 100, Used: 80, Active: 30, Self: true}, before, nil},
		"many stop who began together": {idle.Census{At: tonight, Total: 100, Used: 80, Active: 30, Self: true}, falling(1, 28), nil},
		"more than who were to stop":   {idle.Census{At: tonight, Total: 100, Used: 80, Active: 15, Self: true}, falling(0, 28), []idle.Doubt{idle.Deserted}},
		"many are to stop later":       {idle.Census{At: tonight, Total: 100, Used: 80, Active: 30, Self: true}, falling(2, 28), []idle.Doubt{idle.Deserted}},
		"everything at once":           {idle.Census{At: tonight, Total: 10}, before, []idle.Doubt{idle.WithoutSelf, idle.Shrunk, idle.Undated, idle.Deserted}},
		"a few people, one is gone":    {idle.Census{At: tonight, Total: 1, Used: 1, Self: true}, &idle.Census{Total: 2, Used: 2, Active: 2}, nil},
		"a team that was set up falls": {idle.Census{At: tonight, Total: 19, Used: 19, Self: true}, &idle.Census{At: ago(1), Total: 19, Used: 19, Active: 19}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.now.Doubts(test.before)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Half of the active people do not vanish behind accounts that nobody has ever used: those fall idle
// too, and were never among the active.
func TestOnlyTheActiveCanFallOutOfThem(t *testing.T) {
	r := rule()
	census := func(now time.Time, active int) idle.Census {
		j, err := idle.NewJudge(r, idle.Directory{}, now)
		if err != nil {
			t.Fatal(err)
		}
		run := j.NewRun()
		add := func(a idle.Account) { run.Add(&a, j.Decide(&a, idle.Memory{})) }
		add(idle.Account{ID: "1", Self: true})
		for i := range 60 {
			last := now.Add(-day)
			if i >= active {
				last = now.Add(-300 * day)
			}
			add(account(used(idle.Google, last)))
		}
		for range 50 { // made together, and idle from tomorrow on
			made := tonight.Add(-r.After + day/2)
			a := account(idle.Credential{Kind: idle.Google, Created: made})
			a.Created = made
			add(a)
		}
		return run.Census()
	}
	before := census(tonight, 60)
	for active, want := range map[int][]idle.Doubt{60: nil, 31: nil, 30: {idle.Deserted}, 10: {idle.Deserted}} {
		if diff := cmp.Diff(want, census(tonight.Add(day), active).Doubts(&before)); diff != "" {
			t.Errorf("%d of 60 are active (-want +got):\n%s", active, diff)
		}
	}
}

func TestListingsAreEqual(t *testing.T) {
	one := idle.Census{At: tonight, Total: 9, Enabled: 8, Used: 7, Active: 6, Falling: []int{1}, Self: true, Admins: []string{"a@example.com"}}
	if !one.Equal(one) {
		t.Error("a listing is not itself")
	}
	for name, change := range map[string]func(*idle.Census){
		"at": func(c *idle.Census) { c.At = ago(1) }, "total": func(c *idle.Census) { c.Total++ }, "enabled": func(c *idle.Census) { c.Enabled++ },
		"used": func(c *idle.Census) { c.Used++ }, "active": func(c *idle.Census) { c.Active++ }, "self": func(c *idle.Census) { c.Self = false },
		"falling": func(c *idle.Census) { c.Falling = []int{2} }, "admins": func(c *idle.Census) { c.Admins = nil },
	} {
		other := one
		if change(&other); one.Equal(other) {
			t.Errorf("%s: different listings are equal", name)
		}
	}
}

func TestCheckClock(t *testing.T) {
	for name, test := range map[string]struct {
		theirs time.Time
		ok     bool
	}{
		"the same":            {tonight, true},
		"a minute ahead":      {tonight.Add(time.Minute), true},
		"a minute behind":     {tonight.Add(-time.Minute), true},
		"more than that":      {tonight.Add(time.Minute + time.Second), false},
		"more than that back": {tonight.Add(-time.Minute - time.Second), false},
		"another time zone":   {tonight.In(time.FixedZone("", 9*3600)), true},
		"years apart":         {tonight.AddDate(-300, 0, 0), false},
		"none":                {time.Time{}, false},
	} {
		if err := idle.CheckClock(tonight, test.theirs); (err == nil) != test.ok || err != nil && !errors.Is(err, idle.ErrClock) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What two attempts of a night have done counts together, and whom neither could tell is named once.
func TestASummaryAfterAnEarlierAttempt(t *testing.T) {
	a, b := idle.Entry{ID: "a", At: ago(1)}, idle.Entry{ID: "b", At: ago(2)}
	earlier := idle.Summary{At: ago(1), Total: 9, Warned: map[string]int{"24h0m0s": 2, "168h0m0s": 1}, Ended: 1, Begun: 3, Stops: 7, Untold: []idle.Entry{a}}
	later := idle.Summary{At: tonight, Total: 8, Warned: map[string]int{"24h0m0s": 1}, Ended: 2, Begun: 1, Stops: 5, Untold: []idle.Entry{a, b}}
	want := idle.Summary{At: tonight, Total: 8, Warned: map[string]int{"24h0m0s": 3, "168h0m0s": 1}, Ended: 3, Begun: 4, Stops: 5, Untold: []idle.Entry{b, a}}
	if diff := cmp.Diff(want, later.After(earlier)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if earlier.Warned["24h0m0s"] != 2 || later.Warned["24h0m0s"] != 1 {
		t.Error("what is counted together is changed by it")
	}
	if got := later.After(idle.Summary{}); got.Ended != 2 || got.Warned["24h0m0s"] != 1 {
		t.Errorf("after nothing: %+v", got)
	}
}

// many makes accounts as a company has them, in the same memory each time.
func many(visit func(n int, a *idle.Account), n int) {
	a := account(
		used(idle.Email, time.Time{}), used(idle.Google, time.Time{}), used(idle.SAML, time.Time{}),
		used(idle.Embed, time.Time{}), used(idle.TOTP, time.Time{}),
	)
	a.Sessions = make([]idle.Session, 1)
	emails, ids := make([]string, 1_000), make([]string, 1_000)
	for i := range emails {
		emails[i], ids[i] = fmt.Sprintf("Person.%d@example.com", i), fmt.Sprint(i)
	}
	roles := [][]string{{"User"}, {"User", "Developer"}, {"Admin"}}
	for i := range n {
		a.ID, a.Email, a.Roles = ids[i%1_000], emails[i%1_000], roles[i%3]
		a.Credentials[1].Used = ago(i * 7 % 400)
		a.Sessions[0].Begun = ago(i * 7 % 400)
		a.Self = i == 0
		visit(i, &a)
	}
}

func manyJudge(t testing.TB) *idle.Judge {
	r := rule()
	r.Mode, r.Warn = change.Ask, []time.Duration{14 * day, 7 * day, day}
	r.Spare = idle.Spare{Emails: []string{"ceo@example.com"}, Roles: []string{"Admin"}, Groups: []string{"exec@example.com"}}
	return judge(t, r, idle.Directory{
		Groups:  map[string][]string{"exec@example.com": {"chief@example.com"}},
		Aliases: map[string]string{"boss@example.com": "ceo@example.com"},
	})
}

func TestAMillionAccountsTakeNoMoreMemoryThanAFew(t *testing.T) {
	n := 100_000
	if os.Getenv("SEKISHO_LONG") != "" {
		n = 1_000_000
	}
	j := manyJudge(t)
	run := j.NewRun()
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	many(func(_ int, a *idle.Account) { run.Add(a, j.Decide(a, idle.Memory{})) }, n)
	if after := held(); after > before+1<<20 {
		t.Errorf("holds %d KiB more after %d accounts", (after-before)>>10, n)
	}
	if s := run.Summary(); s.Total != n || len(s.Forecast.Named) != 100 || !slices.IsSortedFunc(s.Forecast.Named, func(a, b idle.Entry) int { return a.At.Compare(b.At) }) {
		t.Errorf("%d accounts, %d named", s.Total, len(s.Forecast.Named))
	}
}

// BenchmarkDecide reports accounts per second on one core, decided and counted. The goal is
// 200,000.
func BenchmarkDecide(b *testing.B) {
	j := manyJudge(b)
	run := j.NewRun()
	b.ReportAllocs()
	b.ResetTimer()
	many(func(_ int, a *idle.Account) { run.Add(a, j.Decide(a, idle.Memory{})) }, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
}
