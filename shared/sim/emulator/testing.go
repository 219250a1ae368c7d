package emulator

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// RequireVariable names the environment variable that, set to 1, makes tests fail that would
// be skipped for want of an emulator.
const RequireVariable = "SEKISHO_REQUIRE_EMULATORS"

// Firestore returns the address of a Firestore emulator, host:port. All tests of a test binary
// share it; each works in a project of its own, see [Project]. Where there is none the test is
// skipped, or fails if [RequireVariable] says so. TestMain must call [Main].
func Firestore(t testing.TB) string {
	t.Helper()
	return shared.host(t, KindFirestore)
}

// PubSub returns the address of a Pub/Sub emulator, as [Firestore] does.
func PubSub(t testing.TB) string {
	t.Helper()
	return shared.host(t, KindPubSub)
}

// Main runs the tests and ends the emulators that they started:
//
//	func TestMain(m *testing.M) { os.Exit(emulator.Main(m)) }
func Main(m *testing.M) int {
	shared.begin()
	defer shared.end()
	return m.Run()
}

// Project returns the ID of a Google Cloud project that no other test has used, not even on an
// emulator that has been running for days.
func Project(t testing.TB) string {
	t.Helper()
	id := fmt.Sprintf("t-%s-%d", runID(), projects.Add(1))
	t.Logf("project %s", id)
	return id
}

var (
	projects atomic.Int64
	runID    = sync.OnceValue(func() string { return strings.ToLower(rand.Text()[:12]) })
)

// shared are the emulators of this test binary.
var shared pool

type pool struct {
	mu      sync.Mutex
	open    bool // Main is running
	entries map[Kind]entry
}

type entry struct {
	emulator *Emulator
	err      error
}

func (p *pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.entries = true, map[Kind]entry{}
}

func (p *pool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if e.err == nil {
			e.emulator.Stop()
		}
	}
	p.open, p.entries = false, nil
}

// host returns the address of the shared emulator, which the first test starts.
func (p *pool) host(t testing.TB, kind Kind) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open {
		t.Fatal("TestMain does not call emulator.Main: nobody would end the emulator")
	}
	e, ok := p.entries[kind]
	if !ok {
		e.emulator, e.err = Start(t.Context(), kind)
		p.entries[kind] = e
	}
	switch {
	case e.err == nil:
		return e.emulator.Host
	case errors.Is(e.err, ErrNotInstalled) && os.Getenv(RequireVariable) != "1":
		t.Skip(e.err)
	default:
		t.Fatal(e.err)
	}
	return ""
}
