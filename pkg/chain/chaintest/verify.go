package chaintest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
)

func verifyContract(t *testing.T, factory Factory) {
	t.Run("WholeChainsHaveNoFaults", func(t *testing.T) {
		log := open(t, factory(t).Store, chain.Options{})
		for i := range 7 {
			for key := range 3 {
				must(t, log, one(fmt.Sprint("a/", key), fmt.Sprint("c", i)), one(fmt.Sprint("b/", key), fmt.Sprint("c", i)))
			}
		}
		visited := 0
		report, err := log.VerifyAll(t.Context(), "a/", func(chain.Entry[Body]) error { visited++; return nil })
		if err != nil || report.Chains != 3 || report.Entries != 21 || report.FaultCount != 0 || visited != 21 {
			t.Errorf("report %+v, %v, %d visited; want 3 chains of 7", report, err, visited)
		}
		stop := errors.New("enough")
		if _, err := log.VerifyAll(t.Context(), "", func(chain.Entry[Body]) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a visit's error came back as %v", err)
		}
	})
	t.Run("WalkOverManyPages", func(t *testing.T) {
		store := factory(t).Store
		log := open(t, store, chain.Options{})
		for i := range 25 {
			list := make([]chain.Append[Body], 100)
			for j := range list {
				list[j] = one(fmt.Sprint("key-", i%3), fmt.Sprint(i, "-", j))
			}
			must(t, log, list...)
		}
		report, err := log.VerifyAll(t.Context(), "", nil)
		if err != nil || report.Chains != 3 || report.Entries != 2500 || report.FaultCount != 0 {
			t.Errorf("report %+v, %v; want 2500 entries in 3 chains", report, err)
		}
	})
	for name, c := range tampering() {
		t.Run("Tampered"+name, func(t *testing.T) { tampered(t, factory(t), c) })
	}
	t.Run("LostEndShowsWhileTheHeadIsRemembered", func(t *testing.T) {
		f := factory(t)
		log := open(t, f.Store, chain.Options{})
		for i := range 3 {
			must(t, log, one("k", fmt.Sprint("c", i)))
		}
		f.Tamper("k", 3, func(*chain.Entry[Body]) bool { return false })
		faults, err := log.Verify(t.Context(), "k", nil)
		if err != nil || fmt.Sprint(faults) != "[k#3 GAP]" {
			t.Errorf("faults %v, %v", faults, err)
		}
	})
}

// forgery changes one field of the third of five entries.
type forgery struct {
	change func(*chain.Entry[Body]) bool
	want   string
}

func tampering() map[string]forgery {
	change := func(f func(e *chain.Entry[Body])) func(*chain.Entry[Body]) bool {
		return func(e *chain.Entry[Body]) bool { f(e); return true }
	}
	const mismatch = "[k#3 HASH_MISMATCH]"
	return map[string]forgery{
		"Key":          {change(func(e *chain.Entry[Body]) { e.Key = "j" }), mismatch},
		"Sequence":     {change(func(e *chain.Entry[Body]) { e.Seq = 9 }), mismatch},
		"CommandID":    {change(func(e *chain.Entry[Body]) { e.Command.ID = "forged" }), mismatch},
		"CommandHash":  {change(func(e *chain.Entry[Body]) { e.Command.Hash[5]++ }), mismatch},
		"Time":         {change(func(e *chain.Entry[Body]) { e.At = e.At.Add(time.Millisecond) }), mismatch},
		"Body":         {change(func(e *chain.Entry[Body]) { e.Body.Total++ }), mismatch},
		"BodyOptional": {change(func(e *chain.Entry[Body]) { e.Body.Note = "x" }), mismatch},
		"Previous":     {change(func(e *chain.Entry[Body]) { e.Prev[0]++ }), "[k#3 HASH_MISMATCH k#3 PREVIOUS_MISMATCH]"},
		"Hash":         {change(func(e *chain.Entry[Body]) { e.Hash[0]++ }), "[k#3 HASH_MISMATCH k#4 PREVIOUS_MISMATCH]"},
		"BodyAndHash": {change(func(e *chain.Entry[Body]) {
			e.Body.Total += 100
			e.Hash, _ = e.Sum()
		}), "[k#4 PREVIOUS_MISMATCH]"},
		"Removed": {func(*chain.Entry[Body]) bool { return false }, "[k#3 GAP]"},
	}
}

func tampered(t *testing.T, f Fixture, c forgery) {
	log := open(t, f.Store, chain.Options{})
	for i := range 5 {
		must(t, log, one("k", fmt.Sprint("c", i)))
	}
	must(t, log, one("zzz", "c"))
	f.Tamper("k", 3, c.change)
	faults, err := log.Verify(t.Context(), "k", nil)
	if err != nil || fmt.Sprint(faults) != c.want {
		t.Errorf("faults %v, %v; want %s", faults, err, c.want)
	}
	report, err := open(t, f.Store, chain.Options{}).VerifyAll(t.Context(), "", nil)
	if err != nil || fmt.Sprint(report.Faults) != c.want || report.Chains != 2 {
		t.Errorf("report %+v, %v; want %s in 2 chains", report, err, c.want)
	}
	if faults, err := log.Verify(t.Context(), "zzz", nil); err != nil || len(faults) > 0 {
		t.Errorf("the other chain has faults %v, %v", faults, err)
	}
}
