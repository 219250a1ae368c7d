package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// crashFile names the database that a child of this test binary writes until it is killed.
const crashFile = "SEKISHO_TEST_CRASH_FILE"

// writeForEver prints the ID of each record once the store has acknowledged it: transactions
// of two records each, and now and then a bulk.
func writeForEver(path string) error {
	db, err := embedded.Open(path, time.Now)
	if err != nil {
		return err
	}
	s := db.Store()
	for n := 0; ; n++ {
		var writes []store.Write
		for i := range 2 + 40*(n%2) {
			r := crashRecord(fmt.Sprintf("%d-%d", n, i))
			writes = append(writes, store.Write{Put: &r})
		}
		if n%2 == 1 {
			err = s.Bulk(context.Background(), writes)
		} else {
			err = s.Update(context.Background(), func(_ context.Context, tx store.Tx) error {
				return errors.Join(tx.Create(*writes[0].Put), tx.Put(*writes[1].Put))
			})
		}
		if err != nil {
			return err
		}
		for _, w := range writes {
			fmt.Println(w.Key().ID)
		}
	}
}

// crashed is what the records hold.
type crashed struct {
	ID string `json:"id"`
}

func crashRecord(id string) store.Record {
	return store.Record{
		Key:    store.Key{Collection: "things", ID: id},
		Data:   fmt.Appendf(nil, `{"id":%q}`, id),
		Fields: map[string]any{"id": id, "list": []string{id, "all"}},
	}
}

func TestStoreKeepsWhatItAcknowledgedWhenKilled(t *testing.T) {
	if path := os.Getenv(crashFile); path != "" { // in the child
		t.Fatal(writeForEver(path))
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0xdead))
			path := filepath.Join(t.TempDir(), "crash.db")
			acknowledged := killAfter(t, path, 1+rng.IntN(400), time.Duration(rng.IntN(3_000))*time.Microsecond)

			s := openDB(t, path, time.Now).Store()
			for _, id := range acknowledged {
				want := crashRecord(id)
				if r, err := s.Get(t.Context(), want.Key); err != nil || string(r.Data) != string(want.Data) {
					t.Errorf("Get %s = %s, %v", id, r.Data, err)
				}
				page, err := s.Query(t.Context(), store.Query{
					Collection: "things", Limit: 2,
					Where: []store.Cond{{Field: "list", Op: store.Contains, Value: id}, {Field: "id", Op: store.Equal, Value: id}},
				})
				if err != nil || len(page.Records) != 1 {
					t.Errorf("Query %s: %d records, %v", id, len(page.Records), err)
				}
			}
			t.Logf("%d records were acknowledged", len(acknowledged))

			// A transaction is there whole or not at all.
			parts := map[string]int{}
			things := store.Collection[crashed]{Name: "things"}
			if err := things.Each(t.Context(), s, store.Query{}, func(v crashed) error {
				n, _, _ := strings.Cut(v.ID, "-")
				parts[n]++
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for n, count := range parts {
				if count != 2 && count != 42 {
					t.Errorf("transaction %s left %d records", n, count)
				}
			}
		})
	}
}

// killAfter runs a child that writes to the database at path, kills it some time after it has
// acknowledged so many records, and returns the IDs of all that it acknowledged.
func killAfter(t *testing.T, path string, records int, more time.Duration) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStoreKeepsWhatItAcknowledgedWhenKilled$")
	child.Env = append(os.Environ(), crashFile+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	lines := bufio.NewReader(out)
	for {
		// A last line without its end may be of a record that is not complete.
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		acknowledged = append(acknowledged, strings.TrimSuffix(line, "\n"))
		if len(acknowledged) == records {
			timer := time.AfterFunc(more, func() { child.Process.Kill() }) //nolint:errcheck // it may have ended
			defer timer.Stop()
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < records {
		t.Fatalf("child ended by itself (%v) after %d records", err, len(acknowledged))
	}
	return acknowledged
}
