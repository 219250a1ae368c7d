package account

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// This file keeps which people are being told of a first warning. It is told before it is remembered: a warning that is
// remembered and was not told would stop somebody unwarned. Whoever dies in between leaves a warning that nobody
// remembers, and that is to be taken back.

// Telling is a first warning that somebody is told of, and that is perhaps not remembered.
type Telling struct {
	System  string `json:"system"`
	Account string `json:"account"`
	// Warning is the id of its notice.
	Warning string `json:"warning"`
	// Step and Begun are what is to be remembered of it.
	Step  time.Duration `json:"step"`
	Begun time.Time     `json:"begun"`
	At    time.Time     `json:"at"`
}

// tellingsFor is how long one is kept that no night comes to.
const tellingsFor = 90 * 24 * time.Hour

var tellings = store.Collection[Telling]{
	Name:    "tellings",
	Fields:  func(t Telling) map[string]any { return map[string]any{"system": t.System} },
	Expires: func(t Telling) time.Time { return t.At.Add(tellingsFor) },
}

// BeginTelling writes down that somebody is about to be told.
func BeginTelling(ctx context.Context, s store.Store, t Telling) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return tellings.Put(tx, t.Warning, t) })
	if err != nil {
		return fmt.Errorf("write down the warning %s: %w", t.Warning, err)
	}
	return nil
}

// EndTelling forgets a telling: the warning is remembered, or taken back.
func EndTelling(ctx context.Context, s store.Store, warning string) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return tellings.Delete(tx, warning) })
	if err != nil {
		return fmt.Errorf("forget that the warning %s is told: %w", warning, err)
	}
	return nil
}

// Tellings returns the tellings in a system that have not ended.
func Tellings(ctx context.Context, r store.Reader, system string) ([]Telling, error) {
	var out []Telling
	q := store.Query{Where: []store.Cond{{Field: "system", Op: store.Equal, Value: system}}}
	if err := tellings.Each(ctx, r, q, func(t Telling) error { out = append(out, t); return nil }); err != nil {
		return nil, fmt.Errorf("look for warnings in %s that were told: %w", system, err)
	}
	return out, nil
}
