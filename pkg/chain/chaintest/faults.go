package chaintest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
)

func isUnknown(err error) bool { return errs.Reason(err) == errs.ReasonOutcomeUnknown }

func faultContract(t *testing.T, factory Factory) {
	t.Run("LostReplyIsReadBack", func(t *testing.T) {
		for written := range 4 {
			store := &faulty{Store: factory(t).Store}
			log := open(t, store, chain.Options{})
			must(t, log, one("budget", "t0"))
			store.set(failOnce(1, written), nil)
			for i, r := range must(t, log, transfer("t1")...) {
				if r.Replayed {
					t.Errorf("%d written: step %d counts as replayed although this call wrote it", written, i)
				}
			}
			wantChain(t, log, "budget", "t0", "t1", "fee/t1")
			wantChain(t, log, "account", "t1")
		}
	})
	t.Run("ReplyThatNeverComesDoesNotUseUpTheTime", func(t *testing.T) { silent(t, factory(t).Store) })
	t.Run("LastingFaultIsAnUnknownOutcome", func(t *testing.T) { lasting(t, factory) })
	t.Run("LostReplyDoesNotFailTheOthers", func(t *testing.T) { lostUnderLoad(t, factory(t).Store) })
	t.Run("UnreadableHeadSendsNothing", func(t *testing.T) {
		store := &faulty{Store: factory(t).Store}
		log := open(t, store, chain.Options{})
		store.set(nil, func() error { return errLost })
		if _, err := log.Append(t.Context(), one("k", "c1")); errs.CodeOf(err) != errs.Unavailable || isUnknown(err) {
			t.Errorf("append = %v, want unavailable, but nothing unknown", err)
		}
		store.set(nil, nil)
		must(t, log, one("k", "c1"))
		wantChain(t, log, "k", "c1")
	})
	t.Run("CallerWhoLeavesGetsAnUnknownOutcome", func(t *testing.T) { leaves(t, factory(t).Store) })
	t.Run("EntryTheStoreRejectsFailsAlone", func(t *testing.T) { rejected(t, factory(t).Store) })
	t.Run("PanickingStepFailsItsCaller", func(t *testing.T) { panics(t, factory(t).Store) })
}

// mute writes the first insert and never answers it.
type mute struct {
	chain.Store[Body]
	once sync.Once
}

func (m *mute) Insert(ctx context.Context, entries []*chain.Entry[Body]) (n int, err error) {
	n, err = m.Store.Insert(ctx, entries)
	m.once.Do(func() {
		<-ctx.Done()
		n, err = 0, ctx.Err()
	})
	return n, err
}

// silent appends over a store that swallows one answer: the wait for it ends long before the time for the batch does.
func silent(t *testing.T, store chain.Store[Body]) {
	log := open(t, &mute{Store: store}, chain.Options{Timeout: time.Hour, Reply: 250 * time.Millisecond})
	for _, r := range must(t, log, transfer("t1")...) {
		if r.Replayed {
			t.Error("a step counts as replayed although this call wrote it")
		}
	}
	wantChain(t, log, "account", "t1")
}

// lasting keeps the connection down for all attempts, with and without the write having happened, with and without reads.
func lasting(t *testing.T, factory Factory) {
	for _, written := range []int{0, everything} {
		for _, reads := range []func() error{nil, func() error { return errLost }} {
			store := &faulty{Store: factory(t).Store}
			log := open(t, store, chain.Options{Attempts: 3})
			must(t, log, one("k", "c1"))
			first := true
			store.set(func(int, []*chain.Entry[Body]) (int, bool) {
				if first {
					first = false
					return written, true
				}
				return 0, true
			}, reads)
			_, err := log.Append(t.Context(), one("k", "c2"))
			if found := written == everything && reads == nil; found && err != nil || !found && !isUnknown(err) {
				t.Errorf("written %d: %v", written, err)
			}
			store.set(nil, nil)
			if r := must(t, log, one("k", "c2"))[0]; r.Replayed != (written == everything) {
				t.Errorf("written %d: replayed is %v", written, r.Replayed)
			}
			must(t, log, one("k", "c3"))
			wantChain(t, log, "k", "c1", "c2", "c3")
		}
	}
}

// lostUnderLoad drops every third reply, after some of the entries, while many callers append.
func lostUnderLoad(t *testing.T, base chain.Store[Body]) {
	store := &faulty{Store: base}
	log := open(t, store, chain.Options{Attempts: 20})
	store.set(func(n int, entries []*chain.Entry[Body]) (int, bool) { return n % (len(entries) + 1), n%3 == 0 }, nil)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				id := fmt.Sprintf("%d-%d", w, i)
				results, err := log.Append(t.Context(), one("hot", id), one(fmt.Sprint("own-", w), id))
				if err != nil {
					t.Errorf("%s: %v", id, err)
				}
				for _, r := range results {
					if r.Replayed {
						t.Errorf("%s on %s counts as replayed", id, r.Entry.Key)
					}
				}
			}
		})
	}
	wg.Wait()
	report, err := log.VerifyAll(t.Context(), "", nil)
	if err != nil || report.FaultCount > 0 || report.Entries != 160 || report.Chains != 9 {
		t.Errorf("report %+v, %v; want 160 entries in 9 chains", report, err)
	}
}

// leaves cancels one caller whose list is on its way, and one whose list still waits.
func leaves(t *testing.T, base chain.Store[Body]) {
	store := &faulty{Store: base}
	log := open(t, store, chain.Options{})
	must(t, log, one("k", "c1"))
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	store.set(func(int, []*chain.Entry[Body]) (int, bool) {
		once.Do(func() { close(arrived); <-release })
		return 0, false
	}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 2)
	send := func(id string) {
		_, err := log.Append(ctx, one("k", id))
		answers <- err
	}
	go send("c2")
	<-arrived
	go send("c3")
	waitQueued(log, 1)
	cancel()
	unknown := 0
	for range 2 {
		err := <-answers
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that left got %v", err)
		}
		if isUnknown(err) {
			unknown++
		}
	}
	close(release)
	if unknown != 1 {
		t.Errorf("%d callers got an unknown outcome, want the one whose list was on its way", unknown)
	}
	if r := must(t, log, one("k", "c2"))[0]; !r.Replayed {
		t.Error("the list on its way was not written")
	}
	if r := must(t, log, one("k", "c3"))[0]; r.Replayed {
		t.Error("the list in the queue was written")
	}
}

// rejecting refuses entries with a note.
type rejecting struct{ chain.Store[Body] }

// Insert stops at the first entry with a note.
func (r rejecting) Insert(ctx context.Context, entries []*chain.Entry[Body]) (int, error) {
	for i, e := range entries {
		if e.Body.Note != "" {
			if n, err := r.Store.Insert(ctx, entries[:i]); err != nil {
				return n, err
			}
			return i, fmt.Errorf("%w: has a note", chain.ErrRejected)
		}
	}
	return r.Store.Insert(ctx, entries)
}

func rejected(t *testing.T, base chain.Store[Body]) {
	log := open(t, rejecting{base}, chain.Options{})
	bad := one("hot", "bad")
	bad.Step = func(*chain.Entry[Body]) (Body, error) { return Body{Note: "no"}, nil }
	var wg sync.WaitGroup
	for w := range 10 {
		wg.Go(func() {
			if _, err := log.Append(t.Context(), one("hot", fmt.Sprint("good-", w))); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := log.Append(t.Context(), bad); !errors.Is(err, chain.ErrRejected) {
				t.Errorf("an entry the store rejects = %v", err)
			}
		})
	}
	wg.Wait()
	if head, _, err := log.Head(t.Context(), "hot"); err != nil || head.Seq != 10 {
		t.Errorf("head %+v, %v; want the 10 good ones", head, err)
	}
}

func panics(t *testing.T, store chain.Store[Body]) {
	log := open(t, store, chain.Options{})
	var calls atomic.Int32
	bad := one("k", "bad")
	bad.Step = func(*chain.Entry[Body]) (Body, error) { calls.Add(1); panic("no") }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the caller did not meet the panic of its step")
			}
		}()
		_, err := log.Append(t.Context(), bad)
		t.Errorf("append = %v", err)
	}()
	must(t, log, one("k", "c1"))
	wantChain(t, log, "k", "c1")
}
