package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// task is what the collections of this part hold.
type task struct {
	Title string    `json:"title"`
	Due   time.Time `json:"due"`
	Who   []string  `json:"who"`
}

func testCollections(t *testing.T, open Open) {
	tasks := store.Collection[task]{
		Name:    "tasks",
		Fields:  func(v task) map[string]any { return map[string]any{"due": v.Due, "who": v.Who} },
		Expires: func(v task) time.Time { return v.Due.Add(time.Hour) },
	}
	at := func(minutes int, who ...string) task {
		return task{Title: fmt.Sprintf("<%d & 関所>", minutes), Due: start.Add(time.Duration(minutes) * time.Minute), Who: who}
	}

	t.Run("write and read values", func(t *testing.T) {
		f := newFixture(t, open)
		want := at(5, "ada", "bo")
		f.update(func(_ context.Context, tx store.Tx) error {
			return errors.Join(tasks.Create(tx, "one", want), tasks.Put(tx, "two", at(6)))
		})
		got, err := tasks.Get(f.ctx, f.store, "one")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Get: %v (-want +got):\n%s", err, diff)
		}
		err = f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error { return tasks.Create(tx, "one", at(7)) })
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("Create again: %v; want ErrExists", err)
		}
		f.update(func(ctx context.Context, tx store.Tx) error {
			v, err := tasks.Get(ctx, tx, "one")
			if err != nil {
				return err
			}
			v.Title = "changed"
			return errors.Join(tasks.Put(tx, "one", v), tasks.Delete(tx, "two"))
		})
		if got, err := tasks.Get(f.ctx, f.store, "one"); err != nil || got.Title != "changed" {
			t.Errorf("Get = %+v, %v; want it changed", got, err)
		}
		if _, err := tasks.Get(f.ctx, f.store, "two"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get of a deleted one: %v; want ErrNotFound", err)
		}
		f.clock.Advance(2 * time.Hour)
		if _, err := tasks.Get(f.ctx, f.store, "one"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get of an expired one: %v; want ErrNotFound", err)
		}
	})

	t.Run("query and visit", func(t *testing.T) {
		f := newFixture(t, open)
		f.update(func(_ context.Context, tx store.Tx) error {
			var errs []error
			for i := range 7 {
				errs = append(errs, tasks.Put(tx, fmt.Sprint(i), at(10-i, fmt.Sprint(i%2))))
			}
			return errors.Join(errs...)
		})
		q := store.Query{OrderBy: "due", Limit: 2, Where: []store.Cond{{Field: "who", Op: store.Contains, Value: "0"}}}
		values, next, err := tasks.Query(f.ctx, f.store, q)
		if diff := cmp.Diff([]task{at(4, "0"), at(6, "0")}, values); err != nil || diff != "" || next == "" {
			t.Errorf("Query: %v, next %q (-want +got):\n%s", err, next, diff)
		}
		for _, limit := range []int{0, 1, 3} {
			q.Limit = limit
			var got []task
			err := tasks.Each(f.ctx, f.store, q, func(v task) error {
				got = append(got, v)
				return nil
			})
			if diff := cmp.Diff([]task{at(4, "0"), at(6, "0"), at(8, "0"), at(10, "0")}, got); err != nil || diff != "" {
				t.Errorf("Each in pages of %d: %v (-want +got):\n%s", limit, err, diff)
			}
		}
		stop := errors.New("stop")
		visits := 0
		err = tasks.Each(f.ctx, f.store, q, func(task) error {
			visits++
			return stop
		})
		if !errors.Is(err, stop) || visits != 1 {
			t.Errorf("Each: %v after %d visits; want the visitor's error after the first", err, visits)
		}
	})

	t.Run("name the record that they cannot read", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(store.Record{Key: tasks.Key("odd"), Data: []byte(`{"title":1}`)})
		_, getErr := tasks.Get(f.ctx, f.store, "odd")
		_, _, queryErr := tasks.Query(f.ctx, f.store, store.Query{Limit: 1})
		for _, err := range []error{getErr, queryErr} {
			if err == nil || !strings.Contains(err.Error(), "tasks/odd") {
				t.Errorf("error %v; want one with tasks/odd", err)
			}
		}
	})
}
