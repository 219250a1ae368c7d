package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Settings are a group's settings as they were read last, and what people decided about them.
type Settings struct {
	Group string `json:"group"`
	// Values are empty where the settings were never read.
	Values map[string]string `json:"values,omitempty"`
	// Read is when Google was asked for them: two readings may end in another order than they began.
	Read time.Time `json:"read,omitzero"`
	// Judged is when values were last held against the rules with all that follows from it. It
	// is not later than Read.
	Judged time.Time `json:"judged,omitzero"`
	// Missed is when a check was asked for last and not made, because the group was only held
	// ([Header.Whole]); zero where a later one was made.
	Missed time.Time `json:"missed,omitzero"`
	// Secure says whether the anchor was a member when the rules were applied.
	Secure bool `json:"secure"`
	// Findings says in words what is not as the rules want it.
	Findings []string `json:"findings,omitempty"`
	// Open are the changes that the rules called for when values were judged.
	Open []Called `json:"open,omitempty"`
	// Held says that the brake keeps a correction from being made until people have approved it, HeldFields
	// of what.
	Held       bool     `json:"held,omitempty"`
	HeldFields []string `json:"held_fields,omitempty"`
	// Waivers are exceptions that people granted by approving that a correction be taken back.
	Waivers []Waiver `json:"waivers,omitempty"`
	// Gone is when the group turned out to be gone; zero while it exists. What people decided
	// is kept for [GoneFor], for the case that the group comes back.
	Gone time.Time `json:"gone,omitzero"`
}

// Called is a change that the rules called for.
type Called struct {
	Slot   string   `json:"slot"`
	Fields []string `json:"fields"`
}

// Waiver keeps the rules off one field of a group for a time, whenever it has the value that people approved: any other
// value is another question.
type Waiver struct {
	Field string    `json:"field"`
	Value string    `json:"value"`
	Until time.Time `json:"until"`
	// Secure says that the group was a secure one then. Where it was not, nothing is waived once it is one.
	Secure bool `json:"secure,omitempty"`
	// Change is the change that was approved.
	Change string `json:"change"`
}

// Without returns when values were last judged, if the rules did not call for a change in that
// slot then; else the zero time.
func (s Settings) Without(slot string) time.Time {
	if slices.ContainsFunc(s.Open, func(c Called) bool { return c.Slot == slot }) {
		return time.Time{}
	}
	return s.Judged
}

// Exceptions returns the waivers that hold for a group with these values, and secure or not, as the rules take them.
func (s Settings) Exceptions(address string, values map[string]string, secure bool) []settingsrule.Exception {
	var out []settingsrule.Exception
	for _, w := range s.Waivers {
		if values[w.Field] != w.Value || secure && !w.Secure {
			continue
		}
		out = append(out, settingsrule.Exception{Group: address, Field: w.Field, Until: w.Until, Reason: "change " + w.Change})
	}
	return out
}

// turn returns when the first waiver ends; zero where there is none.
func (s Settings) turn() time.Time {
	var first time.Time
	for _, w := range s.Waivers {
		if first.IsZero() || w.Until.Before(first) {
			first = w.Until
		}
	}
	return first
}

var settings = store.Collection[Settings]{
	Name: "settings",
	Fields: func(s Settings) map[string]any {
		fields := map[string]any{}
		if !s.Gone.IsZero() {
			return fields
		}
		if t := s.turn(); !t.IsZero() {
			fields["turn"] = t
		}
		if s.Held {
			fields["held"] = true
		}
		return fields
	},
	Expires: func(s Settings) time.Time {
		if s.Gone.IsZero() {
			return time.Time{}
		}
		return s.Gone.Add(GoneFor)
	},
}

// Settings returns what the mirror knows of a group's settings, by the group's id. Where it
// knows nothing, that is the zero value with the id.
func (m *Mirror) Settings(ctx context.Context, id string) (Settings, error) {
	s, err := settings.Get(ctx, m.store, id)
	if errors.Is(err, store.ErrNotFound) {
		return Settings{Group: id}, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("read settings of group %s: %w", id, err)
	}
	return s, nil
}

// UpdateSettings changes what the mirror knows of a group's settings. The function that changes
// them may run more than once, each time on what is stored then.
func (m *Mirror) UpdateSettings(ctx context.Context, id string, change func(*Settings)) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		s, err := settings.Get(ctx, tx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		s.Group = id
		change(&s)
		return settings.Put(tx, id, s)
	})
	if err != nil {
		return fmt.Errorf("store settings of group %s: %w", id, err)
	}
	return nil
}

// Turned returns the ids of the groups of which a waiver has ended by now, the one that ended
// first before the others. A group that is gone is not among them.
func (m *Mirror) Turned(ctx context.Context, now time.Time) ([]string, error) {
	var out []string
	err := settings.Each(ctx, m.store, store.Query{Where: []store.Cond{{Field: "turn", Op: store.AtMost, Value: now}}, OrderBy: "turn"},
		func(s Settings) error {
			out = append(out, s.Group)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("look up the waivers that have ended: %w", err)
	}
	return out, nil
}

// HeldSettings returns the settings of groups that the brake holds, at most so many. A group that is
// gone is not among them.
func (m *Mirror) HeldSettings(ctx context.Context, most int) ([]Settings, error) {
	held, _, err := settings.Query(ctx, m.store, store.Query{Where: []store.Cond{{Field: "held", Op: store.Equal, Value: true}}, Limit: most})
	if err != nil {
		return nil, fmt.Errorf("look up groups that are held: %w", err)
	}
	return held, nil
}
