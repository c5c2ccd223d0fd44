package chaintest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
)

// waitQueued returns once n lists wait for the committer.
func waitQueued(log *chain.Log[Body], n int) {
	for log.Queued() < n {
		runtime.Gosched()
	}
}

func groupContract(t *testing.T, factory Factory) {
	t.Run("HotKey", func(t *testing.T) { group(t, factory(t).Store, func(int) string { return "hot" }, 1000, "[1 50]") })
	t.Run("ManyKeys", func(t *testing.T) {
		group(t, factory(t).Store, func(i int) string { return fmt.Sprint("key-", i) }, 1000, "[1 50]")
	})
	t.Run("BatchesAreBounded", func(t *testing.T) {
		group(t, factory(t).Store, func(int) string { return "hot" }, 20, "[1 20 20 10]")
	})
	t.Run("RefusalsDoNotDisturb", func(t *testing.T) {
		store := &faulty{Store: factory(t).Store}
		log := open(t, store, chain.Options{})
		// Each refused list shares a command with one that is not refused.
		failed := together(t, store, log, 20, func(i int) []chain.Append[Body] {
			if i%2 == 0 {
				return []chain.Append[Body]{one("a", fmt.Sprint(i/2)), plus("b", fmt.Sprint(i), 1, 0)}
			}
			return []chain.Append[Body]{one("b", fmt.Sprint(i)), one("a", fmt.Sprint(i/2))}
		})
		if sizes := fmt.Sprint(store.sizes()); sizes != "[1 20]" {
			t.Errorf("inserts had %s entries, want [1 20]: a refused list left a trace in the plan", sizes)
		}
		if failed != 10 {
			t.Errorf("%d lists were refused, want 10", failed)
		}
		for _, key := range []string{"a", "b"} {
			if head, _, err := log.Head(t.Context(), key); err != nil || head.Seq != 10 {
				t.Errorf("%s has %d entries, want 10 (%v)", key, head.Seq, err)
			}
		}
	})
	t.Run("FullQueueBlocks", func(t *testing.T) {
		store := &faulty{Store: factory(t).Store}
		log := open(t, store, chain.Options{Queue: 5})
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if _, err := log.Append(t.Context(), one("hot", fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, n := range store.sizes() {
			if n > 5 {
				t.Errorf("an insert of %d entries came out of a queue of 5", n)
			}
		}
	})
}

// group queues 50 appends behind one that is in flight and looks at the inserts.
func group(t *testing.T, base chain.Store[Body], key func(int) string, maxBatch int, want string) {
	store := &faulty{Store: base}
	log := open(t, store, chain.Options{MaxBatch: maxBatch})
	failed := together(t, store, log, 50, func(i int) []chain.Append[Body] {
		return []chain.Append[Body]{one(key(i), fmt.Sprint("c", i))}
	})
	if got := fmt.Sprint(store.sizes()); failed > 0 || got != want {
		t.Errorf("inserts had %s entries, want %s; %d failed", got, want, failed)
	}
	if report, err := log.VerifyAll(t.Context(), "", nil); err != nil || report.FaultCount > 0 || report.Entries != 51 {
		t.Errorf("report %+v, %v", report, err)
	}
}

// together holds one insert back until n lists wait behind it, and returns how many of them failed.
func together(t *testing.T, store *faulty, log *chain.Log[Body], n int, list func(i int) []chain.Append[Body]) int {
	release := make(chan struct{})
	arrived := make(chan struct{})
	store.set(func(i int, _ []*chain.Entry[Body]) (int, bool) {
		if i == 1 {
			close(arrived)
			<-release
		}
		return 0, false
	}, nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := log.Append(t.Context(), one("first", "first")); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	var mu sync.Mutex
	failed := 0
	for i := range n {
		wg.Go(func() {
			results, err := log.Append(t.Context(), list(i)...)
			if err != nil {
				mu.Lock()
				failed++
				mu.Unlock()
				return
			}
			for j, a := range list(i) {
				if r := results[j].Entry; r.Key != a.Key || r.Command.ID != a.Command.ID {
					t.Errorf("%s on %s was answered with %s on %s", a.Command.ID, a.Key, r.Command.ID, r.Key)
				}
			}
		})
	}
	waitQueued(log, n)
	close(release)
	wg.Wait()
	return failed
}
