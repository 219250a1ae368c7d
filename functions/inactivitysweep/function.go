// Package inactivitysweep looks every night for accounts that nobody uses: it warns people before
// their accounts are stopped, proposes what is to be stopped, and sums up.
//
// Trigger: Cloud Scheduler: job "sweep" every night.
//
// Reads: policy, groups, members, people, accounts, listings, changes.
//
// Writes: accounts (what people were told), listings, summaries, notices; changes and audit
// through the ledger; tasks of the queue slack.
//
// Calls: Looker API: login, listing of users and roles; Admin SDK Directory API: users.list,
// where policy looks after accounts of Google Workspace. It changes nothing there.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer, roles/secretmanager.secretAccessor on the Looker key; scope
// admin.directory.user.readonly.
//
// On failure: nothing is warned or stopped by a listing that did not end well or is not to be
// believed; the next night begins anew, and nobody loses a warning by it.
package inactivitysweep

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// system is one system of accounts, as this function reads it.
type system interface {
	// Each visits all accounts, one after the other, and returns the time on the vendor's
	// clock. Where it returns an error, it may have visited some; then none may be acted on.
	Each(ctx context.Context, visit func(*idle.Account) error) (time.Time, error)
	// URL is where people sign in; empty where that is not known.
	URL() string
}

type handler struct {
	store   store.Store
	queue   queue.Queue
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	policy  *policyfile.Policy
	systems map[string]system
	now     func() time.Time
	log     *slog.Logger
}

// JobSweep is the scheduler's job.
const JobSweep = "sweep"

// tick looks through every system that policy looks after. One that goes wrong does not keep the
// others from being looked through.
func (h *handler) tick(ctx context.Context, t event.Tick) error {
	if t.Job != JobSweep {
		return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
	}
	return h.sweepAll(ctx)
}
