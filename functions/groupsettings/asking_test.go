package groupsettings_test

import (
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// denied is a policy by which somebody may take nothing back.
const denied = `
roles: [{name: guest, policies: [guest], members: [user:ken@example.com]}]
policies: [{name: guest, rules: [{name: no, effect: deny, operations: [Undo], resources: [group]}]}]
`

// Whoever asked for an undo, and to whom the policy denies it before it takes effect, does not have it,
// whoever has approved it.
func TestAnUndoOfWhoMayNotAskForItAnyMore(t *testing.T) {
	for policy, want := range map[string]change.State{viewRule: change.Applied, viewRule + denied: change.Withdrawn} {
		r := open(t, cloudfntest.New(t), viewRule)
		undo := r.undone(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
		r.handler = r.Build(groupsettings.Function)
		if undo = r.carry(t, undo); undo.State != want {
			t.Errorf("it is %s, %q, want %s", undo.State, undo.Problem, want)
		}
		if patches := len(r.patches(t)); patches > 0 != (want == change.Applied) {
			t.Errorf("%d patches of an undo that is %s", patches, want)
		}
	}
}
