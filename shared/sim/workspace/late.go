package workspace

import "time"

// late is a value whose changes show only after a while. The values must not be changed in
// place.
type late[T any] struct {
	value T
	past  []outdated[T]
}

// outdated is a former value and the time until which readers still get it.
type outdated[T any] struct {
	value T
	until time.Time
}

// set changes the value; readers go on getting the former one for lag. Without lag what was
// not visible yet becomes visible too, since the new value builds on it.
func (l *late[T]) set(v T, now time.Time, lag time.Duration) {
	if lag > 0 {
		l.past = append(l.past, outdated[T]{l.value, now.Add(lag)})
	} else {
		l.past = nil
	}
	l.value = v
}

// seen is what a reader gets at now.
func (l *late[T]) seen(now time.Time) T {
	for len(l.past) > 0 && !now.Before(l.past[0].until) {
		l.past = l.past[1:]
	}
	if len(l.past) > 0 {
		return l.past[0].value
	}
	return l.value
}
