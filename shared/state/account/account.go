// Package account keeps what nightly runs have to know of accounts in other systems: what each
// person was told, who is kept, and how the last listing looked that was believed. Accounts of
// which there is nothing to remember are not stored.
package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// KeptFor is how long a memory is kept after it last changed: longer than any time after which
// policy stops an account.
const KeptFor = 3 * 365 * 24 * time.Hour

type record struct {
	System  string      `json:"system"`
	ID      string      `json:"id"`
	Memory  idle.Memory `json:"memory"`
	Updated time.Time   `json:"updated"`
}

var accounts = store.Collection[record]{
	Name:    "accounts",
	Fields:  func(r record) map[string]any { return map[string]any{"system": r.System} },
	Expires: func(r record) time.Time { return r.Updated.Add(KeptFor) },
}

var listings = store.Collection[idle.Census]{Name: "listings"}

// Name is the id of an account among all systems: the id of a change's target.
func Name(system, id string) string { return system + ":" + id }

// Held is what stands for the id in the name of all accounts of a system whose stops the brake holds:
// the target of the plan that lets them through.
const Held = "held"

// Split takes a name apart.
func Split(name string) (system, id string) {
	system, id, _ = strings.Cut(name, ":")
	return system, id
}

// Title is how people call a system.
func Title(system string) string {
	switch system {
	case "looker":
		return "Looker"
	case "workspace":
		return "Google Workspace"
	}
	return system
}

// Get returns what is remembered of one account.
func Get(ctx context.Context, r store.Reader, system, id string) (idle.Memory, error) {
	a, err := accounts.Get(ctx, r, Name(system, id))
	if errors.Is(err, store.ErrNotFound) {
		return idle.Memory{}, nil
	}
	if err != nil {
		return idle.Memory{}, fmt.Errorf("read what is remembered of %s in %s: %w", id, system, err)
	}
	return a.Memory, nil
}

// Update changes what is remembered of one account.
func Update(ctx context.Context, s store.Store, system, id string, now time.Time, change func(idle.Memory) idle.Memory) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := Get(ctx, tx, system, id)
		if err != nil {
			return err
		}
		return put(tx, system, id, change(before), now)
	})
	if err != nil {
		return fmt.Errorf("remember %s in %s: %w", id, system, err)
	}
	return nil
}

// put stores what is remembered of one account; nothing is not stored.
func put(tx store.Tx, system, id string, m idle.Memory, now time.Time) error {
	if m.IsZero() {
		return accounts.Delete(tx, Name(system, id))
	}
	return accounts.Put(tx, Name(system, id), record{System: system, ID: id, Memory: m, Updated: now})
}

// Census returns the census of the last listing of a system that was believed; nil where there
// is none.
func Census(ctx context.Context, r store.Reader, system string) (*idle.Census, error) {
	c, err := listings.Get(ctx, r, system)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last listing of %s: %w", system, err)
	}
	return &c, nil
}

// Believe stores the census of a listing that was believed.
func Believe(ctx context.Context, s store.Store, system string, c idle.Census) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return listings.Put(tx, system, c) })
	if err != nil {
		return fmt.Errorf("store the listing of %s: %w", system, err)
	}
	return nil
}

var summaries = store.Collection[idle.Summary]{Name: "summaries"}

// Summarize stores what the latest run of a system came to, with what earlier attempts of the same night have done, whose
// first one began then. It returns both together.
func Summarize(ctx context.Context, s store.Store, system string, summary idle.Summary, began time.Time) (idle.Summary, error) {
	var all idle.Summary
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		all = summary
		earlier, err := Summary(ctx, tx, system)
		switch {
		case err != nil && !errors.Is(err, ErrNoRun):
			return err
		case err == nil && !earlier.At.Before(began):
			all = summary.After(earlier)
		}
		return summaries.Put(tx, system, all)
	})
	if err != nil {
		return idle.Summary{}, fmt.Errorf("store the summary of %s: %w", system, err)
	}
	return all, nil
}

// ErrNoRun says that there was no run of a system yet.
var ErrNoRun = errors.New("there was no run yet")

// Summary returns what the latest run of a system came to, or [ErrNoRun].
func Summary(ctx context.Context, r store.Reader, system string) (idle.Summary, error) {
	s, err := summaries.Get(ctx, r, system)
	if errors.Is(err, store.ErrNotFound) {
		return idle.Summary{}, fmt.Errorf("%s: %w", system, ErrNoRun)
	}
	if err != nil {
		return idle.Summary{}, fmt.Errorf("read the summary of %s: %w", system, err)
	}
	return s, nil
}
