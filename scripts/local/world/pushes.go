package world

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// pushes stands between the Pub/Sub emulator, which delivers in real time, and a world, whose
// clock stands still until everything due has happened. It knows from the publisher which
// deliveries to expect. A delivery that arrives waits here, its connection open, until the
// world runs it; one that was refused comes again at once, and waits here until it is due on
// the world's clock.
type pushes struct {
	now       func() time.Time
	functions http.Handler

	mu      sync.Mutex
	seq     int
	awaited map[string]*delivery // by subscription and message
	arrived chan struct{}        // closed and renewed when one arrives
}

// delivery is one message on its way to one subscription.
type delivery struct {
	key      string
	seq      int
	due      time.Time
	attempts int
	request  *waiting // nil until it has arrived
}

// waiting is a request of the emulator that waits for its turn.
type waiting struct {
	r    *http.Request
	body []byte
	w    http.ResponseWriter
	done chan struct{}
}

func newPushes(now func() time.Time, functions http.Handler) *pushes {
	return &pushes{now: now, functions: functions, awaited: map[string]*delivery{}, arrived: make(chan struct{})}
}

// expect notes that a message was published.
func (p *pushes) expect(topic, id string, attributes map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range Subscriptions {
		if s.Topic == topic && s.Filter.Match(attributes) {
			if key := s.Name + "/" + id; p.awaited[key] == nil {
				p.add(key)
			}
		}
	}
}

func (p *pushes) add(key string) *delivery {
	p.seq++
	d := &delivery{key: key, seq: p.seq, due: p.now()}
	p.awaited[key] = d
	return d
}

// ServeHTTP takes a delivery of the emulator and answers when the world has run it.
func (p *pushes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "body not readable", http.StatusBadRequest)
		return
	}
	m, subscription, err := bus.DecodePush(body)
	if err != nil {
		http.Error(w, "no push", http.StatusBadRequest)
		return
	}
	key := path.Base(subscription) + "/" + m.ID
	if !subscribed(key).Filter.Match(m.Attributes) {
		return // the emulator knows no filters; production would not have sent it
	}
	turn := &waiting{r: r, body: body, w: w, done: make(chan struct{})}
	p.mu.Lock()
	d := p.awaited[key]
	if d == nil {
		d = p.add(key) // published by the emulator itself: a dead letter
	}
	d.request = turn
	close(p.arrived)
	p.arrived = make(chan struct{})
	p.mu.Unlock()
	select {
	case <-turn.done:
	case <-r.Context().Done():
		p.mu.Lock()
		if d.request == turn {
			d.request = nil
		}
		p.mu.Unlock()
	}
}

func (p *pushes) first() *delivery {
	var all []*delivery
	for _, d := range p.awaited {
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil
	}
	return slices.MinFunc(all, func(a, b *delivery) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.seq, b.seq)) })
}

// next returns when the next delivery is due on the world's clock.
func (p *pushes) next() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.first()
	if d == nil {
		return time.Time{}, false
	}
	return d.due, true
}

// patience is how long, in real time, the emulator may take to deliver.
const patience = 60 * time.Second

// runNext runs the delivery that is due first, and waits for it where it is still on its way.
func (p *pushes) runNext(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		p.mu.Lock()
		d, arrived := p.first(), p.arrived
		var turn *waiting
		if d != nil {
			turn = d.request
		}
		p.mu.Unlock()
		if d == nil {
			return nil
		}
		if turn != nil {
			p.run(d, turn)
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("message %s was not delivered: %w", d.key, ctx.Err())
		}
	}
}

func (p *pushes) run(d *delivery, turn *waiting) {
	status := p.call(turn)
	p.mu.Lock()
	d.request = nil
	d.attempts++
	switch {
	case bus.Acknowledges(status), d.attempts >= subscribed(d.key).MaxAttempts && subscribed(d.key).MaxAttempts > 0:
		delete(p.awaited, d.key)
	default:
		s := subscribed(d.key)
		d.due = p.now().Add(min(s.MinBackoff<<min(d.attempts-1, 20), s.MaxBackoff))
	}
	p.mu.Unlock()
	turn.w.WriteHeader(status)
	close(turn.done)
}

// call runs the function. A connection that it breaks is an answer that is none.
func (p *pushes) call(turn *waiting) (status int) {
	defer func() {
		if recover() != nil {
			status = http.StatusBadGateway
		}
	}()
	r := turn.r.Clone(turn.r.Context())
	r.Body = io.NopCloser(bytes.NewReader(turn.body))
	answer := &statusOnly{header: http.Header{}, status: http.StatusOK}
	p.functions.ServeHTTP(answer, r)
	return answer.status
}

func subscribed(key string) bus.Subscription {
	for _, s := range Subscriptions {
		if s.Name == path.Dir(key) {
			return s
		}
	}
	return bus.Subscription{MinBackoff: time.Second, MaxBackoff: time.Minute}
}

// statusOnly is a response of which only the status matters.
type statusOnly struct {
	header http.Header
	status int
	wrote  bool
}

func (s *statusOnly) Header() http.Header { return s.header }

func (s *statusOnly) WriteHeader(status int) {
	if !s.wrote {
		s.status, s.wrote = status, true
	}
}

func (s *statusOnly) Write(b []byte) (int, error) {
	s.wrote = true
	return len(b), nil
}
