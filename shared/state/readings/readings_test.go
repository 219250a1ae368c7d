package readings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/readings"
)

const robot = "sekisho@example.com"

var start = time.Date(2026, 11, 22, 9, 0, 10, 0, time.UTC)

// queues hold what was enqueued, each name once.
type queues struct {
	tasks []queue.Task
	fails error
}

func (q *queues) Enqueue(_ context.Context, t queue.Task) error {
	if q.fails != nil {
		return q.fails
	}
	if err := t.Validate(start); err != nil {
		return err
	}
	if slices.ContainsFunc(q.tasks, func(have queue.Task) bool { return have.Queue == t.Queue && have.Name == t.Name }) {
		return fmt.Errorf("task %s: %w", t.Name, queue.ErrExists)
	}
	q.tasks = append(q.tasks, t)
	return nil
}

// planned returns the tasks in words: the queue, the payload and how many seconds ahead.
func (q *queues) planned(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, task := range q.tasks {
		var e event.Envelope
		if err := json.Unmarshal(task.Body, &e); err != nil {
			t.Fatalf("decode a task: %v", err)
		}
		out = append(out, fmt.Sprintf("%s %s %s +%.0f", task.Queue, e.Type, e.Data, task.NotBefore.Sub(start).Seconds()))
	}
	return out
}

func signal(topic group.Topic, about, actor string) group.Signal {
	return group.Signal{Topic: topic, Group: about, Actor: actor}
}

func everything(actor string) group.Signal {
	return group.Signal{Topic: group.AboutEverything, Settings: true, Actor: actor}
}

func person(address string) group.Signal {
	return group.Signal{Topic: group.AboutPerson, Person: address}
}

func TestQueue(t *testing.T) {
	const (
		noticed  = `"noticed":"2026-11-22T09:00:10Z"`
		refresh  = `directory group.refresh/1 {"group":"eng@example.com",` + noticed + `} +80`
		settings = `groups-settings settings.check/1 {"group":"eng@example.com","actor":"ada@example.com",` + noticed + `} +35`
		all      = `groups-settings settings.sweep/1 {"run":"everything-20261122T120030","before":"2026-11-22T12:00:30Z"} +10820`
		walk     = `directory walk/1 {"run":"20261122T090730","page":0} +440`
	)
	const eng, ada = "eng@example.com", "ada@example.com"
	for _, test := range []struct {
		name    string
		signals []group.Signal
		want    []string
	}{
		{"members", []group.Signal{signal(group.AboutMembers, eng, ada)}, []string{refresh}},
		{"settings", []group.Signal{signal(group.AboutSettings, eng, ada)}, []string{settings}},
		{
			"settings by nobody in particular",
			[]group.Signal{signal(group.AboutSettings, eng, "")},
			[]string{`groups-settings settings.check/1 {"group":"eng@example.com",` + noticed + `} +35`},
		},
		{"settings by our own robot", []group.Signal{signal(group.AboutSettings, eng, "Sekisho@Example.com")}, nil},
		{"the group itself", []group.Signal{signal(group.AboutGroup, eng, ada)}, []string{refresh}},
		{"the whole", []group.Signal{signal(group.AboutWhole, eng, ada)}, []string{refresh, settings}},
		{"the whole by our own robot", []group.Signal{signal(group.AboutWhole, eng, robot)}, []string{refresh}},
		{"members by our own robot", []group.Signal{signal(group.AboutMembers, eng, robot)}, []string{refresh}},
		{"everything", []group.Signal{signal(group.AboutEverything, "", ada)}, []string{walk}},
		{"everything, whatever group it names", []group.Signal{signal(group.AboutEverything, eng, robot)}, []string{walk}},
		{"everything, settings included", []group.Signal{everything(ada), everything("bo@example.com")}, []string{walk, all}},
		{"everything, settings by our own robot", []group.Signal{everything(robot)}, []string{walk}},
		{"no group", []group.Signal{signal(group.AboutMembers, " ", ada)}, []string{walk}},
		{"a person", []group.Signal{person("Ada@example.com"), person("ada@example.com")}, []string{`directory person.refresh/1 {"person":"Ada@example.com"} +80`}},
		{"nobody", []group.Signal{person("")}, []string{walk}},
		{"an unknown topic", []group.Signal{signal("new", eng, ada)}, []string{refresh}},
		{
			"a burst is one reading of each sort",
			[]group.Signal{
				signal(group.AboutGroup, eng, ada), signal(group.AboutMembers, eng, ada), signal(group.AboutMembers, "ENG@example.com", robot),
				signal(group.AboutSettings, eng, ada), signal(group.AboutWhole, eng, ada), signal(group.AboutSettings, eng, "bo@example.com"),
			},
			[]string{refresh, settings},
		},
		{
			"groups are read each for itself",
			[]group.Signal{signal(group.AboutMembers, eng, ada), signal(group.AboutMembers, "ops@example.com", ada)},
			[]string{refresh, strings.Replace(refresh, "eng@", "ops@", 1)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := &queues{}
			for _, s := range test.signals {
				if err := readings.Plan(t.Context(), q, s, robot, start); err != nil {
					t.Fatalf("Queue %s: %v", s.Topic, err)
				}
			}
			if diff := cmp.Diff(test.want, q.planned(t)); diff != "" {
				t.Errorf("planned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutARobotNothingIsItsOwn(t *testing.T) {
	q := &queues{}
	if err := readings.Plan(t.Context(), q, signal(group.AboutSettings, "eng@example.com", ""), "", start); err != nil {
		t.Fatalf("Queue: %v", err)
	}
	if len(q.tasks) != 1 {
		t.Errorf("planned %d readings, want 1", len(q.tasks))
	}
}

// A signal that comes after the reading was due is a reading of its own; until then it shares.
func TestEverySignalIsFollowedByAReading(t *testing.T) {
	for _, topic := range []group.Topic{group.AboutMembers, group.AboutSettings, group.AboutEverything} {
		q := &queues{}
		for s := range 600 {
			now := start.Add(time.Duration(s) * time.Second)
			if err := readings.Plan(t.Context(), q, signal(topic, "eng@example.com", "ada@example.com"), robot, now); err != nil {
				t.Fatalf("Queue: %v", err)
			}
			last := q.tasks[len(q.tasks)-1].NotBefore
			if wait := last.Sub(now); wait < topic.Settle()/2 || wait > 2*topic.Settle() {
				t.Fatalf("%s: noticed after %d s, read %s later; it settles in %s", topic, s, wait, topic.Settle())
			}
		}
		if most := int(10*time.Minute/topic.Settle()) + 1; len(q.tasks) > most {
			t.Errorf("%s: %d readings of ten minutes of signals, at most %d expected", topic, len(q.tasks), most)
		}
	}
}

// Two logs tell of the same act, one of them later: it is read once.
func TestTheSameActIsReadOnceHoweverLateItIsTold(t *testing.T) {
	q := &queues{}
	s := signal(group.AboutMembers, "eng@example.com", "ada@example.com")
	s.At = start
	for _, late := range []time.Duration{5 * time.Second, 95 * time.Second, 40 * time.Minute} {
		if err := readings.Plan(t.Context(), q, s, robot, start.Add(late)); err != nil {
			t.Fatalf("Plan: %v", err)
		}
	}
	if len(q.tasks) != 1 {
		t.Errorf("planned %d readings, want 1", len(q.tasks))
	}
	s.At = start.Add(24 * time.Hour) // by a clock that is wrong
	if err := readings.Plan(t.Context(), q, s, robot, start.Add(time.Hour)); err != nil || len(q.tasks) != 2 || q.tasks[1].NotBefore.After(start.Add(62*time.Minute)) {
		t.Errorf("planned %+v, %v; want one more, an hour later", q.tasks, err)
	}
}

// What was planned and came to nothing is planned again, at once.
func TestRepairIsAReadingOfItsOwn(t *testing.T) {
	q := &queues{}
	s := signal(group.AboutMembers, "eng@example.com", "ada@example.com")
	s.At = start
	now := start.Add(5 * time.Minute)
	for _, plan := range []func(context.Context, queue.Queue, group.Signal, string, time.Time) error{readings.Plan, readings.Repair, readings.Repair} {
		if err := plan(t.Context(), q, s, robot, now); err != nil {
			t.Fatalf("Plan or Repair: %v", err)
		}
	}
	if len(q.tasks) != 2 || q.tasks[1].NotBefore.After(now) {
		t.Errorf("planned %+v, want two readings, the second at once", q.tasks)
	}
}

// Whoever looks every five minutes and finds an event without its reading has it repaired once at first,
// and ever more rarely: the readings that wait would all be done when the outage is over.
func TestRepairsGrowRare(t *testing.T) {
	for topic, want := range map[group.Topic][]time.Duration{
		group.AboutMembers:    {5 * time.Minute, 15 * time.Minute, 50 * time.Minute, 195 * time.Minute, 770 * time.Minute},
		group.AboutEverything: {5 * time.Minute, 60 * time.Minute, 240 * time.Minute, 960 * time.Minute},
	} {
		q := &queues{}
		s := signal(topic, "eng@example.com", "ada@example.com")
		s.At = start
		var got []time.Duration
		for age := 5 * time.Minute; age <= 24*time.Hour; age += 5 * time.Minute {
			before := len(q.tasks)
			if err := readings.Repair(t.Context(), q, s, robot, start.Add(age)); err != nil {
				t.Fatal(err)
			}
			if len(q.tasks) > before {
				got = append(got, age)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("about %s: ages at which it is repaired (-want +got):\n%s", topic, diff)
		}
		// What happens next is repaired as promptly.
		s.At = start.Add(time.Hour)
		if err := readings.Repair(t.Context(), q, s, robot, s.At.Add(5*time.Minute)); err != nil || len(q.tasks) != len(want)+1 {
			t.Errorf("about %s: %d readings, %v; want one more", topic, len(q.tasks), err)
		}
	}
	// Whatever time an event gives.
	q := &queues{}
	for _, at := range []time.Time{{}, time.Unix(-1<<40, 0), start.Add(24 * time.Hour)} {
		s := signal(group.AboutMembers, "eng@example.com", "")
		s.At = at
		if err := readings.Repair(t.Context(), q, s, robot, start); err != nil {
			t.Errorf("of %s: %v", at, err)
		}
	}
}

// However many entries of the audit log may be about any settings, and however often each is looked at,
// all settings are read four times a day at most, and after every one of the entries.
func TestAllSettingsAreReadSeldomAndLater(t *testing.T) {
	q := &queues{}
	for age := range 24 * 12 {
		s := everything("ada@example.com")
		s.At = start.Add(time.Duration(age) * 5 * time.Minute)
		for _, later := range []time.Duration{0, 5 * time.Minute, 3 * time.Hour} {
			if err := readings.AllSettings(t.Context(), q, s, robot, s.At.Add(later)); err != nil {
				t.Fatal(err)
			}
		}
		var e event.Envelope
		var p event.SweepSettings
		last := q.tasks[len(q.tasks)-1]
		if err := errors.Join(json.Unmarshal(last.Body, &e), json.Unmarshal(e.Data, &p)); err != nil {
			t.Fatal(err)
		}
		if wait := last.NotBefore.Sub(s.At); wait < group.AboutSettings.Settle() || wait > 6*time.Hour+time.Minute || !p.Before.Equal(last.NotBefore) {
			t.Fatalf("what happened at %s is read at %s, where it was read before %s", s.At, last.NotBefore, p.Before)
		}
	}
	if len(q.tasks) != 5 {
		t.Errorf("%d readings of all settings in a day that begins within a window, want 5", len(q.tasks))
	}
}

func TestAQueueThatIsAwayIsAnError(t *testing.T) {
	q := &queues{fails: errors.New("the queue is away")}
	for _, topic := range []group.Topic{group.AboutMembers, group.AboutSettings, group.AboutWhole, group.AboutEverything} {
		if err := readings.Plan(t.Context(), q, signal(topic, "eng@example.com", ""), robot, start); !errors.Is(err, q.fails) {
			t.Errorf("Queue %s: %v; want %v", topic, err, q.fails)
		}
	}
}
