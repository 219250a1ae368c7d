package slack

import "time"

const (
	postBurst           = 5   // messages to one channel at once; then one per second
	workspacePerMinute  = 600 // messages to all channels
	workspacePostsLimit = "messages in the workspace"
)

// window allows n requests in any minute.
type window struct {
	n    int
	past []time.Time // of allowed requests, at most n, oldest first
}

// take counts a request and returns 0, or returns how long to wait without counting it.
func (w *window) take(now time.Time) time.Duration {
	for len(w.past) > 0 && now.Sub(w.past[0]) >= time.Minute {
		w.past = w.past[1:]
	}
	if len(w.past) >= w.n {
		return w.past[0].Add(time.Minute).Sub(now)
	}
	w.past = append(w.past, now)
	return 0
}

// bucket allows one message per second, and a burst of postBurst after a pause.
type bucket struct {
	full time.Time // when the bucket is full again
}

func (b *bucket) take(now time.Time) time.Duration {
	start := b.full
	if start.Before(now) {
		start = now
	}
	if wait := start.Sub(now) - (postBurst-1)*time.Second; wait > 0 {
		return wait
	}
	b.full = start.Add(time.Second)
	return 0
}

func (s *Server) limit(name string, perMinute int) *window {
	w := s.limits[name]
	if w == nil {
		w = &window{n: perMinute}
		s.limits[name] = w
	}
	return w
}

// takePost counts one message to a channel against the limits of chat.postMessage.
func (s *Server) takePost(now time.Time, ch *channel) error {
	b := s.posts[ch.id]
	if b == nil {
		b = &bucket{}
		s.posts[ch.id] = b
	}
	if wait := b.take(now); wait > 0 {
		return &apiError{code: "ratelimited", wait: wait}
	}
	if wait := s.limit(workspacePostsLimit, workspacePerMinute).take(now); wait > 0 {
		return &apiError{code: "ratelimited", wait: wait}
	}
	return nil
}
