package world

import (
	"context"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestRatesWithinAQuota(t *testing.T) {
	for _, test := range []struct {
		n            float64
		per          time.Duration
		even, bursts float64
	}{
		{40, time.Second, 40, 20},
		{2400, time.Minute, 40, 39},
		{1500, 100 * time.Second, 15, 14},
		{1, time.Second, 1, 1},
		{10, time.Minute, 1.0 / 6, 1.0 / 6},
	} {
		if got := evenly(test.n, test.per); math.Abs(got-test.even) > 1e-9 {
			t.Errorf("%v in %s, evenly: got %v, want %v", test.n, test.per, got, test.even)
		}
		rate := inBursts(test.n, test.per)
		if math.Abs(rate-test.bursts) > 1e-9 {
			t.Errorf("%v in %s, in bursts: got %v, want %v", test.n, test.per, rate, test.bursts)
		}
	}
}

// The queue of the Directory API is as fast as 2,400 calls in any minute let it be, with what it starts at
// once after a pause; that is more than 97 % of them.
func TestTheDirectoryIsReadAsFastAsGoogleGrants(t *testing.T) {
	const granted = 2400
	rate := Queues[event.QueueDirectory].Limits.Rate
	if most := inBursts(granted, time.Minute); rate != most || rate*60 < 0.97*granted {
		t.Errorf("%v tasks a second, want %v and at least 97 %% of %d a minute", rate, most, granted)
	}
}

func TestAQueueFollowsAQuotaThatIsLessThanUsual(t *testing.T) {
	company, err := org.Generate(60, 400, 50, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		api       string
		n         int
		per       time.Duration
		queue     string
		want      float64
		unchanged bool
	}{
		"a slower directory":        {api: "directory", n: 5, per: time.Second, queue: event.QueueDirectory, want: 5},
		"slower settings":           {api: "settings", n: 60, per: time.Minute, queue: event.QueueSettings, want: 1.0 / 3},
		"a faster directory":        {api: "directory", n: 400, per: time.Second, queue: event.QueueDirectory, unchanged: true},
		"a budget for a day":        {api: "settings", n: 100_000, per: 24 * time.Hour, queue: event.QueueSettings, unchanged: true},
		"an API without such queue": {api: "reports", n: 60, per: time.Minute, queue: event.QueueDirectory, unchanged: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := New(Options{Company: company, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if test.unchanged {
				test.want = Queues[test.queue].Limits.Rate
			}
			if err := w.SetQuota(context.Background(), test.api, test.n, test.per); err != nil {
				t.Fatal(err)
			}
			if got := w.queues[test.queue].Limits.Rate; math.Abs(got-test.want) > 1e-9 {
				t.Errorf("got a rate of %v, want %v", got, test.want)
			}
			if err := w.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			if _, refused := w.Calls.Count(test.api, ""); refused != 0 {
				t.Errorf("%d calls were refused for quota, want none", refused)
			}
		})
	}
}

// A quota of a day goes to the function that keeps to it, and to nobody else.
func TestTheCallsOfADayGoIntoTheConfiguration(t *testing.T) {
	w, err := New(Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, test := range []struct {
		api, function string
		n             int
	}{{"settings", "GroupSettings", 20}, {"directory", "GroupRefresh", 500}} {
		if err := w.SetQuota(context.Background(), test.api, test.n, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
		env, err := w.platform(w.instances[test.function])
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := env.Lookup("CALLS_PER_DAY"); got != strconv.Itoa(test.n) {
			t.Errorf("%s makes %q calls a day, want %d", test.function, got, test.n)
		}
	}
	if env, err := w.platform(w.instances["GroupWatch"]); err != nil {
		t.Fatal(err)
	} else if got, ok := env.Lookup("CALLS_PER_DAY"); ok {
		t.Errorf("GroupWatch makes %q calls a day", got)
	}
}
