package ledger_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// The simulation runs everything that touches changes at once — sensors, people who press
// buttons, appliers, the sweep — and chooses at every step of the store, the bus and the vendor
// who goes on, who dies and how far the clock jumps. One seed is one history; what a seed finds
// it finds again:
//
//	go test ./shared/state/ledger -run TestInterleavings -seed 1234 -v
//
// SEKISHO_SIM_SEEDS=200000 tries as many seeds. What must hold is in simcheck_test.go.
var replay = flag.Uint64("seed", 0, "run the simulation with this seed only, and say what happens")

func TestInterleavings(t *testing.T) {
	if *replay != 0 {
		s := newSim(*replay)
		s.tells = true
		s.run()
		s.end()
		t.Logf("%s", strings.Join(s.trace, "\n"))
		if s.broken != "" {
			t.Error(s.broken)
		}
		return
	}
	seeds := ordinarySeeds
	if n, err := strconv.Atoi(os.Getenv("SEKISHO_SIM_SEEDS")); err == nil {
		seeds = n
	}
	count := map[string]int{}
	began := time.Now()
	var idle []*thread
	for seed := range uint64(seeds) {
		s := newSim(seed + 1)
		s.idle = idle
		s.run()
		idle = s.idle
		if s.broken != "" {
			s = newSim(s.seed)
			s.tells = true
			s.run()
			s.end()
			t.Fatalf("seed %d: %s\nthe last steps:\n%s\nsay what happens: go test ./shared/state/ledger -run TestInterleavings -seed %d -v",
				s.seed, s.broken, strings.Join(s.trace[max(0, len(s.trace)-25):], "\n"), s.seed)
		}
		for what, n := range s.count {
			count[what] += n
		}
		count["rerun transactions"] += s.store.reruns
	}
	for _, t := range idle {
		t.stop()
	}
	t.Logf("%d interleavings in %s: %v", seeds, time.Since(began).Round(time.Millisecond), count)
	// A simulation in which something never happens proves nothing about it.
	for _, what := range []string{
		"effect", "second effect", "death", "applied", "denied", "failed", "expired", "undone", "withdrawn", "proposed again", "revised",
		"denied while applying", "refused", "lapsed claim", "acknowledged but failed", "stale reading", "rerun transactions", "escalated", "retried",
	} {
		if count[what] == 0 && seeds >= 1000 {
			t.Errorf("no %s in %d interleavings", what, seeds)
		}
	}
}

// sim is one history.
type sim struct {
	seed   uint64
	random *rand.Rand
	now    time.Time
	store  *memory
	ledger *ledger.Ledger

	running []*task
	idle    []*thread
	current *task
	waiting []starter // to be started at any time
	chores  []*chore  // what a queue keeps until it is done
	next    int       // number of the next chore

	group map[string]*setting          // the outside world, by target
	sits  map[string][]change.Selector // who is in which sets now

	check  *checks
	tells  bool // whether to keep the trace
	trace  []string
	step   int
	broken string
	count  map[string]int
}

// starter is something that happens once, at any time.
type starter struct {
	name string
	do   func(ctx context.Context)
}

// chore is what a queue delivers until it was done: a press, or a change to be carried out.
type chore struct {
	name      string
	notBefore time.Time
	do        func(ctx context.Context) (again time.Time, err error)
	running   bool
	mayBeLost bool // a queue gives up in the end
}

// task is something under way. It goes on until its next step and can die at each.
type task struct {
	name   string
	do     func(ctx context.Context)
	done   func(died bool)
	thread *thread // nil before it has begun
	// What the checks know of it.
	press    *press
	claimed  map[string]int // when it claimed a change
	fence    map[string]int // with which fence
	read     map[string]int // when it last read a change
	absent   map[string]int // when it last looked and did not see a change in effect
	seen     map[string]int // when it last looked and did
	acted    map[string]int // when it last called the vendor to act
	standing change.Standing
}

// setting is the one field of one group, as the vendor has it.
type setting struct {
	value   string
	was     string // before the latest effect
	settled time.Time
}

func newSim(seed uint64) *sim {
	s := &sim{
		seed: seed, random: rand.New(rand.NewPCG(seed, 42)), now: t0, group: map[string]*setting{}, count: map[string]int{},
		sits: map[string][]change.Selector{
			"rin": {owners, security}, "rin2": {owners}, "aiko": {owners}, "botan": {owners}, "chie": {security},
			"daichi": {owners, security}, "daichi2": {security}, "emi": {managers}, "mallory": nil,
		},
	}
	clock := func() time.Time { return s.now }
	s.store = newMemory(clock)
	s.check = newChecks(s)
	s.store.pause = s.pause
	s.store.reading = s.check.reading
	s.store.committing = s.check.commit
	s.ledger = ledger.New(s.store, s, clock)
	return s
}

const managers change.Selector = "group:managers@example.com"

// accounts are all that can press buttons. Two people have a second account each.
var accounts = []change.Actor{
	person("rin", "rin2"), person("rin2", "rin"), aiko, botan, person("chie"), person("daichi", "daichi2"), person("daichi2", "daichi"),
	person("emi"), person("mallory"),
}

func (s *sim) chance(percent float64) bool { return s.random.Float64()*100 < percent }

// pause is called by everything that runs, between any two of its steps: others go on here.
func (s *sim) pause(what string) {
	if s.current == nil {
		return // the checks themselves read
	}
	s.say("%s", what)
	t := s.current.thread
	if t.yield(struct{}{}); t.dies {
		panic(death{})
	}
}

func (s *sim) say(format string, args ...any) {
	if !s.tells || s.broken != "" && !strings.HasPrefix(format, "BROKEN") {
		return
	}
	name := "-"
	if s.current != nil {
		name = s.current.name
	}
	s.trace = append(s.trace, fmt.Sprintf("%4d %s %-28s ", s.step, s.now.Format("02 15:04:05"), name)+fmt.Sprintf(format, args...))
}

// start begins a task.
func (s *sim) start(name string, do func(ctx context.Context), done func(died bool)) {
	s.running = append(s.running, &task{
		name: name, do: do, done: done,
		claimed: map[string]int{}, fence: map[string]int{}, read: map[string]int{}, absent: map[string]int{}, seen: map[string]int{}, acted: map[string]int{},
	})
}

// goOn lets a task go on until its next step, or die.
func (s *sim) goOn(i int, die bool) {
	t := s.running[i]
	s.current = t
	if die {
		s.say("dies")
		s.count["death"]++
	}
	switch {
	case t.thread == nil && die: // it never began
	case t.thread == nil:
		t.thread = s.thread()
		t.thread.do = t.do
		t.thread.next()
	default:
		t.thread.dies = die
		t.thread.next()
	}
	s.current = nil
	if t.thread == nil || t.thread.do == nil {
		if t.thread != nil {
			s.idle = append(s.idle, t.thread)
		}
		t.done(die || t.thread.died)
		s.running = append(s.running[:i], s.running[i+1:]...)
	}
}

// thread runs tasks one after the other: what runs next begins with a stack that has grown.
type thread struct {
	next       func() (struct{}, bool)
	stop       func()
	yield      func(struct{}) bool
	do         func(ctx context.Context) // nil when it has ended
	dies, died bool
}

// thread returns a thread that has nothing to do.
func (s *sim) thread() *thread {
	if n := len(s.idle); n > 0 {
		t := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return t
	}
	t := &thread{}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			t.died = survive(func() { t.do(context.Background()) })
			t.do, t.dies = nil, false
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

// queue keeps something to be done until it is.
func (s *sim) queue(c *chore) {
	s.next++
	c.name = fmt.Sprintf("%s #%d", c.name, s.next)
	s.chores = append(s.chores, c)
}

// deliver starts a chore that is due; with luck a second time while it runs.
func (s *sim) deliver(c *chore) {
	c.running = true
	s.start(c.name, func(ctx context.Context) {
		at, err := c.do(ctx)
		if err != nil {
			at = s.now.Add(time.Second)
		}
		if at.IsZero() {
			s.drop(c)
		}
		c.notBefore = at
	}, func(died bool) {
		c.running = false
		if died && c.mayBeLost && s.chance(15) {
			s.drop(c)
		}
	})
}

func (s *sim) drop(c *chore) {
	s.chores = slices.DeleteFunc(slices.Clone(s.chores), func(other *chore) bool { return other == c })
}

// run plays one history to its end, and then lets everything come to rest.
func (s *sim) run() {
	s.cast()
	for limit := 150 + s.random.IntN(350); s.step < limit && s.broken == ""; {
		s.advance(true)
	}
	for round := 0; round < 400 && s.broken == "" && !s.atRest(); round++ {
		s.drain(min(20*time.Second<<min(round, 12), 6*time.Hour))
	}
	for len(s.running) > 0 {
		s.goOn(0, true)
	}
	if s.broken == "" {
		s.check.rest()
	}
}

// end ends the threads.
func (s *sim) end() {
	for _, t := range s.idle {
		t.stop()
	}
}

// advance makes one step in the unruly part of the history.
func (s *sim) advance(unruly bool) {
	s.step++
	var due []*chore
	for _, c := range s.chores {
		if !c.notBefore.After(s.now) && (!c.running || unruly && s.chance(5)) {
			due = append(due, c)
		}
	}
	switch n := s.random.IntN(100); {
	case unruly && n < 4:
		s.jump()
	case len(s.waiting) > 0 && n < 12:
		i := s.random.IntN(len(s.waiting))
		w := s.waiting[i]
		s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
		s.start(w.name, w.do, func(died bool) {
			if died {
				s.waiting = append(s.waiting, w) // whatever calls it calls again
			}
		})
	case len(due) > 0 && n < 24:
		s.deliver(due[s.random.IntN(len(due))])
	case n < 25:
		s.start("sweep", s.sweep, func(bool) {})
	case len(s.running) > 0:
		s.goOn(s.random.IntN(len(s.running)), unruly && s.chance(2))
	}
}

// jump moves the clock: mostly a little, sometimes past a claim or a deadline.
func (s *sim) jump() {
	by := []time.Duration{
		time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second, time.Minute, time.Minute, 130 * time.Second, 130 * time.Second,
		190 * time.Second, 11 * time.Minute, time.Hour, 5 * time.Hour, 25 * time.Hour,
	}
	d := by[s.random.IntN(len(by)-s.random.IntN(4))]
	s.now = s.now.Add(d)
	s.say("the clock jumps by %s", d)
}

// drain lets everything that was begun end, and the sweep pass; where there is nothing left but
// to wait, it waits.
func (s *sim) drain(wait time.Duration) {
	for len(s.running) > 0 && s.broken == "" {
		s.step++
		s.goOn(s.random.IntN(len(s.running)), false)
	}
	for _, w := range s.waiting {
		s.start(w.name, w.do, func(bool) {})
	}
	s.waiting = nil
	for _, c := range s.chores {
		if !c.notBefore.After(s.now) && !c.running {
			s.deliver(c)
		}
	}
	s.start("sweep", s.sweep, func(bool) {})
	if len(s.running) == 1 {
		s.now = s.now.Add(wait)
	}
}

// atRest reports whether nothing is left to happen.
func (s *sim) atRest() bool {
	return len(s.running) == 0 && len(s.waiting) == 0 && len(s.chores) == 0 && s.check.settled()
}
