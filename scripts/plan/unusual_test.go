package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// printed is an answer as a table, in which what counts is read by people.
func printed(t *testing.T, answer printable) string {
	t.Helper()
	var out bytes.Buffer
	if err := asTable(&out, answer); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// A step of the ladder is what the first night would do: by the rule's mode, and not at all where the
// listing is not believed.
func TestStepsOfTheLadder(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	used := func(days int) []idle.Credential {
		return []idle.Credential{{Kind: "google", Used: now.AddDate(0, 0, -days), Created: now.AddDate(-2, 0, 0)}}
	}
	list := []idle.Account{
		{ID: "1", Email: "sekisho@example.com", Created: now.AddDate(-2, 0, 0), Self: true, Credentials: used(1)},
		{ID: "2", Email: "old@example.com", Created: now.AddDate(-2, 0, 0), Credentials: used(400)},
		{ID: "3", Email: "older@example.com", Created: now.AddDate(-2, 0, 0), Credentials: used(500)},
		{ID: "4", Email: "soon@example.com", Created: now.AddDate(-2, 0, 0), Credentials: used(170)},
		{ID: "5", Email: "odd@example.com", Created: now.AddDate(-2, 0, 0), Unreadable: []string{"when it was used"}},
		{ID: "6", Email: "busy@example.com", Created: now.AddDate(-2, 0, 0), Credentials: used(3)},
	}
	believed := idle.Reading{Accounts: len(list), Ours: now, Theirs: now}
	rule := func(mode change.Mode, warn ...time.Duration) idle.Rule {
		return idle.Rule{After: 180 * 24 * time.Hour, Warn: warn, Mode: mode, Grace: 30 * 24 * time.Hour}
	}
	steps := func(rule idle.Rule, l listing) (out []string, text string) {
		t.Helper()
		r, err := judgeAccounts("looker", l, rule, idle.Directory{}, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Steps {
			out = append(out, s.Step+" "+s.Account)
		}
		return out, printed(t, sectionsOnly{r.section()})
	}
	got, _ := steps(rule(change.Report), listing{list, believed})
	if diff := cmp.Diff([]string{"would stop (report) older@example.com", "would stop (report) old@example.com", "unknown: something about it could not be read odd@example.com"}, got); diff != "" {
		t.Errorf("in mode report (-want +got):\n%s", diff)
	}
	auto := rule(change.Auto)
	auto.Brake = brake.Brake{Max: 1}
	got, text := steps(auto, listing{list, believed})
	if diff := cmp.Diff([]string{"stop older@example.com", "stop old@example.com", "unknown: something about it could not be read odd@example.com"}, got); diff != "" {
		t.Errorf("without warnings (-want +got):\n%s", diff)
	}
	says(t, text, "The brake would hold all 2 stops until people have agreed.")
	if strings.Contains(text, "Nothing would be done") {
		t.Errorf("a listing that is believed is refused:\n%s", text)
	}
	got, _ = steps(rule(change.Auto, 14*24*time.Hour, 36*time.Hour), listing{list, believed})
	if diff := cmp.Diff([]string{
		"warn 14d before older@example.com", "warn 14d before old@example.com", "warn 14d before soon@example.com", "unknown: something about it could not be read odd@example.com",
	}, got); diff != "" {
		t.Errorf("with warnings (-want +got):\n%s", diff)
	}
	_, text = steps(rule(change.Auto), listing{list[1:], believed})
	says(t, text, "Nothing would be done: the listing is not believed: ")
	_, text = steps(rule(change.Auto), listing{list, idle.Reading{Accounts: len(list), Ours: now, Theirs: now.Add(time.Hour)}})
	says(t, text, "Nothing would be done: compare clocks: ")
}

// What the rules cannot decide is for a person.
func TestGroupsThatAPersonLooksAt(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	m := newMemory("A", now)
	m.Groups = []group.Group{{ID: "1", Email: "odd@example.com"}, {ID: "2", Email: "gone@example.com"}, {ID: "3", Email: "unread@example.com"}}
	m.Gone["2"] = true
	m.Settings["1"] = map[string]string{"whoCanJoin": "WHOEVER_KNOWS"}
	m.Settings["2"] = map[string]string{"whoCanJoin": "ANYONE_CAN_JOIN"}
	rules := settingsrule.Rules{Mode: change.Report, General: []settingsrule.Rule{{Field: "whoCanJoin", Needles: []string{"ANYONE_CAN_JOIN"}, Replace: "CAN_REQUEST_TO_JOIN"}}}
	r := judgeGroups(m, rules, now)
	if r.Total != 1 || r.Compliant != 0 {
		t.Errorf("%d groups, %d as they should be; want the one that was read, and that is not", r.Total, r.Compliant)
	}
	says(t, printed(t, report{Groups: r}), "Groups that a person has to look at", `odd@example.com whoCanJoin has a value that is not known: "WHOEVER_KNOWS"`)
	m.Settings["1"] = map[string]string{"whoCanJoin": "ANYONE_CAN_JOIN"}
	if r = judgeGroups(m, rules, now); r.Report != 1 || r.Ask+r.Auto != 0 || r.Rules[0].Mode != change.Report {
		t.Errorf("a rule that only reports: %+v", r)
	}
}

// What cannot be read is said, and keeps nothing else from being read.
func TestWhatCannotBeReadIsSaid(t *testing.T) {
	d := company(t)
	policy := loaded(t, "testdata/policy")
	d.LookerURL = ""
	d.transport["cloud.demo"] = failing(d.transport["cloud.demo"], path("getIamPolicy"))
	// A group that is deleted between its listing and its reading.
	next := d.transport["google.demo"]
	d.transport["google.demo"] = refusing(next, path("/groups/v1/groups/data@example.com"), http.StatusNotFound, "notFound", "", "Domain or group not found")
	r, err := opened(t, d, "").plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	says(t, printed(t, r),
		"The accounts of looker were not read: LOOKER_URL, LOOKER_CLIENT_ID and LOOKER_CLIENT_SECRET are not set.",
		"The project etl-prj-prd could not be read: ", "0 bindings at 1 place.", "4 groups, 1 of them secure")
}

// A binding of ours that has ended lies there for a while; then it counts as expired.
func TestABindingExpiresAfterItsGrace(t *testing.T) {
	end := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	at := grant.Scope{Kind: grant.Project, Name: "etl-prj-prd"}
	policy := grant.Policy{Bindings: []grant.Binding{{
		Role: "roles/run.admin", Members: []string{"user:aiko@example.com"},
		Condition: &grant.Condition{Title: "board/7", Description: "aaaaaaaaaaaaaaaaaaaaaaaa-1", Expression: `request.time < timestamp("2026-11-20T10:00:00Z")`},
	}}}
	for after, want := range map[time.Duration]int{-time.Second: 0, grant.Grace - time.Second: 0, grant.Grace: 1} {
		n := 0
		for _, f := range judgePlace(at, policy, nil, end.Add(after)).Findings {
			if f.What == expired {
				n++
			}
		}
		if n != want {
			t.Errorf("%s after its end %d bindings count as expired, want %d", after, n, want)
		}
	}
}
