package cloudfntest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// ErrBroken is what a part of the platform answers while it is broken.
var ErrBroken = errors.New("broken for this test")

// broken counts failures that are still to come.
type broken struct {
	mu   sync.Mutex
	left int
}

// Break makes the next n uses fail with [ErrBroken].
func (b *broken) Break(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = n
}

func (b *broken) fails() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left--
	return b.left >= 0
}

// Store is a store that remembers the keys of what was written and the collections of what was read,
// and whose transactions can be made to fail.
type Store struct {
	store.Store
	broken
	written, read []string
}

// Get implements [store.Reader].
func (s *Store) Get(ctx context.Context, key store.Key) (store.Record, error) {
	s.looked(key.Collection)
	return s.Store.Get(ctx, key)
}

// Query implements [store.Reader].
func (s *Store) Query(ctx context.Context, q store.Query) (store.Page, error) {
	s.looked(q.Collection)
	return s.Store.Query(ctx, q)
}

func (s *Store) looked(collection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = append(s.read, collection)
}

// Read returns the collections of all that was read outside of transactions since the last call, in
// order, each as often as it was asked.
func (s *Store) Read() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.read
	s.read = nil
	return out
}

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if s.fails() {
		return ErrBroken
	}
	var keys []string
	err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		keys = nil // it may be run again
		return decide(ctx, remembering{tx, &keys})
	})
	if err == nil {
		s.wrote(keys...)
	}
	return err
}

// Bulk implements [store.Store].
func (s *Store) Bulk(ctx context.Context, writes []store.Write) error {
	if s.fails() {
		return ErrBroken
	}
	for _, w := range writes {
		s.wrote(w.Key().String())
	}
	return s.Store.Bulk(ctx, writes)
}

func (s *Store) wrote(keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = append(s.written, keys...)
}

// Written returns the keys of all records written since the last call, in order, each as
// often as it was written.
func (s *Store) Written() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.written
	s.written = nil
	return out
}

type remembering struct {
	store.Tx
	keys *[]string
}

func (m remembering) Create(r store.Record) error {
	*m.keys = append(*m.keys, r.Key.String())
	return m.Tx.Create(r)
}

func (m remembering) Put(r store.Record) error {
	*m.keys = append(*m.keys, r.Key.String())
	return m.Tx.Put(r)
}

func (m remembering) Delete(k store.Key) error {
	*m.keys = append(*m.keys, k.String())
	return m.Tx.Delete(k)
}

// Queue is the queues. It remembers the tasks that were accepted.
type Queue struct {
	broken
	next  queue.Queue
	tasks []queue.Task
}

// Enqueue implements [queue.Queue].
func (q *Queue) Enqueue(ctx context.Context, t queue.Task) error {
	if q.fails() {
		return ErrBroken
	}
	if err := q.next.Enqueue(ctx, t); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, t)
	return nil
}

// Tasks returns the tasks that were accepted and not taken, in order.
func (q *Queue) Tasks() []queue.Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.tasks)
}

// Take returns the tasks of one queue, and does not return them again.
func (q *Queue) Take(name string) []queue.Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken []queue.Task
	q.tasks = slices.DeleteFunc(q.tasks, func(t queue.Task) bool {
		if t.Queue != name {
			return false
		}
		taken = append(taken, t)
		return true
	})
	return taken
}

// Bus is the bus. It remembers the messages that were accepted.
type Bus struct {
	broken
	next     bus.Publisher
	messages []Published
}

// Published is a message with its topic.
type Published struct {
	Topic string
	bus.Message
}

// Publish implements [bus.Publisher].
func (b *Bus) Publish(ctx context.Context, topic string, m bus.Message) (string, error) {
	if b.fails() {
		return "", ErrBroken
	}
	id, err := b.next.Publish(ctx, topic, m)
	if err != nil {
		return "", err
	}
	m.ID = id
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, Published{topic, m})
	return id, nil
}

// Published returns the messages since the last call.
func (b *Bus) Published() []Published {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.messages
	b.messages = nil
	return out
}

// Call is one request to a vendor.
type Call struct {
	Method, Host, Path string
	Body               string
	Header             http.Header
}

// Calls is the way to the vendors. It remembers every request.
type Calls struct {
	tb   testing.TB
	next http.RoundTripper

	mu   sync.Mutex
	made []Call
}

// RoundTrip implements [http.RoundTripper].
func (c *Calls) RoundTrip(r *http.Request) (*http.Response, error) {
	call := Call{Method: r.Method, Host: r.URL.Host, Path: r.URL.Path, Header: r.Header.Clone()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, fmt.Errorf("read the body of a request: %w", err)
		}
		_ = r.Body.Close()
		call.Body = string(body)
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.mu.Lock()
	c.made = append(c.made, call)
	c.mu.Unlock()
	if c.next == nil {
		c.tb.Errorf("a vendor was called: %s %s%s", r.Method, r.URL.Host, r.URL.Path)
		return nil, errors.New("no vendor in this test")
	}
	return c.next.RoundTrip(r)
}

// Made returns the requests since the last call of it.
func (c *Calls) Made() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.made
	c.made = nil
	return out
}
