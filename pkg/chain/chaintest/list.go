package chaintest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
)

// transfer is the list of the contract: three steps on two chains, the last on the chain of the first.
func transfer(id string) []chain.Append[Body] {
	return []chain.Append[Body]{one("budget", id), plus("account", id, 2, noLimit), plus("budget", "fee/"+id, 3, noLimit)}
}

func listContract(t *testing.T, factory Factory) {
	t.Run("LaterStepsSeeEarlierOnes", func(t *testing.T) {
		store := &faulty{Store: factory(t).Store}
		log := open(t, store, chain.Options{})
		results := must(t, log, transfer("t1")...)
		if results[2].Entry.Body.Total != 4 || results[2].Entry.Prev != results[0].Entry.Hash {
			t.Errorf("the third step did not follow the first: %+v", results)
		}
		if sizes := store.sizes(); fmt.Sprint(sizes) != "[3]" {
			t.Errorf("a list took inserts of %v entries, want one of 3", sizes)
		}
		for _, r := range must(t, log, transfer("t1")...) {
			if !r.Replayed {
				t.Errorf("%s#%d is not a replay", r.Entry.Key, r.Entry.Seq)
			}
		}
		wantChain(t, log, "budget", "t1", "fee/t1")
		wantChain(t, log, "account", "t1")
	})
	t.Run("SameCommandTwiceInAListIsOneEntry", func(t *testing.T) {
		log := open(t, factory(t).Store, chain.Options{})
		results := must(t, log, plus("k", "c1", 3, 5), one("j", "x"), plus("k", "c1", 3, 5))
		if results[0].Replayed || !results[2].Replayed || results[0].Entry.Hash != results[2].Entry.Hash {
			t.Errorf("results %+v", results)
		}
		wantChain(t, log, "k", "c1")
	})
	t.Run("MissingStepsAreExecuted", func(t *testing.T) { cutOff(t, factory) })
	t.Run("RefusalKeepsWhatWasWrittenBefore", func(t *testing.T) {
		store := factory(t).Store
		must(t, open(t, store, chain.Options{}), one("budget", "t1"))
		results, err := open(t, store, chain.Options{}).Append(t.Context(), one("budget", "t1"), plus("account", "t1", 9, 5))
		if !errors.Is(err, errLimit) || len(results) != 1 || !results[0].Replayed {
			t.Errorf("results %+v, %v", results, err)
		}
	})
}

// cutOff kills the process after each number of written steps: the first attempt ends there, a new process sends the list
// again.
func cutOff(t *testing.T, factory Factory) {
	for written := range 4 {
		t.Run(fmt.Sprint("After", written), func(t *testing.T) {
			base := factory(t).Store
			store := &faulty{Store: base}
			dying := open(t, store, chain.Options{Attempts: 1})
			must(t, dying, one("budget", "t0"))
			store.set(failOnce(1, written), nil)
			if _, err := dying.Append(t.Context(), transfer("t1")...); !isUnknown(err) {
				t.Fatalf("the cut off list = %v, want an unknown outcome", err)
			}
			log := open(t, base, chain.Options{})
			for i, r := range must(t, log, transfer("t1")...) {
				if r.Replayed != (i < written) {
					t.Errorf("step %d: replayed is %v after %d steps were written", i, r.Replayed, written)
				}
			}
			wantChain(t, log, "budget", "t0", "t1", "fee/t1")
			wantChain(t, log, "account", "t1")
			// The process that was cut off finds the same when it lives on.
			for _, r := range must(t, dying, transfer("t1")...) {
				if !r.Replayed {
					t.Errorf("%s#%d was written twice", r.Entry.Key, r.Entry.Seq)
				}
			}
			must(t, dying, one("budget", "t2"))
			wantChain(t, log, "budget", "t0", "t1", "fee/t1", "t2")
		})
	}
}
