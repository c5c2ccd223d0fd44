package app_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/memstore"
)

// BenchmarkRecord measures a score with its way onto the boards, by 32 callers for 500 people.
func BenchmarkRecord(b *testing.B) {
	boards, _ := redisOf(b)
	w := start(b, memstore.New(), boards, app.ProjectorOptions{Pace: 10 * time.Millisecond})
	var next atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := next.Add(1)
			if _, _, err := w.Record(b.Context(), point("p", fmt.Sprint("u", i%500), fmt.Sprint("r", i), noon)); err != nil {
				b.Error(err)
			}
		}
	})
	w.settle(b)
}
