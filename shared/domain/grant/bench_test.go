package grant_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// full is a policy with 1,499 principals, eighty of them by bindings of ours of which half are
// dead.
func full(b *testing.B) (grant.Policy, grant.Grant) {
	b.Helper()
	p := crowd(1_419)
	for n := range 80 {
		d := time.Hour
		if n%2 == 0 {
			d = time.Minute
		}
		r := grant.Request{Entitlement: maint, Roles: maint.Roles[:1], For: d, Reason: because}
		g, problem := grant.Plan(r, id(n+1), aiko, nil, noon)
		if problem != nil {
			b.Fatal(problem)
		}
		var err error
		if p, _, err = give(g).Apply(p); err != nil {
			b.Fatal(err)
		}
	}
	g, problem := grant.Plan(grant.Request{Entitlement: maint, Roles: maint.Roles[1:], For: time.Hour, Reason: because}, id(99), ken, nil, noon)
	if problem != nil {
		b.Fatal(problem)
	}
	return p, g
}

// BenchmarkEdit gives one role on a policy with 1,499 principals, and clears away dead bindings
// in the same write.
func BenchmarkEdit(b *testing.B) {
	p, g := full(b)
	e := grant.Edit{Give: []grant.Grant{g}, Now: noon.Add(30 * time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		if next, changed, err := e.Apply(p); err != nil || !changed || len(next.Bindings) != len(p.Bindings)-39 {
			b.Fatalf("%d bindings of %d, error %v", len(next.Bindings), len(p.Bindings), err)
		}
	}
}

// BenchmarkEditAtRest finds that nothing is to be done, as after each write.
func BenchmarkEditAtRest(b *testing.B) {
	p, g := full(b)
	e := grant.Edit{Give: []grant.Grant{g}, Now: noon}
	p, _, err := e.Apply(p)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, changed, err := e.Apply(p); err != nil || changed {
			b.Fatal(err)
		}
	}
}

// BenchmarkRoom checks the limits before people are asked.
func BenchmarkRoom(b *testing.B) {
	p, g := full(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := grant.Room(prj, p, give(g), grant.Headroom); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDrifts compares the policy with forty live grants.
func BenchmarkDrifts(b *testing.B) {
	p, _ := full(b)
	b.ReportAllocs()
	for b.Loop() {
		grant.Drifts(p, nil, noon)
	}
}
