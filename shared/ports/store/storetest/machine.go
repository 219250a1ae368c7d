package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// testModel drives a store and the model through the same random operations.
func testModel(t *testing.T, open Open) {
	f := newFixture(t, open)
	sequences := 0
	rapid.Check(t, func(t *rapid.T) {
		sequences++ // each sequence has a collection of its own
		m := &machine{fixture: f, collection: fmt.Sprintf("model%d", sequences), model: model{}}
		t.Repeat(map[string]func(*rapid.T){
			"transaction": m.transaction,
			"bulk":        m.bulk,
			"get":         func(t *rapid.T) { m.same(t, f.store, drawID.Draw(t, "id")) },
			"query":       m.query,
			"wait": func(t *rapid.T) {
				f.clock.Advance(time.Duration(rapid.IntRange(1, 3).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) { // after each of the others
				m.pages(t, store.Query{Collection: m.collection, Limit: store.MaxPage})
			},
		})
	})
}

// machine is one sequence of operations.
type machine struct {
	*fixture
	collection string
	model      model
}

// step is one write of a transaction.
type step struct {
	op string // create, put or delete
	r  store.Record
}

func (s step) do(tx store.Tx) error {
	switch s.op {
	case "create":
		return tx.Create(s.r)
	case "put":
		return tx.Put(s.r)
	default:
		return tx.Delete(s.r.Key)
	}
}

// transaction reads, queries and writes, and is sometimes refused in the end.
func (m *machine) transaction(t *rapid.T) {
	now := m.clock.Now()
	reads := rapid.SliceOfN(drawID, 0, 2).Draw(t, "reads")
	q := drawQuery.Draw(t, "query")
	q.Collection = m.collection
	var steps []step
	for range rapid.IntRange(0, 4).Draw(t, "writes") {
		op := rapid.SampledFrom([]string{"create", "put", "delete"}).Draw(t, "op")
		steps = append(steps, step{op, drawRecord(t, m.collection, now)})
	}
	var want error
	if rapid.IntRange(0, 4).Draw(t, "refuse") == 0 {
		want = errors.New("refused")
	}
	refusal := want

	after := maps.Clone(m.model)
	for _, s := range steps {
		id := s.r.Key.ID
		if _, exists := after.live(id, now); exists && s.op == "create" && want == nil {
			want = store.ErrExists
		}
		if s.op == "delete" {
			delete(after, id)
		} else {
			after[id] = s.r
		}
	}
	err := m.store.Update(m.ctx, func(ctx context.Context, tx store.Tx) error {
		for _, id := range reads {
			m.same(t, tx, id)
		}
		page, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		found := m.model.query(q, now)
		if len(page.Records) > len(found) {
			t.Fatalf("Query %+v in a transaction = %v; want %v", q, ids(page.Records), ids(found))
		}
		wantRecords(t, q, found[:len(page.Records)], page.Records)
		for _, s := range steps {
			if err := s.do(tx); err != nil {
				return err
			}
		}
		return refusal
	})
	if !errors.Is(err, want) {
		t.Fatalf("Update: %v; want %v", err, want)
	}
	if want == nil {
		m.model = after
	}
}

// bulk puts and deletes, the same record perhaps more than once. A write of an expired record
// in the same moment counts like any other.
func (m *machine) bulk(t *rapid.T) {
	var writes []store.Write
	for range rapid.IntRange(0, 5).Draw(t, "writes") {
		r := drawRecord(t, m.collection, m.clock.Now())
		if rapid.Bool().Draw(t, "delete") {
			writes = append(writes, store.Write{Delete: &r.Key})
			delete(m.model, r.Key.ID)
		} else {
			writes = append(writes, store.Write{Put: &r})
			m.model[r.Key.ID] = r
		}
	}
	if err := m.store.Bulk(m.ctx, writes); err != nil {
		t.Fatalf("Bulk: %v", err)
	}
}

// query asks anything, in pages.
func (m *machine) query(t *rapid.T) {
	q := drawQuery.Draw(t, "query")
	q.Collection = m.collection
	m.pages(t, q)
}

// pages compares all pages of a query with the model.
func (m *machine) pages(t *rapid.T, q store.Query) {
	t.Helper()
	want := m.model.query(q, m.clock.Now())
	var got []store.Record
	for page := q; ; {
		answer, err := m.store.Query(m.ctx, page)
		if err != nil {
			t.Fatalf("Query %+v: %v", page, err)
		}
		got = append(got, answer.Records...)
		if answer.Next == "" {
			break
		}
		page.After = answer.Next
	}
	wantRecords(t, q, want, got)
}

func wantRecords(t *rapid.T, q store.Query, want, got []store.Record) {
	t.Helper()
	if len(want) == 0 && len(got) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("Query %+v (-want +got):\n%s", q, diff)
	}
}

// same compares one record with the model.
func (m *machine) same(t *rapid.T, r store.Reader, id string) {
	t.Helper()
	got, err := r.Get(m.ctx, store.Key{Collection: m.collection, ID: id})
	want, exists := m.model.live(id, m.clock.Now())
	if !exists {
		if !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("Get %s = %+v, %v; want ErrNotFound", id, got, err)
		}
		return
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("Get %s: %v (-want +got):\n%s", id, err, diff)
	}
}
