package policy_test

import (
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/policy"
)

var (
	worlds = flag.Uint64("worlds", 400, "compare the engine with the oracle in so many random worlds")
	first  = flag.Uint64("first-world", 0, "begin with this one")
)

// TestTheEngineAnswersAsTheOracle asks both the same questions in many worlds: a few on every run of
// the tests, a million other ones every night (.github/workflows/nightly.yml). The long run takes
// about ten minutes of a processor:
//
//	go test ./shared/domain/policy -run Oracle -worlds 1000000 -timeout 1h
func TestTheEngineAnswersAsTheOracle(t *testing.T) {
	const workers = 2
	var differences atomic.Int64
	counts := make([]map[policy.Reason]int, workers)
	var wait sync.WaitGroup
	for i := range workers {
		counts[i] = map[policy.Reason]int{}
		wait.Go(func() {
			for n := *first + uint64(i); n < *first+*worlds; n += workers {
				for _, said := range compareWorld(t, n, counts[i]) {
					if differences.Add(1) <= 10 {
						t.Errorf("world %d: %s", n, said)
					}
				}
			}
		})
	}
	wait.Wait()
	total := map[policy.Reason]int{}
	asked := 0
	for _, c := range counts {
		for reason, n := range c {
			total[reason] += n
			asked += n
		}
	}
	t.Logf("%d differences in %d answers of %d worlds: %v", differences.Load(), asked, *worlds, total)
	for _, reason := range []policy.Reason{
		policy.Allowed, policy.Administrator, policy.Denied, policy.NotAllowed, policy.Unknown, policy.Suspended, policy.NothingAsked,
	} {
		if total[reason]*200 < asked && *worlds > 100 {
			t.Errorf("%d of %d answers are %q: the worlds do not try it often enough", total[reason], asked, reason)
		}
	}
}

// compareWorld returns what differs in one world.
func compareWorld(t *testing.T, seed uint64, counts map[policy.Reason]int) []string {
	w := newWorld(t, seed)
	e, err := policy.Compile(w.model, w.people)
	if err != nil {
		return []string{err.Error()}
	}
	o := oracle{w}
	var out []string
	for i, q := range w.requests {
		got := e.Decide(q)
		counts[got.Reason]++
		if want := o.allowed(q); got.Allowed != want {
			out = append(out, fmt.Sprintf("request %d: got %v (%s), want %t\n%+v", i, got.Allowed, got, want, q))
		}
		if i == 0 {
			if wrong := checkExplanation(e.Explain(q), got); wrong != "" {
				out = append(out, fmt.Sprintf("request %d: %s\n%s", i, wrong, e.Explain(q)))
			}
		}
	}
	return out
}

// checkExplanation returns what an explanation says that does not fit the answer.
func checkExplanation(x policy.Explanation, d policy.Decision) string {
	policyName, rule := d.Rule()
	switch {
	case x.Decision != d:
		return "the explanation is of another answer"
	case x.String() == "":
		return "the explanation says nothing"
	case d.Reason == policy.Allowed && (len(x.Missing) > 0 || len(x.Because) == 0):
		return "a yes misses something or has no reason"
	case d.Reason == policy.NotAllowed && (len(x.Missing) == 0 || len(x.Because) > 0):
		return "nothing is missing in a no that no rule decided"
	case d.Reason == policy.Denied && len(x.Because) == 0:
		return "no rule denies"
	case d.Reason != policy.Allowed && d.Reason != policy.Denied && rule != "":
		return "a rule is named that did not decide"
	}
	if len(x.Because) > 0 {
		if p, r := x.Because[0].Rule(); p != policyName || r != rule {
			return fmt.Sprintf("the explanation begins with %s/%s, the answer is by %s/%s", p, r, policyName, rule)
		}
	}
	return ""
}
