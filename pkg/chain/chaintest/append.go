package chaintest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
)

func appendContract(t *testing.T, factory Factory) {
	t.Run("StepsFollowEachOther", func(t *testing.T) {
		log := open(t, factory(t).Store, chain.Options{})
		first := must(t, log, one("k", "c1"))[0]
		second := must(t, log, plus("k", "c2", 5, noLimit))[0]
		if first.Replayed || second.Replayed || first.Entry.Seq != 1 || second.Entry.Seq != 2 {
			t.Errorf("results %+v, %+v", first, second)
		}
		if second.Entry.Prev != first.Entry.Hash || second.Entry.Body.Total != 6 || second.Entry.At.Before(first.Entry.At) {
			t.Errorf("%+v does not follow %+v", second.Entry, first.Entry)
		}
		head, ok, err := log.Head(t.Context(), "k")
		if err != nil || !ok || head.Hash != second.Entry.Hash {
			t.Errorf("head %+v, %v, %v", head, ok, err)
		}
		if _, ok, err := log.Head(t.Context(), "empty"); ok || err != nil {
			t.Errorf("an empty chain has a head (%v)", err)
		}
	})
	t.Run("TimeNeverRunsBackwards", func(t *testing.T) {
		store, early := factory(t).Store, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		late := must(t, open(t, store, chain.Options{Clock: clock.NewFake(early.Add(time.Hour))}), one("k", "c1"))[0]
		next := must(t, open(t, store, chain.Options{Clock: clock.NewFake(early)}), one("k", "c2"))[0]
		if !late.Entry.At.Equal(early.Add(time.Hour)) || !next.Entry.At.Equal(late.Entry.At) {
			t.Errorf("times %v, %v", late.Entry.At, next.Entry.At)
		}
	})
	t.Run("ReplayReturnsTheFirstEntry", func(t *testing.T) { replays(t, factory(t).Store) })
	t.Run("ReusedIDIsRefusedAndChangesNothing", func(t *testing.T) { reuse(t, factory(t).Store) })
	t.Run("RefusalChangesNothing", func(t *testing.T) { refusals(t, factory(t).Store) })
	t.Run("RaceOf20WritersOnOneKey", func(t *testing.T) { race(t, factory(t).Store, 20) })
	t.Run("BadInputIsRefused", func(t *testing.T) { badInput(t, factory(t).Store) })
	t.Run("ClosedLogRefuses", func(t *testing.T) {
		log := chain.New(factory(t).Store, chain.Options{})
		must(t, log, one("k", "c1"))
		for range 2 {
			if err := log.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := log.Append(t.Context(), one("k", "c2")); errs.Reason(err) != "CHAIN_CLOSED" {
			t.Errorf("append after close = %v", err)
		}
	})
}

// replays sends a command again: at once, after others, to a process with no memory, and after the step would refuse it.
func replays(t *testing.T, base chain.Store[Body]) {
	store := &faulty{Store: base}
	log := open(t, store, chain.Options{})
	first := must(t, log, plus("k", "c1", 5, 5))[0]
	must(t, log, one("k", "c2"))
	store.set(nil, nil)
	must(t, log, plus("k", "c1", 5, noLimit), one("k", "c2"))
	must(t, open(t, store, chain.Options{}), plus("k", "c1", 5, noLimit), one("k", "c2"))
	if sizes := store.sizes(); len(sizes) > 0 {
		t.Errorf("replays took inserts of %v entries, want none", sizes)
	}
	for name, l := range map[string]*chain.Log[Body]{
		"the same process": log,
		"a new process":    open(t, store, chain.Options{}),
		"a small memory":   crowded(t, store),
	} {
		again := must(t, l, plus("k", "c1", 5, 5))[0]
		if !again.Replayed || again.Entry.Hash != first.Entry.Hash {
			t.Errorf("%s: replay = %+v, want %+v", name, again, first)
		}
		if e, ok, err := l.Find(t.Context(), "k", "c1"); err != nil || !ok || e.Hash != first.Entry.Hash {
			t.Errorf("%s: find = %+v, %v, %v", name, e, ok, err)
		}
	}
	if _, ok, err := log.Find(t.Context(), "k", "never"); ok || err != nil {
		t.Errorf("a command that was never sent is found (%v)", err)
	}
	wantChain(t, log, "k", "c1", "c2")
}

// crowded is a log that knows the head of chain k, but has forgotten its commands.
func crowded(t *testing.T, store chain.Store[Body]) *chain.Log[Body] {
	log := open(t, store, chain.Options{CommandCache: 1})
	if _, _, err := log.Head(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	return log
}

func reuse(t *testing.T, store chain.Store[Body]) {
	log := open(t, store, chain.Options{})
	must(t, log, one("k", "c1"))
	must(t, log, one("k", "c2"))
	for name, l := range map[string]*chain.Log[Body]{
		"the same process": log, "a new process": open(t, store, chain.Options{}), "a small memory": crowded(t, store),
	} {
		if _, err := l.Append(t.Context(), plus("k", "c1", 7, noLimit)); errs.Reason(err) != command.ReasonReused {
			t.Errorf("%s: reuse = %v", name, err)
		}
		if _, err := l.Append(t.Context(), plus("k", "c1", 7, 0)); errs.Reason(err) != command.ReasonReused {
			t.Errorf("%s: reuse that its step refuses = %v", name, err)
		}
	}
	if _, err := log.Append(t.Context(), one("k", "c3"), plus("k", "c3", 2, noLimit)); errs.Reason(err) != command.ReasonReused {
		t.Errorf("reuse within a list = %v", err)
	}
	wantChain(t, log, "k", "c1", "c2")
	must(t, log, plus("other", "c1", 7, noLimit))
}

func refusals(t *testing.T, store chain.Store[Body]) {
	log := open(t, store, chain.Options{})
	must(t, log, plus("k", "c1", 3, 5))
	for range 2 {
		results, err := log.Append(t.Context(), one("other", "c2"), plus("k", "c2", 3, 5))
		if !errors.Is(err, errLimit) || len(results) != 0 {
			t.Fatalf("append past the limit = %v, %v", results, err)
		}
	}
	wantChain(t, log, "k", "c1")
	wantChain(t, log, "other")
	must(t, log, plus("k", "c2", 2, 5))
	wantChain(t, log, "k", "c1", "c2")
}

// race lets many writers append under their own and under shared ids.
func race(t *testing.T, store chain.Store[Body], writers int) {
	log := open(t, store, chain.Options{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	firsts := map[string]int{}
	for w := range writers {
		wg.Go(func() {
			for i := range 5 {
				for _, id := range []string{fmt.Sprintf("own-%d-%d", w, i), fmt.Sprintf("shared-%d", i)} {
					results, err := log.Append(t.Context(), one("hot", id))
					if err != nil {
						t.Error(err)
						return
					}
					if !results[0].Replayed {
						mu.Lock()
						firsts[id]++
						mu.Unlock()
					}
				}
			}
		})
	}
	wg.Wait()
	want := writers*5 + 5
	head, _, err := log.Head(t.Context(), "hot")
	if err != nil || head.Seq != int64(want) || head.Body.Total != int64(want) {
		t.Errorf("head %+v, %v; want %d entries", head, err, want)
	}
	for id, n := range firsts {
		if n != 1 {
			t.Errorf("%s was answered as new %d times", id, n)
		}
	}
	if faults, err := log.Verify(t.Context(), "hot", nil); err != nil || len(faults) > 0 || len(firsts) != want {
		t.Errorf("faults %v, %v; %d commands, want %d", faults, err, len(firsts), want)
	}
}

func badInput(t *testing.T, store chain.Store[Body]) {
	log := open(t, store, chain.Options{MaxBatch: 3})
	for name, list := range map[string][]chain.Append[Body]{
		"no step":            {},
		"too many steps":     {one("k", "1"), one("k", "2"), one("k", "3"), one("k", "4")},
		"empty key":          {one("", "c")},
		"key with #":         {one("a#b", "c")},
		"key with a blank":   {one("a b", "c")},
		"key beyond ASCII":   {one("ä", "c")},
		"key too long":       {one(strings.Repeat("k", chain.MaxKey+1), "c")},
		"empty command id":   {one("k", "")},
		"bad step in a list": {one("k", "c"), one("", "c")},
	} {
		if _, err := log.Append(t.Context(), list...); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := log.Head(t.Context(), "a#"); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("head of a bad key: %v", err)
	}
	if _, err := log.Range(t.Context(), "a", chain.Page{Limit: -1}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("negative limit: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := log.Append(cancelled, one("k", "c")); err == nil {
		t.Error("an append whose context ended before it began went on")
	}
	wantChain(t, log, "k")
}
