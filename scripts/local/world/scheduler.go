package world

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/sekisho/sekisho/shared/domain/event"
)

// retries are the waits before a call that went wrong is made again.
var retries = []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second}

// scheduler imitates Cloud Scheduler: each job at its times, and again when it went wrong.
type scheduler struct {
	jobs   []*scheduled
	client *http.Client
	url    func(function string) string
	// idle reports whether a call would find nothing to do. Such a call is left out: most
	// minutes of a world are like that.
	idle func(ctx context.Context, j Job, now time.Time) bool
}

type scheduled struct {
	Job
	schedule cron.Schedule
	slot     time.Time // the next time by the schedule
	due      time.Time // the next call: the slot, or a repetition
	tries    int
}

func newScheduler(jobs []Job, from time.Time, client *http.Client, url func(string) string, idle func(context.Context, Job, time.Time) bool) (*scheduler, error) {
	s := &scheduler{client: client, url: url, idle: idle}
	for _, j := range jobs {
		schedule, err := cron.ParseStandard(j.Spec)
		if err != nil {
			return nil, fmt.Errorf("job %s of %s: %w", j.Name, j.Function, err)
		}
		next := schedule.Next(from)
		s.jobs = append(s.jobs, &scheduled{Job: j, schedule: schedule, slot: next, due: next})
	}
	return s, nil
}

func (s *scheduler) next() *scheduled {
	var first *scheduled
	for _, j := range s.jobs {
		if first == nil || j.due.Before(first.due) {
			first = j
		}
	}
	return first
}

// soon moves the next call of a job to now; those after it stay where they are.
func (s *scheduler) soon(function, job string, now time.Time) {
	for _, j := range s.jobs {
		if j.Function == function && j.Name == job {
			j.due = now
		}
	}
}

// Next returns when the next call is due.
func (s *scheduler) Next(context.Context) (time.Time, bool) {
	j := s.next()
	if j == nil {
		return time.Time{}, false
	}
	return j.due, true
}

// RunNext makes the next call.
func (s *scheduler) RunNext(ctx context.Context, now time.Time) error {
	j := s.next()
	if j == nil || j.due.After(now) {
		return nil
	}
	ok := s.idle(ctx, j.Job, now)
	if !ok {
		status, err := s.Call(ctx, j.Function, event.Tick{Job: j.Name})
		ok = err == nil && status >= 200 && status < 300
	}
	if !ok && j.tries < len(retries) {
		j.due = now.Add(retries[j.tries])
		j.tries++
		if again := j.schedule.Next(j.slot); !again.After(j.due) {
			ok = true // the next slot comes first
		}
	} else {
		ok = true
	}
	if ok {
		j.slot = j.schedule.Next(j.slot)
		j.due, j.tries = j.slot, 0
	}
	return nil
}

// Call posts one payload to a function as the scheduler does.
func (s *scheduler) Call(ctx context.Context, function string, p event.Payload) (int, error) {
	body, err := event.Seal(p)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url(function), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("call %s: %w", function, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+callerToken)
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("call %s: %w", function, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}
