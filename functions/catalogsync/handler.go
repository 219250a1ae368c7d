package catalogsync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/retry"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// vendor is the catalogue.
type vendor interface {
	// Read returns all of it, or an error.
	Read(ctx context.Context) (catalog.Present, error)
	// Apply carries out one step of a plan for what was read. Done again it changes nothing more.
	Apply(ctx context.Context, s catalog.Step, present catalog.Present) error
	// Describe and Account say what is asked about one thing, and about one person.
	standing.Catalog
}

type handler struct {
	store   store.Store
	queue   queue.Queue
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	carrier *ledger.Carrier
	policy  *policyfile.Policy
	// standing answers what the policy says.
	standing *standing.Resolver
	// catalog is nil where the policy does not speak of a catalogue.
	catalog vendor
	// us is the name of our account in the catalogue.
	us      string
	channel string
	now     func() time.Time
	log     *slog.Logger
}

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "catalogsync"}

// The scheduler's jobs.
const (
	JobSync  = "sync"
	JobDrift = "drift"
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	switch {
	case t.Job != JobSync && t.Job != JobDrift:
		return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
	case h.catalog == nil:
		return nil
	case t.Job == JobSync:
		return h.sync(ctx)
	default:
		return h.drift(ctx)
	}
}

// apply carries out one plan, or queues it for later. After one that came to its end, what is left
// to do is proposed at once: a large plan is carried out in parts.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	c, err := h.carrier.Apply(ctx, e)
	if err != nil || h.catalog == nil || c.State != change.Applied && c.State != change.Withdrawn {
		return err
	}
	return h.sync(ctx)
}

// view is the catalogue and what has to change in it.
type view struct {
	plan    catalog.Plan
	present catalog.Present
	// problems say why there is no plan.
	problems []problem
}

// problem is one reason why there is no plan: something that policy wants and no catalogue can have,
// or, without a kind and a name, something else.
type problem struct {
	kind catalog.Kind
	name string
	text string // in English
}

func (p problem) String() string {
	if p.kind == "" {
		return p.text
	}
	return catalog.Problem{Kind: p.kind, Name: p.name, Text: p.text}.Error()
}

// look reads the mirror and the catalogue, and compares.
func (h *handler) look(ctx context.Context) (view, error) {
	who, problems, err := h.membership(ctx, h.policy.Model())
	if err != nil || len(problems) > 0 {
		return view{problems: problems}, err
	}
	wanted := desired(h.policy.Model(), who)
	wanted.CreateUsers, wanted.Us = h.policy.Catalog.CreateUsers, h.us
	present, err := h.catalog.Read(ctx)
	if err != nil {
		return view{}, fmt.Errorf("read the catalogue: %w", err)
	}
	if !present.Whole() {
		return view{}, fmt.Errorf("read the catalogue: %w", catalog.ErrNotWhole)
	}
	present = present.Under(who.users)
	plan, wrong, err := catalog.Diff(wanted, present)
	if err != nil {
		return view{}, fmt.Errorf("compare the catalogue: %w", err)
	}
	for _, p := range wrong {
		problems = append(problems, problem{p.Kind, p.Name, p.Text})
	}
	large, err := tooLarge(plan)
	if err != nil {
		return view{}, err
	}
	problems = append(problems, large...)
	return view{plan: plan, present: present, problems: problems}, nil
}

// sync proposes what has to change in the catalogue, and withdraws what was proposed before and
// does not have to any more.
func (h *handler) sync(ctx context.Context) error {
	v, err := h.look(ctx)
	if err != nil {
		return err
	}
	if err := h.tellRefused(ctx, v.problems); err != nil || len(v.problems) > 0 {
		return err
	}
	live, err := h.ledger.Live(ctx, change.CatalogApply, target.ID)
	if err != nil {
		return err
	}
	for _, c := range live {
		if c.State == change.Approved || c.State == change.Applying {
			return nil // it is being carried out; the rest is proposed when it is done
		}
	}
	wanted, err := h.proposals(ctx, v)
	if err != nil {
		return err
	}
	return h.ledger.Replace(ctx, rule, "the catalogue has to change in another way by now", live, wanted...)
}

// proposals returns what to propose now.
func (h *handler) proposals(ctx context.Context, v view) ([]change.Proposal, error) {
	if v.plan.Empty() {
		return nil, nil
	}
	// A change may have waited for days before it was carried out by itself: after a mistake in
	// the catalogue's token, say.
	day := h.now().Add(-brake.Over)
	changes, err := h.ledger.Since(ctx, change.CatalogApply, day.Add(-change.DefaultWithin))
	if err != nil {
		return nil, err
	}
	recent, err := removedLately(changes, day, v.plan)
	if err != nil {
		return nil, err
	}
	out, err := proposals(h.policy, v.plan, v.present, v.present.Size(), recent)
	for i := range out {
		out[i].Channel = h.channel
	}
	return out, err
}

// applying carries out plans.
type applying struct{ *handler }

// Look implements [ledger.Applier]. A plan is in effect when none of its steps is left to do, and
// not wanted any more when the policy, the directory or the catalogue want another step in place
// of one of them.
func (a applying) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	switch {
	case a.catalog == nil:
		return ledger.Sight{Obsolete: "the policy does not speak of a catalogue any more"}, nil
	case a.policy.Catalog.Mode == change.Report:
		return ledger.Sight{Obsolete: "the policy only wants it shown by now"}, nil
	case a.policy.Catalog.Mode == change.Ask && c.Requirement.Mode == change.Auto:
		return ledger.Sight{Obsolete: "policy asks for something else now"}, nil
	}
	steps, another, _, err := a.left(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	if another != "" {
		return ledger.Sight{Obsolete: "the plan is another one by now: " + another}, nil
	}
	return ledger.Sight{InEffect: len(steps) == 0}, nil
}

// mostErrors is with how many things steps of one attempt may go wrong before it is given up, and how often with one.
const mostErrors = 5

// Act implements [ledger.Applier].
func (a applying) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	steps, another, present, err := a.left(ctx, c)
	if err != nil {
		return err
	}
	if another != "" {
		return fmt.Errorf("the plan is another one by now: %s", another)
	}
	return inTurn(ctx, steps, present, func(s catalog.Step) error { return a.catalog.Apply(ctx, s, present) })
}

// inTurn carries steps out. One that goes wrong does not keep the others from being done, unless the
// catalogue wants to be left alone: the next attempt does what is left. Only what waits for it is not done
// ([catalog.Plan.Awaiting]). One that the catalogue refuses for good says nothing about the others, however many there are,
// and many that go wrong with one thing say nothing about other things. What counts is what went wrong first, because the steps
// after it may need that one.
func inTurn(ctx context.Context, steps []catalog.Step, present catalog.Present, apply func(catalog.Step) error) error {
	var first error
	var undone []catalog.Step
	wrong, plan := map[string]int{}, catalog.Plan{Steps: steps}
	waits := plan.Awaiting(nil, present)
	for i, s := range steps {
		thing := string(s.Kind) + " " + s.Name
		if waits[i] || wrong[thing] == mostErrors {
			undone = append(undone, s)
			waits = plan.Awaiting(undone, present)
			continue
		}
		err := apply(s)
		if err == nil {
			continue
		}
		undone = append(undone, s)
		waits = plan.Awaiting(undone, present)
		if first == nil {
			first = fmt.Errorf("%s: %w", s, err)
		}
		if !retry.IsPermanent(err) || errors.Is(err, openmetadata.ErrForbidden) {
			wrong[thing]++
		}
		var asked interface{ RetryAfter() time.Duration }
		if len(wrong) == mostErrors || ctx.Err() != nil || errors.As(err, &asked) && asked.RetryAfter() > 0 {
			break
		}
	}
	return first
}

// left returns what is left to do of a change, for the catalogue as it was just read.
func (a applying) left(ctx context.Context, c change.Change) ([]catalog.Step, string, catalog.Present, error) {
	approved, err := stepsOf(c)
	if err != nil {
		return nil, "", catalog.Present{}, cloudfn.Permanent(err)
	}
	v, err := a.look(ctx)
	if err == nil && len(v.problems) > 0 {
		all := make([]string, len(v.problems))
		for i, p := range v.problems {
			all[i] = p.String()
		}
		err = errors.New(strings.Join(all, "; "))
	}
	if err != nil {
		return nil, "", catalog.Present{}, err
	}
	steps, another, err := left(approved, v.plan, v.present)
	if err == nil {
		err = inUse(steps, v.present)
	}
	if another == "" {
		another = withheld(approved, v.plan, v.present)
	}
	return steps, another, v.present, err
}
