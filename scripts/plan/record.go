package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// recordFor is how far back past decisions are looked at.
const recordFor = 30 * 24 * time.Hour

// farFuture is after every end that access can have.
const farFuture = 10 * 365 * 24 * time.Hour

// past is one entry of the audit log with the change that it is about. Of what the policy did not let
// somebody ask for there is none: only its kind and its target's name are known then.
type past struct {
	audit.Entry
	Of change.Change
	// Undone is what the change takes back, if it does.
	Undone change.Change
}

// turnedAway returns an entry of what the policy did not let somebody ask for as what they did. The
// verb is the function and what the person did there, the actor may be a Slack account.
func turnedAway(e audit.Entry) audit.Entry {
	_, did, _ := strings.Cut(e.Verb, ".")
	e.Actor, e.Verb = cmp.Or(e.ActorName, e.Actor), string(change.VerbPropose)
	if did == event.ButtonUndo {
		e.Verb = string(change.VerbUndo)
	}
	return e
}

// openedStore is a store that is read, until it is closed.
type openedStore struct {
	store.Store
	Close func() error
}

// usualDatabase is what Terraform calls the database.
const usualDatabase = "sekisho"

// openStore opens the store of a deployment, "firestore:PROJECT" or "firestore:PROJECT/DATABASE", which
// takes Application Default Credentials that may read it; or a file of the embedded store.
func openStore(ctx context.Context, name string, now func() time.Time) (openedStore, error) {
	if at, ok := strings.CutPrefix(name, "firestore:"); ok {
		project, database, _ := strings.Cut(at, "/")
		if project == "" {
			return openedStore{}, fmt.Errorf("store %s: no project is named", name)
		}
		s, err := firestore.Open(ctx, project, cmp.Or(database, usualDatabase), now)
		if err != nil {
			return openedStore{}, err
		}
		return openedStore{s, s.Close}, nil
	}
	// The embedded store would make one that is not.
	if _, err := os.Stat(name); err != nil {
		return openedStore{}, fmt.Errorf("store: %w", err)
	}
	db, err := embedded.Open(name, now)
	if err != nil {
		return openedStore{}, err
	}
	return openedStore{db.Store(), db.Close}, nil
}

// grants returns the access that people have by the record; none where no record is read.
func (o options) grants(ctx context.Context, p *platform) ([]grant.Grant, error) {
	if o.store == "" {
		return nil, nil
	}
	db, err := openStore(ctx, o.store, p.Now)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	now := p.Now()
	changes, err := ledger.New(db.Store, nil, p.Now).Ending(ctx, change.AccessGrant, now, now.Add(farFuture))
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	return desk.GrantsOf(changes)
}

// record returns what people did and were refused in the last 30 days, newest first.
func (o options) record(ctx context.Context, p *platform, inForce fs.FS) ([]past, error) {
	switch {
	case o.store != "":
		db, err := openStore(ctx, o.store, p.Now)
		if err != nil {
			return nil, err
		}
		defer db.Close()
		return recorded(ctx, db.Store, p.Now())
	case o.demo:
		return demoRecord(ctx, inForce)
	}
	return nil, nil
}

// recorded reads the audit log of a store.
func recorded(ctx context.Context, s store.Store, now time.Time) ([]past, error) {
	enough := errors.New("enough")
	var entries []audit.Entry
	err := trail.Latest(ctx, s, func(e audit.Entry) error {
		if e.At.Before(now.Add(-recordFor)) {
			return enough
		}
		if e.Change != "" || e.Kind != "" {
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	changes := map[string]change.Change{}
	l := ledger.New(s, nil, func() time.Time { return now })
	known := func(id string) (change.Change, error) { // the zero value for one that is not there
		if c, ok := changes[id]; ok {
			return c, nil
		}
		c, err := l.Get(ctx, id)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return c, fmt.Errorf("read change %s: %w", id, err)
		}
		changes[id] = c
		return c, nil
	}
	var out []past
	for _, e := range entries {
		if trail.IsTurned(e) {
			e = turnedAway(e)
		}
		if e.Change == "" {
			out = append(out, past{Entry: e, Of: change.Change{Kind: change.Kind(e.Kind), Target: change.Target{Name: e.Target}}})
			continue
		}
		p := past{Entry: e}
		if p.Of, err = known(e.Change); err != nil {
			return nil, err
		}
		if p.Of.UndoOf != "" {
			if p.Undone, err = known(p.Of.UndoOf); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// demoRecord lets a demo company live for a day under a policy, in which everybody approves what
// they are asked, and returns what was recorded of it.
func demoRecord(ctx context.Context, inForce fs.FS) ([]past, error) {
	w, err := world.New(world.Options{Policy: inForce, Seed: demoSeed})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if err := w.Start(ctx); err != nil {
		return nil, err
	}
	for _, p := range org.Demo().People {
		if !p.Slack {
			continue
		}
		err := w.Click(ctx, p.Email, "Approve", regexp.MustCompile(""))
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		// Most people were not asked anything.
	}
	return recorded(ctx, w.Store(), w.Clock.Now())
}

// resourceName is what policy calls the target of a change.
func resourceName(c change.Change, account bool) string {
	if system, _, ok := strings.Cut(c.Target.ID, ":"); ok && account {
		return system + "/" + c.Target.Name
	}
	return c.Target.Name
}
