package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func testTransactions(t *testing.T, open Open) {
	t.Run("write all or nothing", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(store.Record{Key: thingKey("one"), Data: []byte("1")}, store.Record{Key: thingKey("two"), Data: []byte("2")})
		decide := func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Get(ctx, thingKey("one")); err != nil {
				return err
			}
			return errors.Join(
				tx.Put(store.Record{Key: thingKey("one"), Data: []byte("10")}),
				tx.Delete(thingKey("two")),
				tx.Create(store.Record{Key: thingKey("three"), Data: []byte("3")}),
				tx.Put(store.Record{Key: store.Key{Collection: "others", ID: "one"}, Data: []byte("4")}),
			)
		}
		refusal := errors.New("refused")
		err := f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
			if err := decide(ctx, tx); err != nil {
				return err
			}
			return refusal
		})
		if err != refusal { //nolint:errorlint // it must be the very error
			t.Errorf("Update: %v; want the error of the transaction itself", err)
		}
		f.wantData(thingKey("one"), "1")
		f.wantData(thingKey("two"), "2")
		f.wantData(thingKey("three"), "")
		f.wantData(store.Key{Collection: "others", ID: "one"}, "")

		f.update(decide)
		f.wantData(thingKey("one"), "10")
		f.wantData(thingKey("two"), "")
		f.wantData(thingKey("three"), "3")
		f.wantData(store.Key{Collection: "others", ID: "one"}, "4")
	})

	t.Run("need not write", func(t *testing.T) {
		f := newFixture(t, open)
		f.update(func(context.Context, store.Tx) error { return nil })
		f.update(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Query(ctx, store.Query{Collection: "things", Limit: 1})
			return err
		})
	})

	t.Run("return what reads return", func(t *testing.T) {
		f := newFixture(t, open)
		err := f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Get(ctx, thingKey("one"))
			return fmt.Errorf("decide: %w", err)
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Update: %v; want ErrNotFound", err)
		}
	})

	t.Run("query what is there", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(thing("one", map[string]any{"n": int64(1)}), thing("two", map[string]any{"n": int64(2)}), thing("three", nil))
		f.update(func(ctx context.Context, tx store.Tx) error {
			q := store.Query{Collection: "things", OrderBy: "n", Limit: 1}
			first, err := tx.Query(ctx, q)
			if err != nil {
				return err
			}
			q.After = first.Next
			second, err := tx.Query(ctx, q)
			if err != nil {
				return err
			}
			for _, r := range append(first.Records, second.Records...) {
				if err := tx.Put(thing(r.Key.ID, map[string]any{"seen": true})); err != nil {
					return err
				}
			}
			return nil
		})
		f.wantIDs(where("seen", store.Equal, true), "one", "two")
	})

	reads := map[string]func(context.Context, store.Tx) error{
		"Get": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Get(ctx, thingKey("one"))
			return err
		},
		"Query": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Query(ctx, store.Query{Collection: "things", Limit: 1})
			return err
		},
	}
	writes := map[string]func(store.Tx) error{
		"Put":    func(tx store.Tx) error { return tx.Put(thing("two", nil)) },
		"Create": func(tx store.Tx) error { return tx.Create(thing("two", nil)) },
		"Delete": func(tx store.Tx) error { return tx.Delete(thingKey("two")) },
	}
	for readName, read := range reads {
		for writeName, write := range writes {
			t.Run(fmt.Sprintf("cannot %s after %s", readName, writeName), func(t *testing.T) {
				f := newFixture(t, open)
				f.put(thing("one", nil))
				err := f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
					if err := write(tx); err != nil {
						return err
					}
					if err := read(ctx, tx); !errors.Is(err, store.ErrReadAfterWrite) {
						t.Errorf("read: %v; want ErrReadAfterWrite", err)
					}
					return nil // the store must remember
				})
				if !errors.Is(err, store.ErrReadAfterWrite) {
					t.Errorf("Update: %v; want ErrReadAfterWrite", err)
				}
				f.wantIDs(store.Query{}, "one")
			})
		}
	}

	t.Run("write one key in order", func(t *testing.T) {
		put := func(data string) func(store.Tx) error {
			return func(tx store.Tx) error { return tx.Put(store.Record{Key: thingKey("one"), Data: []byte(data)}) }
		}
		create := func(data string) func(store.Tx) error {
			return func(tx store.Tx) error {
				return tx.Create(store.Record{Key: thingKey("one"), Data: []byte(data)})
			}
		}
		remove := func(tx store.Tx) error { return tx.Delete(thingKey("one")) }
		for _, test := range []struct {
			name   string
			before string
			writes []func(store.Tx) error
			want   string
			err    error
		}{
			{"put put", "", []func(store.Tx) error{put("1"), put("2")}, "2", nil},
			{"put delete", "0", []func(store.Tx) error{put("1"), remove}, "", nil},
			{"delete put", "0", []func(store.Tx) error{remove, put("1")}, "1", nil},
			{"delete create", "0", []func(store.Tx) error{remove, create("1")}, "1", nil},
			{"create put", "", []func(store.Tx) error{create("1"), put("2")}, "2", nil},
			{"create delete", "", []func(store.Tx) error{create("1"), remove}, "", nil},
			{"create delete create", "", []func(store.Tx) error{create("1"), remove, create("2")}, "2", nil},
			{"create create", "", []func(store.Tx) error{create("1"), create("2")}, "", store.ErrExists},
			{"put create", "", []func(store.Tx) error{put("1"), create("2")}, "", store.ErrExists},
			{"create delete of an existing one", "0", []func(store.Tx) error{create("1"), remove}, "0", store.ErrExists},
		} {
			t.Run(test.name, func(t *testing.T) {
				f := newFixture(t, open)
				if test.before != "" {
					f.update(func(_ context.Context, tx store.Tx) error { return put(test.before)(tx) })
				}
				err := f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error {
					for _, write := range test.writes {
						if err := write(tx); err != nil {
							return err
						}
					}
					return nil
				})
				if !errors.Is(err, test.err) {
					t.Errorf("Update: %v; want %v", err, test.err)
				}
				f.wantData(thingKey("one"), test.want)
			})
		}
	})

	t.Run("keep what they were given", func(t *testing.T) {
		f := newFixture(t, open)
		f.update(func(_ context.Context, tx store.Tx) error {
			r := thing("one", map[string]any{"a": "x", "list": []string{"x"}})
			if err := tx.Put(r); err != nil {
				return err
			}
			r.Fields["a"] = "changed"
			r.Fields["list"].([]string)[0] = "changed"
			return nil
		})
		f.wantIDs(where("a", store.Equal, "x"), "one")
		f.wantIDs(where("list", store.Contains, "x"), "one")
	})

	t.Run("do not commit after a refused write", func(t *testing.T) {
		f := newFixture(t, open)
		err := f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error {
			if err := tx.Put(thing("one", nil)); err != nil {
				return err
			}
			if err := tx.Put(thing("a/b", nil)); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("Put a/b: %v; want ErrInvalid", err)
			}
			return nil // the store must remember
		})
		if !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Update: %v; want ErrInvalid", err)
		}
		f.wantData(thingKey("one"), "")
	})

	t.Run("are not nested", func(t *testing.T) {
		f := newFixture(t, open)
		inside := map[string]func(context.Context) error{
			"Get": func(ctx context.Context) error {
				_, err := f.store.Get(ctx, thingKey("one"))
				return err
			},
			"Query": func(ctx context.Context) error {
				_, err := f.store.Query(ctx, store.Query{Collection: "things", Limit: 1})
				return err
			},
			"Update": func(ctx context.Context) error {
				return f.store.Update(ctx, func(context.Context, store.Tx) error { return nil })
			},
			"Bulk": func(ctx context.Context) error { return f.store.Bulk(ctx, nil) },
		}
		for name, do := range inside {
			f.update(func(ctx context.Context, _ store.Tx) error {
				if err := do(ctx); !errors.Is(err, store.ErrNested) {
					t.Errorf("%s: %v; want ErrNested", name, err)
				}
				return nil
			})
		}
	})
}

// workers is how many run at once against the same records: as many as Firestore's emulator
// gets through in reasonable time.
const workers = 5

func testRaces(t *testing.T, open Open) {
	t.Run("increments are all counted", func(t *testing.T) {
		const each = 4
		f := newFixture(t, open)
		f.put(store.Record{Key: thingKey("counter"), Data: []byte("0")})
		var runs atomic.Int64
		errs := together(workers, func(int) error {
			for range each {
				err := f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
					runs.Add(1)
					r, err := tx.Get(ctx, thingKey("counter"))
					if err != nil {
						return err
					}
					var n int
					if err := json.Unmarshal(r.Data, &n); err != nil {
						return err
					}
					r.Data = fmt.Appendf(nil, "%d", n+1)
					return tx.Put(r)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("increment: %v", err)
		}
		f.wantData(thingKey("counter"), fmt.Sprint(workers*each))
		if runs.Load() < workers*each {
			t.Errorf("%d runs of %d transactions", runs.Load(), workers*each)
		}
		t.Logf("%d transactions took %d runs", workers*each, runs.Load())
	})

	t.Run("a record is created by one only", func(t *testing.T) {
		for _, read := range []bool{false, true} {
			for _, expired := range []bool{false, true} {
				t.Run(fmt.Sprintf("read before %t, over an expired one %t", read, expired), func(t *testing.T) {
					t.Parallel() // the emulator takes seconds to let one through
					f := newFixture(t, open)
					if expired {
						f.put(store.Record{Key: thingKey("one"), Data: []byte(`"old"`), Expires: start.Add(time.Second)})
						f.clock.Advance(time.Minute)
					}
					errs := together(workers, func(i int) error {
						return f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
							if read {
								if _, err := tx.Get(ctx, thingKey("one")); err == nil {
									return store.ErrExists
								} else if !errors.Is(err, store.ErrNotFound) {
									return err
								}
							}
							return tx.Create(store.Record{Key: thingKey("one"), Data: fmt.Appendf(nil, "%d", i)})
						})
					})
					if count(errs, nil) != 1 || count(errs, store.ErrExists) != workers-1 {
						t.Fatalf("results %v; want one success, else ErrExists", errs)
					}
					for i, err := range errs {
						if err == nil {
							f.wantData(thingKey("one"), fmt.Sprint(i))
						}
					}
				})
			}
		}
	})

	t.Run("a rule about a query holds", func(t *testing.T) {
		const seats = 2
		f := newFixture(t, open)
		full := errors.New("full")
		errs := together(workers, func(i int) error {
			return f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
				page, err := tx.Query(ctx, store.Query{
					Collection: "things", Limit: 10,
					Where: []store.Cond{{Field: "taken", Op: store.Equal, Value: true}},
				})
				if err != nil {
					return err
				}
				if len(page.Records) >= seats {
					return full
				}
				return tx.Create(thing(fmt.Sprint(i), map[string]any{"taken": true}))
			})
		})
		if count(errs, nil) != seats || count(errs, full) != workers-seats {
			t.Errorf("results %v; want %d successes, else full", errs, seats)
		}
	})
}

func testContexts(t *testing.T, open Open) {
	decide := func(_ context.Context, tx store.Tx) error { return tx.Put(thing("two", nil)) }
	operations := map[string]func(ctx context.Context, s store.Store) error{
		"Get": func(ctx context.Context, s store.Store) error {
			_, err := s.Get(ctx, thingKey("one"))
			return err
		},
		"Query": func(ctx context.Context, s store.Store) error {
			_, err := s.Query(ctx, store.Query{Collection: "things", Limit: 1})
			return err
		},
		"Update": func(ctx context.Context, s store.Store) error { return s.Update(ctx, decide) },
		"Bulk": func(ctx context.Context, s store.Store) error {
			r := thing("two", nil)
			return s.Bulk(ctx, []store.Write{{Put: &r}})
		},
	}
	for name, operate := range operations {
		t.Run(name+" with an ended context", func(t *testing.T) {
			f := newFixture(t, open)
			f.put(thing("one", nil))
			ctx, cancel := context.WithCancel(f.ctx)
			cancel()
			if err := operate(ctx, f.store); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v; want context.Canceled", name, err)
			}
			late, cancel := context.WithDeadline(f.ctx, time.Unix(0, 0))
			defer cancel()
			if err := operate(late, f.store); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v; want context.DeadlineExceeded", name, err)
			}
			f.wantIDs(store.Query{}, "one")
		})
	}

	t.Run("a transaction whose context ends does not commit", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(thing("one", nil))
		ctx, cancel := context.WithCancel(f.ctx)
		err := f.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			cancel()
			return decide(ctx, tx)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v; want context.Canceled", err)
		}
		f.wantIDs(store.Query{}, "one")
		f.update(decide)
		f.wantIDs(store.Query{}, "one", "two")
	})
}
