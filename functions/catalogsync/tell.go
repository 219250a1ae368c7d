package catalogsync

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// The notices of this function: there is one message each, which is brought up to date.
const (
	refusedID = "catalog-refused"
	stateID   = "catalog-state"
)

// mostRows is how much of one notice people are shown.
const mostRows = 50

// drift tells what was changed in the catalogue by hand, and what stays as it is because it is not
// ours. It changes nothing: what was changed is put back with the next plan.
func (h *handler) drift(ctx context.Context) error {
	v, err := h.look(ctx)
	if err != nil {
		return err
	}
	if err := h.tellRefused(ctx, v.problems); err != nil || len(v.problems) > 0 {
		return err
	}
	rows := drifted(v, h.us)
	for _, f := range v.plan.Findings {
		text := catalog.Plan{Findings: []catalog.Finding{f}}.Lines()[0]
		rows = append(rows, map[string]string{"what": "stays", "code": string(f.Code), "kind": string(f.Kind), "name": f.Name, "text": text})
	}
	return h.tell(ctx, notice.Notice{ID: stateID, Kind: notice.CatalogState, Rows: rows})
}

// drifted lists the steps that put back what somebody else has changed. The catalogue remembers
// who changed a team last, not who changed which of its people: that it was somebody else is all
// that is known of these.
func drifted(v view, us string) []map[string]string {
	var out []map[string]string
	for _, s := range v.plan.Steps {
		by := s.Drift
		s.Drift = "" // said beside the step
		switch {
		case by != "":
			out = append(out, map[string]string{"what": "drift", "step": s.String(), "by": by})
		case s.Kind == catalog.KindMember:
			i := slices.IndexFunc(v.present.Teams, func(t catalog.PresentTeam) bool { return t.Name == s.Name })
			if i >= 0 && v.present.Teams[i].UpdatedBy != us {
				out = append(out, map[string]string{"what": "drift in team", "step": s.String(), "by": v.present.Teams[i].UpdatedBy})
			}
		}
	}
	return out
}

// tellRefused tells why nothing is done about the catalogue, or that it is over.
func (h *handler) tellRefused(ctx context.Context, problems []problem) error {
	var rows []map[string]string
	for _, p := range problems {
		rows = append(rows, map[string]string{"kind": string(p.kind), "name": p.name, "text": p.text})
	}
	return h.tell(ctx, notice.Notice{ID: refusedID, Kind: notice.CatalogRefused, Rows: rows})
}

// tell posts a notice where it says something that was not said before; without rows it is over.
func (h *handler) tell(ctx context.Context, n notice.Notice) error {
	if len(n.Rows) == 0 {
		return notice.Withdraw(ctx, h.store, h.queue, n.ID, h.now())
	}
	if more := len(n.Rows) - mostRows; more > 0 {
		n.Rows = append(n.Rows[:mostRows:mostRows], map[string]string{"more": strconv.Itoa(more)})
	}
	before, err := notice.Get(ctx, h.store, n.ID)
	if err != nil && !errors.Is(err, notice.ErrUnknown) {
		return err
	}
	if err == nil && !before.Over && reflect.DeepEqual(before.Rows, n.Rows) {
		return nil
	}
	n.Channel, n.At = h.channel, h.now()
	return notice.Post(ctx, h.store, h.queue, n)
}
