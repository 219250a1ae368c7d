package accessgrant_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// deaf answers nobody.
type deaf struct{}

func (deaf) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }

// Google could not be asked at the first attempt, so that nothing was given. Who asked is not eligible any more
// then: a membership that somebody else has given them meanwhile is none of the request's, and stays.
func TestAMembershipOfOthersAfterAnAttemptThatCouldNotLook(t *testing.T) {
	for name, blind := range map[string]bool{"no attempt before": false, "an attempt before": true} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			check(t, o.cloud.SetMembership("admins@example.com", aiko.Email, o.Clock.Now().Add(65*time.Minute)))
			c := o.ask(t, aiko, "on-call")
			if blind {
				whole := o.Outbound
				o.Outbound = deaf{}
				o.handler = o.Build(accessgrant.Function)
				o.tell(t, event.ApplyChange{Change: c.ID})
				if got := o.state(t, c); got.State != change.Approved || got.Tried {
					t.Fatalf("%s, tried %t", got.State, got.Tried)
				}
				o.Outbound = whole
				o.handler = o.Build(accessgrant.Function)
			}
			leaves(t, o)
			o.Clock.Advance(10 * time.Minute)
			o.tell(t, event.ApplyChange{Change: c.ID})
			got := o.state(t, c)
			for _, back := range o.revocations(t) {
				o.approved(t, back)
			}
			if got.State != change.Withdrawn || !o.member(aiko) {
				t.Errorf("the request is %s; the membership that another gave is there: %t", got.State, o.member(aiko))
			}
		})
	}
}
