package activity_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// What Google pushes and what Cloud Logging exports of one act is the same activity.
func TestALogEntryIsTheActivityThatIsPushed(t *testing.T) {
	for _, name := range []string{"admin_member_removed", "admin_group_renamed"} {
		pushed, err := activity.Parse(body(t, name))
		if err != nil {
			t.Fatal(err)
		}
		logged, err := activity.ParseLogEntry(body(t, "log_"+name))
		if err != nil {
			t.Fatal(err)
		}
		pushed.Customer = "" // of whom a log entry says nothing
		if diff := cmp.Diff(pushed, logged); diff != "" {
			t.Errorf("%s (-pushed +logged):\n%s", name, diff)
		}
	}
}

func TestALogEntryOfAGroupBecomesASignal(t *testing.T) {
	text := string(body(t, "log_group_membership"))
	at := half.Add(503723 * time.Microsecond)
	for _, test := range []struct {
		name    string
		changes []string // pairs of what is replaced
		want    []group.Signal
	}{
		{"of a member", nil, []group.Signal{{Group: "data@example.com", Topic: group.AboutMembers, At: at, Actor: "ken@example.com", Name: "UpdateMembership"}}},
		{
			"whose metadata names no group",
			[]string{`"group": "group:Data@example.com",`, ""},
			[]group.Signal{{Group: "data@example.com", Topic: group.AboutMembers, At: at, Actor: "ken@example.com", Name: "UpdateMembership"}},
		},
		{
			"of a method that is not known",
			[]string{"MembershipsService.UpdateMembership", "GroupsService.UpdateGroup"},
			[]group.Signal{{Group: "data@example.com", Topic: group.AboutWhole, At: at, Actor: "ken@example.com", Name: "UpdateGroup"}},
		},
		{
			"that names no group at all",
			[]string{`"group": "group:Data@example.com",`, "", `"resourceName": "groups/data@example.com"`, `"resourceName": ""`},
			[]group.Signal{{Topic: group.AboutEverything, At: at, Actor: "ken@example.com", Name: "UpdateMembership"}},
		},
		{"of another service", []string{`"cloudidentity.googleapis.com"`, `"login.googleapis.com"`}, nil},
	} {
		a, err := activity.ParseLogEntry([]byte(strings.NewReplacer(test.changes...).Replace(text)))
		if err != nil {
			t.Errorf("an entry %s: %v", test.name, err)
			continue
		}
		got := a.Signals()
		for i := range got {
			got[i].Key = ""
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("an entry %s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Two entries of one moment are two activities, and the same entry is the same one again.
func TestLogEntriesHaveKeys(t *testing.T) {
	text := string(body(t, "log_group_membership"))
	key := func(text string) string {
		a, err := activity.ParseLogEntry([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return a.Signals()[0].Key
	}
	first, again := key(text), key(text)
	other := key(strings.Replace(text, "41616e8c", "51616e8c", 1))
	if first != again || first == other {
		t.Errorf("keys %q and %q of one entry, %q of another", first, again, other)
	}
}

func TestParseLogEntryRefuses(t *testing.T) {
	admin, member := string(body(t, "log_admin_member_removed")), string(body(t, "log_group_membership"))
	const secret = "canary-in-a-log-entry"
	for name, text := range map[string]string{
		"nothing":                     ``,
		"no object":                   `["` + secret + `"]`,
		"another form":                `{"protoPayload": "` + secret + `"}`,
		"no service":                  `{"timestamp": "2026-11-22T09:30:00Z", "insertId": "1"}`,
		"a service that is no word":   strings.Replace(member, `"serviceName": "`, `"serviceName": "`+secret+` `, 1),
		"no time":                     strings.Replace(member, `"timestamp": "2026-11-22T09:30:00.503723Z"`, `"timestamp": "`+secret+`"`, 1),
		"no id":                       strings.Replace(member, "41616e8ca214107f662ac4cfddb7ae0c", "", 1),
		"a qualifier that is none":    strings.Replace(admin, `"-7201133700451120043"`, `"`+secret+`"`, 1),
		"a time that is none":         strings.Replace(admin, `"1795339800125000"`, `"`+secret+`"`, 1),
		"a time before all time":      strings.Replace(admin, `"1795339800125000"`, `"-1"`, 1),
		"an event without a name":     strings.Replace(admin, `"REMOVE_GROUP_MEMBER"`, `""`, 1),
		"a method that is no word":    strings.Replace(member, `MembershipsService.UpdateMembership",`, secret+` !",`, 1),
		"what is nested without end":  strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100),
		"what is too large":           `{"insertId": "` + strings.Repeat("x", activity.MaxBytes) + `"}`,
		"a truncated entry":           admin[:len(admin)/2],
		"an entry with another entry": admin + admin,
	} {
		a, err := activity.ParseLogEntry([]byte(text))
		if err == nil {
			t.Errorf("%s: it was read as %+v", name, a)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats what was sent: %v", name, err)
		}
	}
}

func FuzzParseLogEntry(f *testing.F) {
	for _, name := range []string{"log_admin_member_removed", "log_admin_group_renamed", "log_group_membership"} {
		f.Add(body(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := activity.ParseLogEntry(text)
		if err != nil {
			return
		}
		sound(t, a)
	})
}

func body(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
