// Package bustest is the suite that every implementation of the bus port must pass.
//
// It pushes to real HTTP servers on the loopback interface. An implementation on a controlled
// clock gives the suite a Drive function; one that delivers by itself is waited for, up to a
// deadline.
package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

// Harness is one bus without topics, for one test.
type Harness struct {
	Publisher bus.Publisher
	// CreateTopic makes a topic unless it exists.
	CreateTopic func(name string) error
	// Subscribe makes a subscription; the suite has made the topics it names.
	Subscribe func(bus.Subscription) error
	// Drive delivers everything that is due, moving the clock to whatever is due next, until
	// nothing is left. It is nil for a bus that delivers by itself in real time.
	Drive func(t testing.TB)
	// Now is the clock that backoff follows.
	Now func() time.Time
	// WithoutFilters and WithoutOrderedDeadLetters say what an imitation of the bus cannot do.
	WithoutFilters, WithoutOrderedDeadLetters bool
	// Restart ends the bus as if its process had been killed, and starts it again on the same
	// data. It is nil where the suite cannot do that.
	Restart func(t testing.TB)
}

// Run runs the suite. It calls open for each test.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	cases := []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"every subscription gets the message byte for byte", everySubscription},
		{"many publishers at once lose nothing", manyPublishers},
		{"each acknowledging status ends the delivery", acknowledged},
		{"a refused message comes again with the same id", redelivered},
		{"a filter passes what it lists", filtered},
		{"an ordered subscription keeps the order of a key", ordered},
		{"a held key does not hold another", keysAreIndependent},
		{"a message refused too often becomes a dead letter", deadLetter},
		{"a dead letter lets the next message of its key go", orderedDeadLetter},
		{"an unknown topic is an error", unknownTopic},
		{"a message that cannot be carried is an error", invalidMessage},
		{"a message before the subscription does not reach it", publishedBefore},
		{"a restart loses nothing", restarted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

const topic, deadTopic = "change-events", "dead-letter"

// subscription returns a subscription whose retries come soon even in real time.
func subscription(name, endpoint string) bus.Subscription {
	return bus.Subscription{
		Name: name, Topic: topic, Endpoint: endpoint,
		MinBackoff: 100 * time.Millisecond, MaxBackoff: 300 * time.Millisecond,
	}
}

func everySubscription(t *testing.T, h Harness) {
	first, second := newReceiver(t, h), newReceiver(t, h)
	h.subscribe(t, subscription("first", first.url()), subscription("second", second.url()))
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	want := map[string]bus.Message{}
	for _, m := range []bus.Message{
		{Data: []byte(`{"change":"c1"}`), Attributes: map[string]string{"kind": "group.settings", "state": "proposed"}},
		{Data: all},
		{Data: []byte(strings.Repeat("関所", 50_000)), Attributes: map[string]string{"large": "yes"}},
		{Attributes: map[string]string{"only": "attributes", "empty": ""}},
		{Data: []byte{0}, Attributes: map[string]string{`"quoted\`: "<&>\u2028\x00\n", "名": "値 😀", "long": strings.Repeat("x", 1024)}},
	} {
		m.ID = h.publish(t, topic, m)
		if _, twice := want[m.ID]; twice || m.ID == "" {
			t.Fatalf("id %q is empty or was given twice", m.ID)
		}
		want[m.ID] = m
	}
	for name, r := range map[string]*receiver{"first": first, "second": second} {
		r.wait(t, func(got []delivery) bool { return len(ids(got)) == len(want) })
		for _, d := range r.deliveries() {
			if d.subscription != name && !strings.HasSuffix(d.subscription, "/subscriptions/"+name) {
				t.Errorf("subscription is called %q, want %s", d.subscription, name)
			}
			if d.Published.IsZero() {
				t.Errorf("message %s has no publish time", d.ID)
			}
			got := bus.Message{ID: d.ID, Data: d.Data, Attributes: d.Attributes}
			if diff := cmp.Diff(want[d.ID], got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("message %s at %s (-want +got):\n%.2000s", d.ID, name, diff)
			}
		}
	}
}

func manyPublishers(t *testing.T, h Harness) {
	r := newReceiver(t, h)
	h.subscribe(t, subscription("everything", r.url()))
	const publishers, each = 8, 25
	published := make(chan string, publishers*each)
	failed := make(chan error, publishers*each)
	for range publishers {
		go func() {
			for range each {
				id, err := h.Publisher.Publish(t.Context(), topic, bus.Message{Data: []byte("x")})
				if err != nil {
					failed <- err
					return
				}
				published <- id
			}
		}()
	}
	want := map[string]bool{}
	for range publishers * each {
		select {
		case id := <-published:
			want[id] = true
		case err := <-failed:
			t.Fatal(err)
		}
	}
	r.wait(t, func(got []delivery) bool { return len(ids(got)) == len(want) })
	if diff := cmp.Diff(want, ids(r.deliveries())); diff != "" {
		t.Errorf("ids (-published +delivered):\n%s", diff)
	}
}

func acknowledged(t *testing.T, h Harness) {
	statuses := []int{200, 201, 202, 204}
	r := newReceiver(t, h)
	next := 0
	status := map[string]int{}
	r.answer = func(d delivery, _ int) int {
		if _, seen := status[d.ID]; !seen {
			status[d.ID] = statuses[next]
			next++
		}
		return status[d.ID]
	}
	h.subscribe(t, subscription("all", r.url()))
	for range statuses {
		h.publish(t, topic, bus.Message{Data: []byte("x")})
	}
	r.wait(t, func(got []delivery) bool { return len(ids(got)) == len(statuses) })
	if h.Drive != nil && len(r.deliveries()) != len(statuses) {
		t.Errorf("got %d deliveries, want %d", len(r.deliveries()), len(statuses))
	}
}

func redelivered(t *testing.T, h Harness) {
	for _, c := range []struct {
		name   string
		answer int
	}{{"error-500", 500}, {"not-found-404", 404}, {"too-many-429", 429}, {"dropped-connection", dropConnection}} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t, h)
			r.answer = func(_ delivery, n int) int {
				if n <= 2 {
					return c.answer
				}
				return 204
			}
			s := subscription(c.name, r.url())
			s.Topic = c.name
			h.subscribe(t, s)
			want := bus.Message{Data: []byte("again"), Attributes: map[string]string{"case": c.name}}
			want.ID = h.publish(t, c.name, want)
			r.wait(t, func(got []delivery) bool { return len(got) >= 3 })
			got := r.deliveries()
			for i, d := range got {
				if d.Attempt != 0 && d.Attempt != i+1 {
					t.Errorf("delivery %d says attempt %d", i+1, d.Attempt)
				}
				if diff := cmp.Diff(want, bus.Message{ID: d.ID, Data: d.Data, Attributes: d.Attributes}); diff != "" {
					t.Errorf("delivery %d (-want +got):\n%s", i+1, diff)
				}
				if i == 0 {
					continue
				}
				pause, least := d.at.Sub(got[i-1].at), s.Backoff(i)
				switch {
				case h.Drive == nil && c.answer == dropConnection:
					least = 0 // an HTTP client may try a new connection by itself
				case h.Drive == nil:
					least = s.MinBackoff / 2 // the earlier of two arrivals may have been held up
				}
				if pause < least {
					t.Errorf("delivery %d came %s after the one before, want at least %s", i+1, pause, least)
				}
			}
		})
	}
}

func filtered(t *testing.T, h Harness) {
	if h.WithoutFilters {
		t.Skip("this bus ignores filters")
	}
	const odd = `a "quoted" \ value, 値`
	subscriptions := []struct {
		name   string
		filter bus.Filter
		want   []string
	}{
		{"unfiltered", nil, []string{"apply", "ask", "ask-late", "bare", "odd", "undo"}},
		{"one-value", bus.Filter{"state": {"approved"}}, []string{"apply"}},
		{"several-values", bus.Filter{"state": {"approved", "undone"}}, []string{"apply", "undo"}},
		{"two-attributes", bus.Filter{"state": {"proposed"}, "late": {"yes"}}, []string{"ask-late"}},
		{"odd-value", bus.Filter{"state": {odd}}, []string{"odd"}},
	}
	receivers := make([]*receiver, len(subscriptions))
	for i, s := range subscriptions {
		receivers[i] = newReceiver(t, h)
		made := subscription(s.name, receivers[i].url())
		made.Filter = s.filter
		h.subscribe(t, made)
	}
	for _, m := range []bus.Message{
		{Data: []byte("apply"), Attributes: map[string]string{"state": "approved"}},
		{Data: []byte("ask"), Attributes: map[string]string{"state": "proposed"}},
		{Data: []byte("ask-late"), Attributes: map[string]string{"state": "proposed", "late": "yes"}},
		{Data: []byte("bare")},
		{Data: []byte("odd"), Attributes: map[string]string{"state": odd}},
		{Data: []byte("undo"), Attributes: map[string]string{"state": "undone"}},
	} {
		h.publish(t, topic, m)
	}
	for i, s := range subscriptions {
		receivers[i].wait(t, func(got []delivery) bool { return len(ids(got)) >= len(s.want) })
	}
	for i, s := range subscriptions { // after everything has arrived everywhere
		if diff := cmp.Diff(s.want, data(receivers[i].deliveries())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

func ordered(t *testing.T, h Harness) {
	r := newReceiver(t, h)
	r.answer = func(d delivery, n int) int {
		if string(d.Data) == "a01" && n <= 3 {
			return 500
		}
		return 204
	}
	s := subscription("in-order", r.url())
	s.Ordered = true
	h.subscribe(t, s)
	const each = 10
	for i := range each {
		for _, key := range []string{"a", "b", "c"} {
			h.publish(t, topic, bus.Message{Data: fmt.Appendf(nil, "%s%02d", key, i), OrderingKey: key})
		}
	}
	r.wait(t, func(got []delivery) bool { return len(data(got)) == 3*each })
	// A message may be pushed again, with those after it, but never before an earlier one has
	// been acknowledged.
	acknowledged := map[string]bool{}
	for _, d := range r.deliveries() {
		key := string(d.Data[:1])
		for earlier := range 100 {
			name := fmt.Sprintf("%s%02d", key, earlier)
			if name >= string(d.Data) {
				break
			}
			if !acknowledged[name] {
				t.Errorf("%s came before %s was acknowledged", d.Data, name)
			}
		}
		if d.OrderingKey != "" && d.OrderingKey != key {
			t.Errorf("ordering key %q, want %q", d.OrderingKey, key)
		}
		if d.answered == 204 {
			acknowledged[string(d.Data)] = true
		}
	}
}

func keysAreIndependent(t *testing.T, h Harness) {
	r := newReceiver(t, h)
	others := 0
	r.answer = func(d delivery, _ int) int {
		if d.Data[0] == 'a' && others < 5 {
			return 500 // until the other key has got through
		}
		if d.Data[0] == 'b' {
			others++
		}
		return 204
	}
	s := subscription("in-order", r.url())
	s.Ordered = true
	h.subscribe(t, s)
	for i := range 5 {
		h.publish(t, topic, bus.Message{Data: fmt.Appendf(nil, "a%d", i), OrderingKey: "a"})
	}
	for i := range 5 {
		h.publish(t, topic, bus.Message{Data: fmt.Appendf(nil, "b%d", i), OrderingKey: "b"})
	}
	r.wait(t, func(got []delivery) bool {
		last := false
		for _, d := range got {
			last = last || (string(d.Data) == "a4" && d.answered == 204)
		}
		return last
	})
}

func deadLetter(t *testing.T, h Harness) {
	refusing, dead := newReceiver(t, h), newReceiver(t, h)
	refusing.answer = func(d delivery, _ int) int {
		if d.Attributes["poison"] == "" {
			return 204
		}
		return 500
	}
	s := subscription("refuses-poison", refusing.url())
	s.MaxAttempts, s.DeadLetter = 5, deadTopic
	d := subscription("dead-letters", dead.url())
	d.Topic = deadTopic
	h.subscribe(t, s, d)
	want := bus.Message{Data: []byte{0xff, 0}, Attributes: map[string]string{"poison": "yes"}}
	poison := h.publish(t, topic, want)
	h.publish(t, topic, bus.Message{Data: []byte("healthy")})
	dead.wait(t, func(got []delivery) bool { return len(got) > 0 })
	attempts := 0
	for _, d := range refusing.deliveries() {
		if d.ID == poison {
			attempts++
		}
	}
	// Pub/Sub counts at best effort: https://cloud.google.com/pubsub/docs/dead-letter-topics.
	if attempts < s.MaxAttempts || (h.Drive != nil && attempts > s.MaxAttempts) {
		t.Errorf("got %d attempts before the dead letter, want %d", attempts, s.MaxAttempts)
	}
	got := dead.deliveries()[0]
	if diff := cmp.Diff(want.Data, got.Data); diff != "" {
		t.Errorf("data of the dead letter (-want +got):\n%s", diff)
	}
	for name, value := range map[string]string{
		"poison": "yes", bus.AttrDeadLetterSubscription: s.Name, bus.AttrDeadLetterAttempts: fmt.Sprint(attempts),
	} {
		if got.Attributes[name] != value {
			t.Errorf("attribute %s of the dead letter is %q, want %q", name, got.Attributes[name], value)
		}
	}
}

func orderedDeadLetter(t *testing.T, h Harness) {
	if h.WithoutOrderedDeadLetters {
		t.Skip("an ordered subscription of this bus has no dead letters")
	}
	r, dead := newReceiver(t, h), newReceiver(t, h)
	r.answer = func(d delivery, _ int) int {
		if string(d.Data) == "1" {
			return 500
		}
		return 204
	}
	s := subscription("in-order", r.url())
	s.MaxAttempts, s.DeadLetter, s.Ordered = 5, deadTopic, true
	d := subscription("dead-letters", dead.url())
	d.Topic = deadTopic
	h.subscribe(t, s, d)
	for _, data := range []string{"1", "2", "3"} {
		h.publish(t, topic, bus.Message{Data: []byte(data), OrderingKey: "k"})
	}
	dead.wait(t, func(got []delivery) bool { return len(got) > 0 })
	r.wait(t, func(got []delivery) bool { return len(data(got)) == 3 })
	var got []string
	for _, d := range r.deliveries() {
		got = append(got, string(d.Data))
	}
	if diff := cmp.Diff([]string{"1", "1", "1", "1", "1", "2", "3"}, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if got := dead.deliveries()[0]; string(got.Data) != "1" {
		t.Errorf("the dead letter is %q, want 1", got.Data)
	}
}

func unknownTopic(t *testing.T, h Harness) {
	_, err := h.Publisher.Publish(t.Context(), "no-such-topic", bus.Message{Data: []byte("x")})
	if !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("got error %v, want %v", err, bus.ErrNoTopic)
	}
	// Made, it can be published to, even when nobody listens.
	if err := h.CreateTopic("no-such-topic"); err != nil {
		t.Fatal(err)
	}
	h.publish(t, "no-such-topic", bus.Message{Data: []byte("x")})
}

func invalidMessage(t *testing.T, h Harness) {
	r := newReceiver(t, h)
	h.subscribe(t, subscription("everything", r.url()))
	many := map[string]string{}
	for i := range bus.MaxAttributes + 1 {
		many[fmt.Sprint("a", i)] = ""
	}
	for name, m := range map[string]bus.Message{
		"nothing":                {OrderingKey: "k"},
		"too much data":          {Data: make([]byte, bus.MaxData+1)},
		"too many attributes":    {Attributes: many},
		"attribute without name": {Attributes: map[string]string{"": "x"}},
		"reserved attribute":     {Attributes: map[string]string{"googclient": "x"}},
		"long attribute name":    {Attributes: map[string]string{strings.Repeat("n", bus.MaxAttributeName+1): "x"}},
		"long attribute value":   {Attributes: map[string]string{"n": strings.Repeat("v", bus.MaxAttributeValue+1)}},
		"attribute not UTF-8":    {Attributes: map[string]string{"n": "\xff"}},
		"name not UTF-8":         {Attributes: map[string]string{"\xff": "x"}},
		"long ordering key":      {Data: []byte("x"), OrderingKey: strings.Repeat("k", bus.MaxOrderingKey+1)},
		"ordering key not UTF-8": {Data: []byte("x"), OrderingKey: "\xff"},
	} {
		if _, err := h.Publisher.Publish(t.Context(), topic, m); !errors.Is(err, bus.ErrInvalid) {
			t.Errorf("%s: got error %v, want %v", name, err, bus.ErrInvalid)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := h.Publisher.Publish(ended, topic, bus.Message{Data: []byte("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: got error %v, want %v", err, context.Canceled)
	}
	// The bus goes on after all of these, also with the ordering keys that were refused.
	id := h.publish(t, topic, bus.Message{Data: []byte("healthy"), OrderingKey: "k"})
	r.wait(t, func(got []delivery) bool { return ids(got)[id] })
}

func publishedBefore(t *testing.T, h Harness) {
	if err := h.CreateTopic(topic); err != nil {
		t.Fatal(err)
	}
	h.publish(t, topic, bus.Message{Data: []byte("early")})
	r := newReceiver(t, h)
	h.subscribe(t, subscription("late", r.url()))
	h.publish(t, topic, bus.Message{Data: []byte("in time")})
	r.wait(t, func(got []delivery) bool { return len(got) > 0 })
	if diff := cmp.Diff([]string{"in time"}, data(r.deliveries())); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func restarted(t *testing.T, h Harness) {
	if h.Restart == nil {
		t.Skip("this bus cannot be restarted from here")
	}
	r := newReceiver(t, h)
	s := subscription("in-order", r.url())
	s.Ordered = true
	h.subscribe(t, s)
	for i := range 20 {
		h.publish(t, topic, bus.Message{Data: fmt.Appendf(nil, "%02d", i), OrderingKey: fmt.Sprint(i % 2)})
		if i%7 == 0 {
			h.Restart(t)
		}
	}
	h.Restart(t)
	r.wait(t, func(got []delivery) bool { return len(data(got)) == 20 })
}
