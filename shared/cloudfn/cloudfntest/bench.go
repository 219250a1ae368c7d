package cloudfntest

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// OnStores runs a benchmark on a database in memory and on one in a file.
func OnStores(b *testing.B, run func(b *testing.B, r *Rig)) {
	b.Run("memory", func(b *testing.B) { run(b, NewPlain(b, "")) })
	b.Run("file", func(b *testing.B) { run(b, NewPlain(b, filepath.Join(b.TempDir(), "bench.db"))) })
}

// Loop calls do b.N times, as [testing.B.Loop] does, and reports besides the mean how long the
// slowest call in a hundred took: the metric p99-ms. Whatever prepare does for the call of that
// number is not measured.
func Loop[T any](b *testing.B, prepare func(i int) T, do func(T)) {
	b.Helper()
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		v := prepare(i)
		b.StartTimer()
		began := time.Now()
		do(v)
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100])/float64(time.Millisecond), "p99-ms")
}
