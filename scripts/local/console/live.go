package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// slice is how far a world's clock runs before others get their turn at the world. It is
// short enough that a page does not notice, and long enough that taking turns costs nothing.
const slice = 10 * time.Minute

// Live is a world in which time passes, shared by everybody who looks at it. It is safe for
// concurrent use: everyone takes turns, and while the clock runs a long way the turns between
// are short.
type Live struct {
	world *world.World
	turn  chan struct{} // holds one value: who has taken it may use the world
	wake  chan struct{} // there is somewhere to run to

	mu        sync.Mutex
	run       Running
	problem   string
	listeners map[chan struct{}]bool
}

// Running is a stretch of time through which the clock is running.
type Running struct {
	From, To time.Time
}

// NewLive returns a world for many. Nobody else may use the world from then on.
func NewLive(w *world.World) *Live {
	l := &Live{
		world: w, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		listeners: map[chan struct{}]bool{},
	}
	l.turn <- struct{}{}
	return l
}

// Run lets the time pass until ctx ends. Each tick carries the real time: what lies between
// two ticks passes in the world too. While a jump runs, real time adds nothing to it. The
// error is that of ctx.
func (l *Live) Run(ctx context.Context, ticks <-chan time.Time) error {
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case t := <-ticks:
			if !last.IsZero() && t.After(last) {
				passed := t.Sub(last)
				l.JumpTo(func(from time.Time) time.Time { return from.Add(passed) })
			}
			last = t
		case <-l.wake:
		}
		for l.step(ctx) {
			// A tick during a run only tells how far it has come.
			select {
			case t := <-ticks:
				last = t
				l.tell()
			default:
			}
		}
		l.tell()
	}
}

// step runs the clock one slice on. It reports whether there is more to run.
func (l *Live) step(ctx context.Context) bool {
	if l.Running().To.IsZero() || l.take(ctx) != nil {
		return false
	}
	defer l.give()
	l.mu.Lock()
	to := l.run.To
	l.mu.Unlock()
	now := l.world.Clock.Now()
	next := now.Add(slice)
	if next.After(to) {
		next = to
	}
	var err error
	if next.After(now) {
		err = l.world.Advance(ctx, next)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.run = Running{}
		if ctx.Err() == nil {
			l.problem = fmt.Sprintf("The clock stopped: %v", err)
		}
		return false
	}
	if l.run.To.After(next) {
		return true
	}
	l.run = Running{}
	return false
}

// JumpTo lets the clock run to a time that is worked out from where it is, or from where it is
// already running to. It returns at once.
func (l *Live) JumpTo(where func(from time.Time) time.Time) {
	l.mu.Lock()
	from := l.world.Clock.Now()
	if l.run.To.After(from) {
		from = l.run.To
	} else {
		l.run = Running{From: from}
	}
	l.run.To = where(from)
	l.problem = ""
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Stop lets the clock run no further than it has come.
func (l *Live) Stop() {
	l.mu.Lock()
	l.run = Running{}
	l.mu.Unlock()
	l.tell()
}

// Running returns the stretch through which the clock is running; zero where it is not.
func (l *Live) Running() Running {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run
}

// Problem says why the clock stopped before it was where it should be; empty where it did not.
func (l *Live) Problem() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.problem
}

// Look reads from the world.
func (l *Live) Look(ctx context.Context, look func(*world.World) error) error {
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.give()
	return look(l.world)
}

// Do acts in the world and tells everybody. What has begun is brought to its end, also when
// ctx ends.
func (l *Live) Do(ctx context.Context, act func(context.Context, *world.World) error) error {
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.tell()
	defer l.give()
	return act(context.WithoutCancel(ctx), l.world)
}

// Listen returns a channel that holds a value whenever something may have changed since it was
// read last, and a function that ends it.
func (l *Live) Listen() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listeners[c] = true
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.listeners, c)
	}
}

func (l *Live) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (l *Live) take(ctx context.Context) error {
	select {
	case <-l.turn:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn at the world: %w", ctx.Err())
	}
}

func (l *Live) give() { l.turn <- struct{}{} }
