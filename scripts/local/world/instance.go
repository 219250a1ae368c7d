package world

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"

	"github.com/sekisho/sekisho/shared/cloudfn"
)

// Point is a place in a function at which a world can let it die.
type Point string

// The points.
const (
	BeforeCall  Point = "before-call"  // before it calls a vendor
	AfterCall   Point = "after-call"   // the vendor has answered, nobody has read it
	AfterCommit Point = "after-commit" // a transaction is committed, nothing else has happened
)

// instance is one function as it runs: a handler that is built at the first request, and that
// can die. A death ends nothing in an orderly way: the request stands still where it is until
// the world ends, and its caller sees a connection that breaks. The next request finds a new
// instance.
type instance struct {
	function cloudfn.Function
	platform func(i *instance) (*cloudfn.Env, error)
	ended    <-chan struct{}

	mu      sync.Mutex
	handler http.Handler
	armed   map[Point]bool
}

// crashKey carries, in a request's context, how to let this request die.
type crashKey struct{}

func (i *instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	died := make(chan struct{})
	done := make(chan any, 1)
	var once sync.Once
	ctx := context.WithValue(r.Context(), crashKey{}, func() {
		once.Do(func() {
			i.restart()
			close(died)
		})
		<-i.ended
		runtime.Goexit()
	})
	go func() {
		normal := false
		defer func() {
			if !normal {
				done <- recover()
			}
		}()
		i.current().ServeHTTP(w, r.WithContext(ctx))
		normal = true
		done <- nil
	}()
	select {
	case <-died:
		panic(http.ErrAbortHandler)
	case p := <-done:
		if p != nil {
			panic(p)
		}
	}
}

func (i *instance) current() http.Handler {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.handler == nil {
		i.handler = cloudfn.Lazy(i.function, func(context.Context, string) (*cloudfn.Env, error) { return i.platform(i) })
	}
	return i.handler
}

func (i *instance) restart() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handler = nil
}

func (i *instance) arm(p Point) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.armed[p] = true
}

// reach lets the request die if the instance is armed at this point.
func (i *instance) reach(ctx context.Context, p Point) {
	i.mu.Lock()
	armed := i.armed[p]
	delete(i.armed, p)
	i.mu.Unlock()
	if die, ok := ctx.Value(crashKey{}).(func()); ok && armed {
		die()
	}
}

// outbound is a function's way to its vendors.
type outbound struct {
	instance *instance
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (o outbound) RoundTrip(r *http.Request) (*http.Response, error) {
	o.instance.reach(r.Context(), BeforeCall)
	resp, err := o.next.RoundTrip(r)
	o.instance.reach(r.Context(), AfterCall)
	return resp, err
}

// Usage counts what the functions read from and wrote to the store, in documents.
type Usage struct {
	mu            sync.Mutex
	Reads, Writes int
	indexes       map[string]bool
	reaches       map[Reach]bool
}

func (u *Usage) read(n int)  { u.mu.Lock(); u.Reads += n; u.mu.Unlock() }
func (u *Usage) write(n int) { u.mu.Lock(); u.Writes += n; u.mu.Unlock() }

// Totals returns the documents read and written so far.
func (u *Usage) Totals() (reads, writes int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.Reads, u.Writes
}

var errNoFunction = errors.New("no such function")
