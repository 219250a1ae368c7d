// Package changesweep does what time alone brings about, and repairs what was left behind.
//
// Trigger: Cloud Scheduler: job "sweep" every minute; the topic dead-letter.
//
// Reads: changes.
//
// Writes: changes and audit through the ledger (reminders, escalations, expiries; notices that
// a crash left unpublished); quarantine (what could not be delivered).
//
// Calls: no vendor.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events.
//
// On failure: the next minute does it.
package changesweep

import (
	"context"
	"net/http"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "ChangeSweep", Build: build}

func init() { cloudfn.Register(Function) }

func build(_ context.Context, env *cloudfn.Env) (http.Handler, error) {
	h := &handler{store: env.Store, ledger: ledger.New(env.Store, env.Bus, env.Now), now: env.Now, log: env.Log}
	return cloudfn.Messages("changesweep", env, cloudfn.On(h.tick), cloudfn.Else(h.deadLetter)), nil
}
