package bench

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/sim/org"
)

const accessCompany = `
domain: example.com
people: [{email: aiko@example.com}, {email: ken@example.com}]
groups:
  - {email: etl@example.com, owners: [ken@example.com], members: [aiko@example.com]}
projects:
  - {id: prd, bindings: [{role: roles/viewer, members: ["user:ken@example.com"]}]}
`

const accessPolicy = `
access:
  - {name: etl, project: prd, roles: [roles/run.admin], eligible: [group:etl@example.com], max: 8h, approval: quorum}
approvals:
  - {kinds: [access.grant], quorum: [{count: 1, from: group:etl@example.com}]}
`

// BenchmarkPressToBinding is the way from the press by which somebody approves access to the answer to
// the write that sets the binding: the signature, the decision, the change, its notice, its claim, the
// token, the reading and the write. What goes on until the person is told is in the time of an
// operation, and not in p99-ms. The clock is a world's own, so that delays of queues and vendors take
// no time.
func BenchmarkPressToBinding(b *testing.B) {
	company, err := org.Parse("company.yaml", []byte(accessCompany))
	if err != nil {
		b.Fatal(err)
	}
	var bound time.Time // when the latest write was answered
	tap := func(_ string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(rw, r)
			if strings.HasSuffix(r.URL.Path, ":setIamPolicy") {
				bound = time.Now()
			}
		})
	}
	w, err := world.New(world.Options{Company: company, Policy: fstest.MapFS{"policy.yaml": {Data: []byte(accessPolicy)}}, Tap: tap})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	}()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	check(w.Start(ctx))
	has := func() bool { return w.Cloud.Access("aiko@example.com", "prd", "roles/run.admin", w.Clock.Now()) }
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for n := range b.N {
		b.StopTimer()
		check(w.Advance(ctx, w.Clock.Now().Add(10*time.Minute)))
		check(w.Command(ctx, "aiko@example.com", "/access", "etl"))
		check(w.Submit(ctx, "aiko@example.com", []string{"duration=1h", fmt.Sprintf("reason=INC-%d", n)}))
		if has() {
			b.Fatal("nobody has approved it")
		}
		b.StartTimer()
		began := time.Now()
		check(w.Click(ctx, "ken@example.com", "Approve", nil))
		if !has() || bound.Before(began) {
			b.Fatal("it was approved, and there is no binding")
		}
		took = append(took, bound.Sub(began))
		b.StopTimer()
		check(w.Click(ctx, "aiko@example.com", "I am done", nil))
		b.StartTimer()
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/float64(time.Millisecond), "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/float64(time.Millisecond), "p99-ms")
}
