package app_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
)

// BenchmarkReconcile walks a ledger in memory of 100,000 postings, or of as many as RECONCILE_POSTINGS says, each with its
// budget line. It reports the time for each posting, and what the walk adds to the heap.
func BenchmarkReconcile(b *testing.B) {
	postings := 100_000
	if text := os.Getenv("RECONCILE_POSTINGS"); text != "" {
		var err error
		if postings, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	log := chain.New(memstore.New(), chain.Options{Clock: clock.System()})
	defer func() {
		if err := log.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	}()
	ledger := app.NewLedger(log, clock.System())
	const callers = 64
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for n := c; n < postings; n += callers {
				_, err := ledger.Issue(b.Context(), domain.Reward{
					ID: fmt.Sprintf("reward/p%d/r%d/completed/REFERRER", n%10, n), ProgramID: fmt.Sprintf("p%d", n%10),
					ReferralID: fmt.Sprintf("r%d", n), Beneficiary: fmt.Sprintf("u%d", n/20), Side: domain.SideReferrer,
					Kind: domain.KindReferral, Amount: 5000, Currency: "INR",
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for b.Loop() {
		state, err := ledger.Reconcile(b.Context())
		if err != nil || !state.Verified() || state.Postings != int64(postings) {
			b.Fatalf("got %+v, %v", state, err)
		}
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(postings), "ns/posting")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "MB-kept")
}
