package slacknotify

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// facts are the facts of a row, or of a notice.
type facts = map[string]string

// noticesOfEachKind say what functions post, in every way in which they do.
var noticesOfEachKind = []notice.Notice{
	{Kind: notice.AccountWarning, Facts: facts{"system": "Looker", "account": "ken@example.com", "last": "2026-05-01"}},
	{Kind: notice.AccountWarning, Facts: facts{"system": "Looker", "account": "ken@example.com", "last": ""}},
	{Kind: notice.AccountUntold, Facts: facts{"system": "Looker", "more": "3"}, Rows: []facts{{"account": "ken@example.com", "until": "2026-12-07T00:00:00Z"}}},
	{Kind: notice.AccountWarning, Over: true, Facts: facts{"system": "Looker", "account": "ken@example.com"}},
	{Kind: notice.AccountWarning, Over: true, Facts: facts{"system": "Looker", "account": "ken@example.com", "spared": "yes"}},
	{Kind: notice.AccountWarning, Over: true, Facts: facts{"system": "Looker", "account": "ken@example.com", "moved": "yes"}},
	{Kind: notice.AccountRefused, Facts: facts{"system": "Looker"}, Rows: []facts{
		{"why": string(idle.Nobody)},
		{"why": string(idle.WithoutSelf)},
		{"why": string(idle.Shrunk)},
		{"why": string(idle.Undated)},
		{"why": string(idle.Deserted)},
		{"why": idle.ErrGroupUnread.Error(), "group": "exec@example.com"},
		{"why": idle.ErrClock.Error(), "ours": "2026-11-22T00:00:00Z", "theirs": "2026-11-22T00:05:00Z"},
		{"why": idle.ErrClock.Error(), "ours": "2026-11-22T00:00:00Z"},
	}},
	{Kind: notice.AccessEnding, Facts: facts{"entitlement": "etl"}},
	{Kind: notice.AccessDrift, Facts: facts{"scope": "project prd", "kind": "project", "name": "prd"}, Rows: []facts{
		drifted(grant.Gone, "", "", ""), drifted(grant.Stray, "", "", ""), drifted(grant.Endless, "", "", ""), drifted(grant.Outside, "", "", ""),
		drifted(grant.Changed, grant.PartRole, "roles/browser", "roles/run.admin"), drifted(grant.Changed, grant.PartMember, "user:ken@example.com", "user:aiko@example.com"),
		drifted(grant.Changed, grant.PartEnd, "2030-01-01 00:00:00 UTC", "2026-11-22 13:00:00 UTC"), drifted(grant.Changed, grant.PartCondition, "a || b", ""),
		drifted(grant.Changed, grant.PartTitle, "for ever and a day", "one release"), drifted(grant.Changed, grant.PartForm, "true", ""),
	}},
	{Kind: notice.AccessCrowded, Facts: facts{"scope": "project prd", "kind": "project", "name": "prd"}, Rows: []facts{
		{"limit": "principals", "have": "1301", "most": "1500"},
		{"limit": "groups", "have": "201", "most": "250"},
		{"limit": "conditional", "have": "80", "most": "100"},
		{"limit": "size", "have": "60000", "most": "65536"},
	}},
	{Kind: notice.ConnectionHandover, Facts: facts{"connection": "sales", "service": "mysql", "requester": "ken@example.com", "why": "expired"}},
	{Kind: notice.ConnectionResult, Facts: facts{"connection": "sales", "service": "mysql", "state": "failed"}, Rows: []facts{
		{"test": "Connecting to the host", "status": connection.TestFailed, "detail": "The host did not answer in time"},
	}},
	{Kind: notice.CatalogState, Rows: []facts{
		{"what": "drift", "step": "update policy masking", "by": "ken"},
		{"what": "drift in team", "step": "remove member etl: noah@example.com", "by": "admin"},
		finding(catalog.FoundStranger, catalog.KindRole), finding(catalog.FoundMissing, catalog.KindUser), finding(catalog.FoundTwice, catalog.KindUser),
		finding(catalog.FoundBelow, catalog.KindTeam), finding(catalog.FoundGroup, catalog.KindTeam), finding(catalog.FoundNeeded, catalog.KindPolicy),
		{"more": "12"},
	}},
	{Kind: notice.CatalogRefused, Rows: []facts{
		{"text": "the directory has not been read whole yet"},
		{"text": "the group nowhere@example.com is not in the directory"},
		{"text": "group all@example.com: its members have not been read yet"},
		{"kind": "role", "name": "steward", "text": "has the policy masking, which nobody wants"},
		{"more": "12"},
	}},
}

func drifted(kind grant.DriftKind, part grant.Part, is, was string) facts {
	return facts{
		"what": string(kind), "role": "roles/run.admin", "member": "user:aiko@example.com", "change": "aaaa-1", "title": "somebody made this by hand",
		"part": string(part), "is": is, "was": was, "text": "this is what it is in English",
	}
}

func finding(code catalog.FindingCode, kind catalog.Kind) facts {
	f := catalog.Finding{Code: code, Kind: kind, Name: "data"}
	return facts{"what": "stays", "code": string(code), "kind": string(kind), "name": "data", "text": catalog.Plan{Findings: []catalog.Finding{f}}.Lines()[0]}
}

// reasonsOfRules are why rules ask for changes, by the kind of change.
var reasonsOfRules = map[change.Kind]string{
	change.GroupSettings:      "whoCanJoin has a value that is not known here: NEW. It is not taken for compliant; a person has to look.",
	change.AccountDisable:     "not used since 2026-05-01, longer than 180 days",
	change.AccountDisablePlan: "500 accounts at once are more than the brake lets pass; 12 more are left for the next plan",
	change.AccountListing:     string(idle.Shrunk) + "; " + string(idle.Undated),
	change.AccessRevoke:       string(grant.NoLongerEligible),
	change.ConnectionRenew:    connection.WhyBroken,
	change.CatalogApply:       "20 more steps follow after these; 40 removals at once are more than the brake lets pass",
}

// changeOf is a change of a kind as a rule asks for it.
func changeOf(kind change.Kind, state change.State) change.Change {
	c := change.Change{
		ID: "aaaa-1", Revision: 1, Kind: kind, State: state, Target: change.Target{Name: "ken@example.com"}, Reason: reasonsOfRules[kind],
		Requester: change.Actor{Kind: change.ByRule}, Requirement: change.Requirement{Needs: []change.Need{{Count: 2, From: "admins"}}},
		Problem: "the listing is another one", Proposed: noon, Until: noon.Add(time.Hour),
	}
	switch kind {
	case change.GroupSettings:
		c.Diff = []change.Delta{{Field: "whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "INVITED_CAN_JOIN"}}
	case change.GroupSettingsPlan:
		c.Target.Name, c.Diff = "held groups", []change.Delta{{Field: "all@example.com whoCanJoin", Before: "ANYONE_CAN_JOIN", After: "INVITED_CAN_JOIN"}}
	case change.GroupMembersPlan:
		c.Target.Name, c.Diff = "held removals", []change.Delta{{Field: "all@example.com", Before: "ken@example.com, +7", After: "sum"}, {Field: "old@example.com itself", Before: "ken@example.com", After: "sum"}}
	case change.AccountListing:
		c.Diff = []change.Delta{{Field: "accounts", Before: "100", After: "12"}, {Field: "used", Before: "80", After: "10"}, {Field: "active", Before: "60", After: "8"}}
	case change.AccountDisable, change.AccountEnable, change.AccountCreate:
		c.Diff = []change.Delta{{Field: "last", After: "never"}, {Field: "roles", After: "User"}, {Field: "enabled", Before: "true", After: "false"}}
	case change.AccountDisablePlan:
		c.Diff = []change.Delta{{Field: "ken@example.com last", After: "2026-05-01"}, {Field: "aiko@example.com last", After: "never"}, {Field: "ken@example.com enabled", After: "false"}}
	case change.AccessGrant, change.AccessRevoke, change.AccessReview:
		c.Diff = []change.Delta{{Field: "person", After: "ken@example.com"}, {Field: "role roles/run.admin", After: "roles/run.admin"}, {Field: "until", After: "2026-11-22"}}
	case change.ConnectionCreate, change.ConnectionRenew:
		c.Diff = []change.Delta{{Field: "owner", After: "ken@example.com"}}
	case change.CatalogApply:
		c.Diff = []change.Delta{{Field: "update policy masking"}} // steps are technical, and stay as they are
	}
	return c
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Whoever reads Japanese reads no English sentence of ours: neither in a notice nor about a change,
// however it stands.
func TestJapaneseHasNoEnglishSentences(t *testing.T) {
	for _, n := range noticesOfEachKind {
		for _, over := range []bool{false, true} {
			n.Over, n.At, n.Until = over, noon, noon.Add(10*time.Minute)
			checkJapanese(t, string(n.Kind), japanese.notices[n.Kind](n, japanese))
		}
	}
	for kind := range japanese.notices {
		played := slices.ContainsFunc(noticesOfEachKind, func(n notice.Notice) bool { return n.Kind == kind })
		if !played && kind != notice.AccountSummary { // which has a test of its own
			t.Errorf("%s is not played", kind)
		}
	}
	for _, kind := range change.Kinds() {
		for _, state := range change.States {
			for _, who := range []part{decides, asked, hears} {
				checkJapanese(t, string(kind)+" "+string(state), japanese.write(changeOf(kind, state), letter{Part: who}, only, nil, noon))
			}
		}
	}
}

var inQuotes = regexp.MustCompile("「[^」]*」")

// englishWord is a word of a sentence. Names, addresses, roles, settings and times look otherwise.
var englishWord = regexp.MustCompile(`^[(]?[A-Za-z]?[a-z']+[,.;:)]?$`)

// checkJapanese finds lines with four English words in a row, or with a cause that nobody has worded.
func checkJapanese(t *testing.T, what string, m slack.Message) {
	t.Helper()
	for _, line := range append([]string{m.Heading}, m.Lines...) {
		if strings.Contains(line, "%!") || strings.Contains(line, "(英語)") || strings.Contains(line, "never") || strings.ContainsAny(line, "{}") {
			t.Errorf("%s: %s", what, line)
		}
		run := 0
		for word := range strings.FieldsSeq(inQuotes.ReplaceAllString(line, "「」")) {
			if run++; !englishWord.MatchString(word) {
				run = 0
			}
			if run == 4 {
				t.Errorf("%s: %s", what, line)
			}
		}
		if testing.Verbose() {
			t.Log(what, "|", line)
		}
	}
}
