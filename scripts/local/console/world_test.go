package console

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/demo"
	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// startWorld starts a world with the demo policy; a nil company is the demo company.
func startWorld(t *testing.T, company *org.Company) (*world.World, *policyfile.Policy) {
	t.Helper()
	policy, err := policyfile.Load(demo.Policy())
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(world.Options{Company: company, Policy: demo.Policy(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, policy
}

// run lets time pass in the world as ticks come, until the test ends.
func run(t *testing.T, live *Live) chan<- time.Time {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ticks := make(chan time.Time)
	done := make(chan error, 1)
	go func() { done <- live.Run(ctx, ticks) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want that the context was canceled", err)
		}
	})
	return ticks
}

// small is a company of two people and one group, for tests that only need some world.
func small(t *testing.T) *org.Company {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(`
domain: example.com
people: [{email: ann@example.com, admin: true}, {email: bob@example.com}]
groups: [{email: team@example.com, owners: [ann@example.com], members: [bob@example.com]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hostile is a company whose names try to be HTML.
func hostile(t *testing.T) *org.Company {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(`
domain: example.com
people:
  - {email: eve@example.com, name: '<script>alert("eve")</script>'}
  - {email: max@example.com, name: 'Max "x" onfocus=alert(1)', admin: true}
groups:
  - email: odd@example.com
    name: '<img src=x onerror=alert("name")>'
    description: '</p><script>alert("description")</script>'
    owners: [eve@example.com]
    members: [max@example.com]
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
