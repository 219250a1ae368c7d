package embedded_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

var message = bus.Message{Data: []byte("x"), Attributes: map[string]string{"kind": "group.settings"}}

// TestKilledProcessLosesNothing runs a process that publishes, enqueues and delivers on one
// file, kills it at an arbitrary moment, and looks for everything that it was told is on disk.
func TestKilledProcessLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "world.db")
	var mu sync.Mutex
	delivered := map[string]bool{}
	url := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if name := r.Header.Get(queue.HeaderTask); name != "" {
			delivered["task "+name] = true
			return
		}
		delivered["message "+decode(t, r).ID] = true
	})
	acknowledged := map[string]bool{}
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), "SEKISHO_TEST_FILE="+path, "SEKISHO_TEST_URL="+url, fmt.Sprintf("SEKISHO_TEST_ROUND=%d", round))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			if what, ok := strings.CutPrefix(lines.Text(), "acknowledged "); ok {
				acknowledged[what] = true
				n++
			}
			if n == 40+17*round {
				if err := child.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
		}
		if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the child ended by itself: %v", err)
		}
	}
	c := newClock()
	c.reach(time.Now().Add(time.Hour))
	db := open(t, path, c)
	q := mustOpen(t, db, url)
	driveBus(t, c, db.Bus(), http.DefaultClient)
	driveQueue(t, c, q, http.DefaultClient)
	mu.Lock()
	defer mu.Unlock()
	for what := range acknowledged {
		if !delivered[what] {
			t.Errorf("%s was acknowledged and never delivered", what)
		}
	}
	if len(acknowledged) < 100 {
		t.Errorf("only %d were acknowledged before the kills", len(acknowledged))
	}
}

// TestChild is the process that is killed. It says what was acknowledged on standard output.
func TestChild(t *testing.T) {
	path, url := os.Getenv("SEKISHO_TEST_FILE"), os.Getenv("SEKISHO_TEST_URL")
	if path == "" {
		t.Skip("only part of another test")
	}
	db, err := embedded.Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	b, q := db.Bus(), mustOpen(t, db, url)
	mustSubscribe(t, b, subscription("all", url))
	serve(t, db, b.Serve)
	serve(t, db, q.Serve)
	for i := 0; ; i++ {
		id, err := b.Publish(t.Context(), "news", message)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acknowledged message", id)
		name := fmt.Sprintf("task-%s-%d", os.Getenv("SEKISHO_TEST_ROUND"), i)
		mustEnqueue(t, q, name)
		fmt.Println("acknowledged task", name)
	}
}
