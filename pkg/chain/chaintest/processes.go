package chaintest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
)

func processContract(t *testing.T, factory Factory) {
	t.Run("StaleHeadIsFoundOut", func(t *testing.T) {
		f := factory(t)
		here, there := open(t, f.Store, chain.Options{}), open(t, f.Second, chain.Options{})
		must(t, here, one("k", "c1"))
		must(t, there, one("k", "c2"))
		must(t, there, one("k", "c3"))
		if r := must(t, here, one("k", "c4"))[0]; r.Entry.Seq != 4 || r.Entry.Body.Total != 4 {
			t.Errorf("append on a stale head = %+v", r)
		}
		if r := must(t, here, one("k", "c2"))[0]; !r.Replayed || r.Entry.Seq != 2 {
			t.Errorf("replay of the other process's command = %+v", r)
		}
		wantChain(t, here, "k", "c1", "c2", "c3", "c4")
	})
	t.Run("StaleHeadNeverRefuses", func(t *testing.T) {
		f := factory(t)
		here, there := open(t, f.Store, chain.Options{}), open(t, f.Second, chain.Options{})
		must(t, here, plus("k", "c1", 5, 5))
		must(t, there, plus("k", "c2", -4, 5))
		must(t, here, plus("k", "c3", 3, 5))
		must(t, there, plus("k", "c4", 1, 5))
		if _, err := here.Append(t.Context(), plus("k", "c5", 1, 5)); !errors.Is(err, errLimit) {
			t.Errorf("append past the limit on a stale head = %v", err)
		}
		wantChain(t, here, "k", "c1", "c2", "c3", "c4")
	})
	t.Run("StaleHeadOfALaterStep", func(t *testing.T) {
		f := factory(t)
		here, there := open(t, f.Store, chain.Options{}), open(t, f.Second, chain.Options{})
		must(t, here, transfer("t1")...)
		must(t, there, transfer("t2")...)
		must(t, there, one("account", "x"))
		for _, r := range must(t, here, transfer("t3")...) {
			if r.Replayed {
				t.Errorf("%+v is new", r)
			}
		}
		wantChain(t, here, "budget", "t1", "fee/t1", "t2", "fee/t2", "t3", "fee/t3")
		wantChain(t, here, "account", "t1", "t2", "x", "t3")
	})
	t.Run("TwoProcessesOnOneKey", func(t *testing.T) { duel(t, factory(t)) })
}

// duel lets two processes append to the same chains, with some commands sent to both.
func duel(t *testing.T, f Fixture) {
	logs := []*chain.Log[Body]{open(t, f.Store, chain.Options{Attempts: 100}), open(t, f.Second, chain.Options{Attempts: 100})}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 8 {
				for _, id := range []string{fmt.Sprintf("own-%d-%d", w, i), fmt.Sprintf("shared-%d", i)} {
					list := []chain.Append[Body]{one("hot", id), one(fmt.Sprint("key-", i%3), id), one("hot", "fee/"+id)}
					if _, err := logs[w%2].Append(t.Context(), list...); err != nil {
						t.Errorf("%s: %v", id, err)
					}
				}
			}
		})
	}
	wg.Wait()
	report, err := logs[0].VerifyAll(t.Context(), "", nil)
	if want := int64(3 * (8*8 + 8)); err != nil || report.FaultCount > 0 || report.Entries != want {
		t.Errorf("report %+v, %v; want %d entries", report, err, want)
	}
}
