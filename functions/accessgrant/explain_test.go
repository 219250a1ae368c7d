package accessgrant_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/press"
)

// Who asks why somebody has access is told its end in their own zone.
func TestTheEndOfAccessIsTheAskersTime(t *testing.T) {
	o := open(t)
	o.give(t, aiko, "etl")
	o.give(t, aiko, "on-call")
	for _, test := range []struct{ zone, language, want string }{
		{"Asia/Tokyo", "en", "until 2026-11-22 19:00 JST, by "},
		{"Asia/Tokyo", "ja", "2026-11-22 19:00 JST まで、"},
		{"America/Sao_Paulo", "en", "until 2026-11-22 07:00 UTC-3, by "},
		{"", "en", "until 2026-11-22 10:00 UTC, by "},
		{"Mars/Olympus", "en", "until 2026-11-22 10:00 UTC, by "},
	} {
		for _, at := range []grant.Scope{{Kind: grant.Project, Name: "prd"}, {Kind: grant.Group, Name: "admins@example.com"}} {
			o.tell(t, event.ExplainAccess{
				Request: "q", User: "U1", Channel: "C1", Language: test.language, Zone: test.zone, Person: aiko.ID, Kind: string(at.Kind), Name: at.Name, At: o.Clock.Now(),
			})
			got, err := press.Get(t.Context(), o.Store, "q")
			if err != nil || !strings.Contains(got.Text, test.want) {
				t.Errorf("%s %s, asked from %q: %q, %v; want %q", at.Kind, at.Name, test.zone, got.Text, err, test.want)
			}
		}
	}
}
