package audit_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
)

func TestEntryAsOneLine(t *testing.T) {
	at := time.Date(2027, 3, 1, 18, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	for _, test := range []struct {
		entry audit.Entry
		want  string
	}{
		{
			audit.Entry{
				At: at, Actor: "1", ActorName: "aiko@example.com", Verb: "approve", Outcome: audit.Accepted, Change: "x-1", Kind: "group.settings",
				Target: "data@example.com", From: "proposed", To: "approved", Text: "outsiders could join",
			},
			"2027-03-01T09:00:00Z accepted approve by aiko@example.com group.settings data@example.com proposed→approved (x-1): outsiders could join",
		},
		{
			audit.Entry{At: at, Actor: "settings-rules", Verb: "propose", Outcome: audit.Accepted, Change: "x-1", Kind: "group.settings", Target: "d", To: "proposed"},
			"2027-03-01T09:00:00Z accepted propose by settings-rules group.settings d none→proposed (x-1)",
		},
		{
			audit.Entry{At: at, Actor: "unknown", Verb: "groupwebhook.notify", Outcome: audit.Refused, Text: "no such channel"},
			"2027-03-01T09:00:00Z refused groupwebhook.notify by unknown: no such channel",
		},
	} {
		if got := test.entry.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
