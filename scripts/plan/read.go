package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

const (
	// saveEvery is how much work a run that is killed loses.
	saveEvery = 10 * time.Second
	// attempts is how often one request is tried, with waits that double.
	attempts  = 6
	firstWait = time.Second
	// longestWait is how long a vendor's wish to wait is followed. What asks for more, such as a
	// quota of the day, ends the run; it goes on from its state file.
	longestWait = 2 * time.Minute
)

// accounts is one system of accounts.
type accounts interface {
	Accounts(ctx context.Context, visit func(*idle.Account) error) (idle.Reading, error)
}

// reader reads a tenant into a memory, and leaves out what the memory has.
type reader struct {
	memory    *memory
	state     string
	saved     time.Time
	directory *workspace.Directory
	settings  *workspace.Settings
	progress  *progress
	now       func() time.Time
	sleep     func(ctx context.Context, d time.Duration) error
}

// try calls a vendor, again where that can help.
func (r *reader) try(ctx context.Context, call func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := call()
		var e interface {
			Permanent() bool
			RetryAfter() time.Duration
		}
		if err == nil || !errors.As(err, &e) || e.Permanent() || n == attempts || e.RetryAfter() > longestWait {
			return err
		}
		if err := r.sleep(ctx, max(wait, e.RetryAfter())); err != nil {
			return err
		}
		wait *= 2
	}
}

// keep writes the state file from time to time.
func (r *reader) keep() error {
	if r.now().Sub(r.saved) < saveEvery {
		return nil
	}
	return r.save()
}

func (r *reader) save() error {
	r.saved = r.now()
	return r.memory.save(r.state)
}

// pages goes through a listing to its end.
func (r *reader) pages(ctx context.Context, page func(token string) (next string, err error)) error {
	for token := ""; ; {
		next := ""
		err := r.try(ctx, func() (err error) {
			next, err = page(token)
			return err
		})
		if err != nil || next == "" {
			return err
		}
		token = next
	}
}

// listPeople lists everybody.
func (r *reader) listPeople(ctx context.Context) error {
	if r.memory.People != nil {
		return nil
	}
	list := []group.Person{}
	r.progress.begin("people", 0, 0)
	err := r.pages(ctx, func(token string) (string, error) {
		p, err := r.directory.People(ctx, token)
		if err == nil {
			list = append(list, p.People...)
			r.progress.add(len(p.People))
		}
		return p.Next, err
	})
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	r.progress.end()
	r.memory.People = list
	return r.save()
}

// listGroups lists all groups.
func (r *reader) listGroups(ctx context.Context) error {
	if r.memory.Groups != nil {
		return nil
	}
	list := []group.Group{}
	r.progress.begin("groups", 0, 0)
	err := r.pages(ctx, func(token string) (string, error) {
		p, err := r.directory.Groups(ctx, token)
		if err == nil {
			list = append(list, p.Groups...)
			r.progress.add(len(p.Groups))
		}
		return p.Next, err
	})
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	r.progress.end()
	r.memory.Groups = list
	return r.save()
}

// listSecure lists the groups that the anchor is a direct member of.
func (r *reader) listSecure(ctx context.Context, anchor string) error {
	if anchor == "" || r.memory.Secure[anchor] != nil {
		return nil
	}
	ids := []string{}
	err := r.pages(ctx, func(token string) (string, error) {
		p, err := r.directory.GroupsOf(ctx, anchor, token)
		for _, g := range p.Groups {
			ids = append(ids, g.ID)
		}
		return p.Next, err
	})
	if errors.Is(err, workspace.ErrNotFound) {
		return fmt.Errorf("list the groups with the anchor %s, which the directory does not have: %w", anchor, err)
	}
	if err != nil {
		return fmt.Errorf("list the groups with the anchor %s: %w", anchor, err)
	}
	r.memory.Secure[anchor] = ids
	return r.save()
}

// readSettings reads the settings of every group.
func (r *reader) readSettings(ctx context.Context) error {
	r.progress.begin("settings of groups", len(r.memory.Settings), len(r.memory.present()))
	for _, g := range r.memory.present() {
		if r.memory.Settings[g.ID] != nil {
			continue
		}
		err := r.readGroup(ctx, g, func() error {
			values, err := r.settings.Get(ctx, g.Email)
			if err == nil {
				r.memory.Settings[g.ID] = values
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read the settings of %s: %w", g.Email, err)
		}
	}
	r.progress.end()
	return r.save()
}

// readMembers reads the members of every group.
func (r *reader) readMembers(ctx context.Context) error {
	r.progress.begin("members of groups", len(r.memory.Members), len(r.memory.present()))
	for _, g := range r.memory.present() {
		if err := r.membersOf(ctx, g); err != nil {
			return err
		}
	}
	r.progress.end()
	return r.save()
}

// readWithin reads the members of some groups, by their addresses, and of those inside them.
func (r *reader) readWithin(ctx context.Context, addresses []string) error {
	byName := map[string]group.Group{}
	for _, g := range r.memory.present() {
		for _, address := range append([]string{g.Email}, g.Aliases...) {
			byName[group.Address(address)] = g
		}
		byName[g.ID] = g
	}
	seen := map[string]bool{}
	next := append([]string{}, addresses...)
	for len(next) > 0 {
		g, ok := byName[group.Address(next[0])]
		if !ok {
			g, ok = byName[next[0]]
		}
		next = next[1:]
		if !ok || seen[g.ID] {
			continue
		}
		seen[g.ID] = true
		if err := r.membersOf(ctx, g); err != nil {
			return err
		}
		for _, m := range r.memory.Members[g.ID] {
			if m.Type == group.Nested {
				next = append(next, m.ID)
			}
		}
	}
	return r.save()
}

func (r *reader) membersOf(ctx context.Context, g group.Group) error {
	if r.memory.Members[g.ID] != nil || r.memory.Gone[g.ID] {
		return nil
	}
	members := []group.Member{}
	err := r.readGroup(ctx, g, func() error {
		members = members[:0]
		for token := ""; ; {
			p, err := r.directory.Members(ctx, g.ID, token)
			if err != nil {
				return err
			}
			members = append(members, p.Members...)
			if token = p.Next; token == "" {
				r.memory.Members[g.ID] = members
				return nil
			}
		}
	})
	if err != nil {
		return fmt.Errorf("read the members of %s: %w", g.Email, err)
	}
	return nil
}

// readGroup reads something of one group. One that is gone meanwhile is remembered as that.
func (r *reader) readGroup(ctx context.Context, g group.Group, read func() error) error {
	err := r.try(ctx, read)
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		r.memory.Gone[g.ID] = true
	case err != nil:
		return errors.Join(err, r.save())
	}
	r.progress.add(1)
	return r.keep()
}

// listAccounts lists the accounts of one system, whole or not at all.
func (r *reader) listAccounts(ctx context.Context, system string, from accounts) error {
	if _, ok := r.memory.Accounts[system]; ok {
		return nil
	}
	var l listing
	r.progress.begin("accounts of "+system, 0, 0)
	err := r.try(ctx, func() (err error) {
		l = listing{}
		l.Reading, err = from.Accounts(ctx, func(a *idle.Account) error {
			l.Accounts = append(l.Accounts, *a)
			r.progress.add(1)
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("list the accounts of %s: %w", system, err)
	}
	r.progress.end()
	r.memory.Accounts[system] = l
	return r.save()
}
