package groupsettings_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// overtaken is a vendor between whose next answer and its arrival something happens.
type overtaken struct {
	next      http.RoundTripper
	meanwhile func()
}

func (o *overtaken) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.next.RoundTrip(r)
	if happens := o.meanwhile; happens != nil && r.Method == http.MethodGet {
		o.meanwhile = nil
		happens()
	}
	return resp, err
}

// Of two readings of a group at the same time, the one that asked first may be the last to store: what
// the other one saw stays, and is what the rules are held against.
func TestAnOlderReadingDoesNotReplaceANewerOne(t *testing.T) {
	const address, field, after = "open@example.com", "whoCanJoin", "INVITED_CAN_JOIN"
	for name, first := range map[string]func(r *tenant) event.Payload{
		"a check": func(r *tenant) event.Payload {
			return event.CheckSettings{Group: r.ids[address], Noticed: r.Clock.Now()}
		},
		"the look of a correction that somebody has made by hand": func(r *tenant) event.Payload {
			r.check(address)
			if err := r.workspace.SetSetting(address, "whoCanViewGroup", "ALL_MEMBERS_CAN_VIEW", "ken@example.com"); err != nil {
				t.Fatal(err)
			}
			return event.ApplyChange{Change: r.only(t, address).ID}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &overtaken{}
			r := open(t, cloudfntest.New(t), viewRule, func(r *tenant) { o.next, r.Outbound = r.Outbound, o })
			order := first(r)
			var asked time.Time
			o.meanwhile = func() {
				r.Clock.Advance(10 * time.Second)
				for field, value := range map[string]string{field: after, "whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW"} {
					if err := r.workspace.SetSetting(address, field, value, "ken@example.com"); err != nil {
						t.Error(err)
					}
				}
				asked = r.Clock.Now()
				if status := r.check(address); status != http.StatusOK {
					t.Errorf("status %d\n%s", status, r.Log)
				}
				r.Clock.Advance(time.Second)
			}
			if status := r.Do(r.handler, r.Envelope(order)); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			got, err := r.mirror.Settings(t.Context(), r.ids[address])
			if err != nil || got.Values[field] != after || !got.Read.Equal(asked) || got.Judged.After(got.Read) || len(got.Findings) > 0 {
				t.Errorf("the mirror has %s of %s, judged %s, findings %q, %v; want %s of %s, and none",
					got.Values[field], got.Read, got.Judged, got.Findings, err, after, asked)
			}
			for _, c := range r.changes(t, address) {
				if c.State == change.Proposed || c.State == change.Approved {
					t.Errorf("the change is %s, of what was so before: %+v", c.State, c.Diff)
				}
			}
		})
	}
}
