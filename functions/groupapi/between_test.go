package groupapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// between does something between two readings of a group.
type between struct {
	store.Store
	n  int
	do func()
}

func (b *between) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if key.Collection == "groups" {
		if b.n++; b.n == 2 && b.do != nil {
			b.do()
		}
	}
	return b.Store.Get(ctx, key)
}

// Whether members are complete is said of those that are in the answer, not of those before.
func TestCompleteBelongsToTheMembersOfTheAnswer(t *testing.T) {
	d := open(t)
	d.put(t, "g1", "data@example.com", user("aiko"), user("bo"))
	hook := &between{Store: d.Store.Store}
	m := mirror.New(hook.Store)
	hook.do = func() {
		d.Clock.Advance(time.Minute)
		if _, err := m.PutAdditions(t.Context(), "g1", []group.Member{user("aiko")}, d.Clock.Now()); err != nil {
			t.Error(err)
		}
	}
	d.Store.Store = hook
	var data any
	answer := d.answer(t, all, "/v1/groups/g1/members", &data)
	h, err := m.Find(t.Context(), "g1")
	if err != nil || h.Complete() || answer.Complete || !answer.AsOf.Equal(h.Read) {
		t.Errorf("%v: as of %s, complete %t; the mirror: of %s, complete %t", err, answer.AsOf, answer.Complete, h.Read, h.Complete())
	}
}
