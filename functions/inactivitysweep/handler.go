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
	// Accounts visits all accounts, one after the other. Where it returns an error, it may have
	// visited some; then none may be acted on.
	Accounts(ctx context.Context, visit func(*idle.Account) error) (idle.Reading, error)
}

type handler struct {
	store   store.Store
	queue   queue.Queue
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	policy  *policyfile.Policy
	systems map[string]system
	// addresses are where people sign in to a system, where that is known.
	addresses map[string]string
	now       func() time.Time
	log       *slog.Logger
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
