package queue_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

func TestTaskValidate(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, task := range map[string]queue.Task{
		"no name":      {Queue: "directory"},
		"longest name": {Queue: "directory", Name: strings.Repeat("n", 500)},
		"largest body": {Queue: "directory", Body: make([]byte, queue.MaxBody)},
		"long past":    {Queue: "directory", NotBefore: time.Time{}},
		"latest":       {Queue: "directory", NotBefore: now.Add(queue.MaxDelay)},
	} {
		if err := task.Validate(now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, task := range map[string]queue.Task{
		"no queue":          {Name: "n"},
		"name with a slash": {Queue: "directory", Name: "a/b"},
		"name with a line":  {Queue: "directory", Name: "a\n"},
		"name too long":     {Queue: "directory", Name: strings.Repeat("n", 501)},
		"body too large":    {Queue: "directory", Body: make([]byte, queue.MaxBody+1)},
		"too far ahead":     {Queue: "directory", NotBefore: now.Add(queue.MaxDelay + 1)},
	} {
		if err := task.Validate(now); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("%s: got error %v, want %v", name, err, queue.ErrInvalid)
		}
	}
}

func TestLimitsValidate(t *testing.T) {
	valid := queue.Limits{Rate: 40, Concurrency: 10, MaxAttempts: 5, MinBackoff: time.Second, MaxBackoff: time.Hour}
	if err := valid.Validate(); err != nil {
		t.Errorf("valid limits: %v", err)
	}
	for name, change := range map[string]func(*queue.Limits){
		"no rate":            func(l *queue.Limits) { l.Rate = 0 },
		"negative rate":      func(l *queue.Limits) { l.Rate = -1 },
		"rate too high":      func(l *queue.Limits) { l.Rate = 500.1 },
		"rate is no number":  func(l *queue.Limits) { l.Rate = math.NaN() },
		"no concurrency":     func(l *queue.Limits) { l.Concurrency = 0 },
		"high concurrency":   func(l *queue.Limits) { l.Concurrency = 5001 },
		"negative attempts":  func(l *queue.Limits) { l.MaxAttempts = -1 },
		"no backoff":         func(l *queue.Limits) { l.MinBackoff = 0 },
		"backoff below 1 s":  func(l *queue.Limits) { l.MinBackoff = time.Second / 2 },
		"uneven backoff":     func(l *queue.Limits) { l.MaxBackoff += time.Millisecond },
		"backoff that falls": func(l *queue.Limits) { l.MaxBackoff = l.MinBackoff - 1 },
	} {
		l := valid
		change(&l)
		if err := l.Validate(); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("%s: got error %v, want %v", name, err, queue.ErrInvalid)
		}
	}
}

func TestLimitsIntervalIsNeverShorterThanTheRateAllows(t *testing.T) {
	for rate, want := range map[float64]time.Duration{
		500: 2 * time.Millisecond, 40: 25 * time.Millisecond, 3: 333_333_334, 0.5: 2 * time.Second, queue.LowestRate: 24 * time.Hour,
	} {
		if got := (queue.Limits{Rate: rate}).Interval(); got != want {
			t.Errorf("rate %v: got %s, want %s", rate, got, want)
		}
	}
}

func TestLimitsBackoffDoublesBetweenItsBounds(t *testing.T) {
	l := queue.Limits{MinBackoff: time.Second, MaxBackoff: 5 * time.Second}
	var got []time.Duration
	for _, tries := range []int{1, 2, 3, 4, 1_000_000} {
		got = append(got, l.Backoff(tries))
	}
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backoff (-want +got):\n%s", diff)
	}
}

func TestSucceeds(t *testing.T) {
	for status, want := range map[int]bool{0: false, 199: false, 200: true, 204: true, 299: true, 300: false, 404: false, 500: false} {
		if got := queue.Succeeds(status); got != want {
			t.Errorf("status %d: got %v, want %v", status, got, want)
		}
	}
}
