package account_test

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
)

// crowd is a store in which the same is remembered of many accounts.
type crowd struct {
	store.Reader
	many   int
	memory idle.Memory
}

func (c crowd) Query(_ context.Context, q store.Query) (store.Page, error) {
	from := 0
	if q.After != "" {
		from, _ = strconv.Atoi(q.After)
	}
	var page store.Page
	for id := from; id < min(from+1_000, c.many); id++ {
		data, err := json.Marshal(map[string]any{"system": "looker", "id": strconv.Itoa(id), "memory": c.memory})
		if err != nil {
			return page, err
		}
		page.Records = append(page.Records, store.Record{Data: data})
	}
	if from+1_000 < c.many {
		page.Next = strconv.Itoa(from + 1_000)
	}
	return page, nil
}

// What is remembered of a million accounts leaves room for the rest of a night, which has 128 MiB: the
// listing of a million takes up to 40 of them. The default is fewer.
func TestWhatIsRememberedOfAMillionTakesLittle(t *testing.T) {
	many := 100_000
	if os.Getenv("SEKISHO_LONG") != "" {
		many = 1_000_000
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for name, test := range map[string]struct {
		memory idle.Memory
		bytes  uint64 // of each account
	}{
		"a session":  {idle.Memory{Active: now, Session: true}, 60},
		"everything": {idle.Memory{Active: now, Session: true, Kept: now, Told: []time.Duration{14 * day, day}, From: now, Stop: now, Begun: now, Due: true}, 105},
	} {
		before := held()
		all, err := account.Memories(t.Context(), crowd{many: many, memory: test.memory}, "looker")
		if err != nil {
			t.Fatal(err)
		}
		took := held() - before
		t.Logf("%s of %d accounts takes %d KiB", name, many, took>>10)
		if took > test.bytes*uint64(many)+1<<20 {
			t.Errorf("%s of %d accounts takes %d bytes of each, want %d at most", name, many, took/uint64(many), test.bytes)
		}
		for _, id := range []int{0, 1, many / 2, many - 1} {
			if got := all.Of(strconv.Itoa(id)); !got.Equal(test.memory) {
				t.Errorf("%s of %d: got %+v", name, id, got)
			}
		}
		if got := all.Of(strconv.Itoa(many)); !got.IsZero() {
			t.Errorf("of nobody: %+v", got)
		}
	}
}
