package groupwatch_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// listing is an audit log in an order of its own, so many entries to a page. From one page on it may
// break off; zero is that it does not.
type listing struct {
	items   []string
	perPage int
	broken  int
}

func (l listing) RoundTrip(r *http.Request) (*http.Response, error) {
	page, _ := strconv.Atoi(r.URL.Query().Get("pageToken")) // the first one has no token
	if l.broken > 0 && page >= l.broken {
		return nil, fmt.Errorf("page %d does not come", page)
	}
	from, to := page*l.perPage, min((page+1)*l.perPage, len(l.items))
	body := `{"items":[` + strings.Join(l.items[from:to], ",") + `]`
	if to < len(l.items) {
		body += fmt.Sprintf(`,"nextPageToken":"%d"`, page+1)
	}
	return answer(body + "}").RoundTrip(r)
}

// entry is an entry of an application's audit log about a group, which a parameter of the event names.
func entry(application, name, parameter, actor string, at time.Time) string {
	return fmt.Sprintf(`{"id":{"time":%q,"uniqueQualifier":"%d","applicationName":%q},"actor":{"email":%q},
		"events":[{"name":%q,"parameters":[{"name":%q,"value":"analysts@example.com"}]}]}`,
		at.Format(time.RFC3339), at.Unix(), application, actor, name, parameter)
}

// Many changes of one group, none of which was notified, are one reading: in whichever order Google lists
// them, on however many pages, and also where the list breaks off.
func TestManyLostChangesOfOneGroupAreOneReading(t *testing.T) {
	const changes = 20
	for name, order := range map[string]func(items []string){
		"newest first": func([]string) {},
		"oldest first": slices.Reverse[[]string],
		"in no order": func(items []string) {
			for i := range changes / 2 {
				if i%2 == 0 {
					items[i], items[changes-1-i] = items[changes-1-i], items[i]
				}
			}
		},
	} {
		for _, log := range []listing{{perPage: changes}, {perPage: 3}, {perPage: 3, broken: 4}} {
			t.Run(fmt.Sprintf("%s by %d, broken from %d", name, log.perPage, log.broken), func(t *testing.T) {
				w := open(t)
				w.Variables["APPLICATIONS"] = "admin"
				for i := range changes {
					at := w.Clock.Now().Add(-time.Duration(10+2*i) * time.Minute)
					log.items = append(log.items, entry("admin", "ADD_GROUP_MEMBER", "GROUP_EMAIL", "noor@example.com", at))
				}
				order(log.items)
				w.Outbound = log
				w.handler = w.Build(groupwatch.Function)
				want := http.StatusOK
				if log.broken > 0 {
					want = http.StatusServiceUnavailable
				}
				if status := w.tick(groupwatch.JobPoll); status != want {
					t.Fatalf("status %d, want %d\n%s", status, want, w.Log)
				}
				if got := len(w.Queue.Take(event.QueueDirectory)); got != 1 {
					t.Errorf("%d readings were ordered, want 1", got)
				}
			})
		}
	}
}

// What our own robot did last does not hide that somebody else changed what nobody has read: the settings
// are read again too.
func TestTheRobotsChangeDoesNotHideAnothers(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		w := open(t)
		w.Variables["APPLICATIONS"] = "groups_enterprise"
		at := w.Clock.Now().Add(-30 * time.Minute)
		items := []string{
			entry("groups_enterprise", "add_service_account_permission", "group_id", "noor@example.com", at),
			entry("groups_enterprise", "add_service_account_permission", "group_id", "robot@example.com", at.Add(10*time.Minute)),
		}
		if reverse {
			slices.Reverse(items)
		}
		w.Outbound = listing{items: items, perPage: 2}
		w.handler = w.Build(groupwatch.Function)
		if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, w.Log)
		}
		want := []string{"group.refresh/1 analysts@example.com", "settings.check/1 analysts@example.com"}
		if got := w.readings(t); !slices.Equal(got, want) {
			t.Errorf("newest first %t: readings %q, want %q", reverse, got, want)
		}
	}
}

// Lost signals that name no group are one walk, and all settings are read if somebody else than our own robot
// may have changed those of any group, whatever was told later or before.
func TestAnUploadDoesNotHideSettingsOfAnyGroup(t *testing.T) {
	const settings, upload, ken, robot = "CHANGE_GROUP_SETTING", "GROUP_MEMBER_BULK_UPLOAD", "ken@example.com", "robot@example.com"
	type act struct{ name, actor string }
	for _, test := range []struct {
		first, second act
		want          int
	}{
		{act{settings, ken}, act{upload, ken}, 1},
		{act{upload, ken}, act{settings, ken}, 1},
		{act{settings, ken}, act{upload, robot}, 1},
		{act{settings, ken}, act{settings, robot}, 1},
		{act{settings, robot}, act{upload, ken}, 0},
		{act{upload, ken}, act{settings, robot}, 0},
	} {
		for _, reverse := range []bool{false, true} {
			w := open(t)
			w.Variables["APPLICATIONS"] = "admin"
			var items []string
			for i, a := range []act{test.first, test.second} {
				at := w.Clock.Now().Add(time.Duration(10*i-40) * time.Minute)
				items = append(items, fmt.Sprintf(`{"id":{"time":%q,"uniqueQualifier":"%d","applicationName":"admin"},"actor":{"email":%q},"events":[{"name":%q}]}`,
					at.Format(time.RFC3339), i, a.actor, a.name))
			}
			if reverse {
				slices.Reverse(items)
			}
			w.Outbound = listing{items: items, perPage: 2}
			w.handler = w.Build(groupwatch.Function)
			if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, w.Log)
			}
			if got := len(w.Queue.Take(event.QueueSettings)); got != test.want {
				t.Errorf("%v, then %v, newest first %t: %d sweeps of settings, want %d", test.first, test.second, reverse, got, test.want)
			}
		}
	}
}
