package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// told is a store that tells when a run is done.
type told struct {
	app.Reconciliations
	done chan string
}

// Done marks the run and tells.
func (s told) Done(ctx context.Context, owner string, due time.Time) error {
	err := s.Reconciliations.Done(ctx, owner, due)
	s.done <- owner
	return err
}

// walked is a ledger whose walks tell that they began and end when the test says how.
type walked struct {
	owner string
	began chan string
	end   chan error
}

// VerifyAll walks nothing.
func (w walked) VerifyAll(ctx context.Context, _ string, _ func(chain.Entry[domain.Line]) error) (chain.Report, error) {
	w.began <- w.owner
	select {
	case err := <-w.end:
		return chain.Report{}, err
	case <-ctx.Done():
		return chain.Report{}, ctx.Err()
	}
}

// replicas are processes that share one store.
type replicas struct {
	t     *testing.T
	clock *clock.Fake
	store told
	began chan string
	end   chan error
	stops map[string]func()
}

// replicate starts replicas whose ledger is due for reconciliation every hour.
func replicate(t *testing.T, owners ...string) *replicas {
	t.Helper()
	r := &replicas{
		t: t, clock: clock.NewFake(noon), store: told{memstore.NewReconciliations(), make(chan string, 1)},
		began: make(chan string, 10), end: make(chan error), stops: map[string]func(){},
	}
	if turn, err := r.store.Take(t.Context(), "first", noon, noon, noon); err != nil || turn.Mine {
		t.Fatalf("got %+v, %v", turn, err)
	}
	for _, owner := range owners {
		r.start(owner)
	}
	r.clock.BlockUntil(len(owners))
	return r
}

func (r *replicas) start(owner string) {
	ctx, cancel := context.WithCancel(r.t.Context())
	job := &app.ScheduledReconcile{
		Reconciler: &app.Reconciler{
			Auditor: app.Auditor{Log: walked{owner, r.began, r.end}, Clock: r.clock}, Store: r.store,
			IDs: idgen.Sequence(owner), Observe: func(app.Reconciliation) {},
		},
		Schedule: domain.Schedule{Every: time.Hour}, Clock: r.clock, Owner: owner, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	var running sync.WaitGroup
	running.Go(func() { job.Run(ctx) })
	r.stops[owner] = func() { cancel(); running.Wait() }
	r.t.Cleanup(r.stops[owner])
}

// pass lets time pass in steps that are shorter than any wait, with n timers waiting before each.
func (r *replicas) pass(d time.Duration, n int) {
	r.t.Helper()
	const step = 20 * time.Second
	for range int(d / step) {
		r.clock.BlockUntil(n)
		r.clock.Advance(step)
	}
	r.clock.BlockUntil(n)
}

// none fails when a walk began.
func (r *replicas) none() {
	r.t.Helper()
	select {
	case owner := <-r.began:
		r.t.Fatalf("%s began another walk", owner)
	default:
	}
}

func TestM8_OneReplicaMakesEachScheduledRun(t *testing.T) {
	r := replicate(t, "a", "b", "c")
	for range 3 {
		r.none()
		r.clock.Advance(r.clock.Now().Truncate(time.Hour).Add(time.Hour).Sub(r.clock.Now()))
		owner := <-r.began
		r.pass(30*time.Minute, 3) // the reservation is renewed while the walk goes on: two loops and the renewal wait
		r.none()
		r.end <- nil
		if done := <-r.store.done; done != owner {
			t.Fatalf("%s walked, and %s is done", owner, done)
		}
		r.pass(20*time.Minute, 3)
		r.none()
	}
}

func TestM8_DeadHolderIsReplacedWhenItsReservationEnds(t *testing.T) {
	r := replicate(t)
	due := noon.Add(time.Hour)
	r.clock.Advance(time.Hour)
	if turn, err := r.store.Take(t.Context(), "dead", due, due, due.Add(2*time.Minute)); err != nil || !turn.Mine {
		t.Fatalf("got %+v, %v", turn, err)
	}
	r.start("b")
	r.pass(100*time.Second, 1)
	r.none()
	r.pass(20*time.Second, 1)
	if owner := <-r.began; owner != "b" {
		t.Fatalf("%s walks", owner)
	}
	r.end <- nil
	<-r.store.done
}

func TestM8_StoppedReplicaGivesItsRunAway(t *testing.T) {
	r := replicate(t, "a")
	r.clock.Advance(time.Hour)
	<-r.began
	r.stops["a"]()
	r.start("b")
	if owner := <-r.began; owner != "b" {
		t.Fatalf("%s walks", owner)
	}
	r.end <- nil
	<-r.store.done
}

func TestM8_FailedRunIsTriedAgain(t *testing.T) {
	r := replicate(t, "a")
	r.clock.Advance(time.Hour)
	<-r.began
	r.end <- errors.New("the store is gone")
	for again := false; !again; {
		select {
		case <-r.began:
			again = true
		default:
			r.pass(20*time.Second, 1)
		}
	}
	if waited := r.clock.Now().Sub(noon.Add(time.Hour)); waited < 2*time.Minute {
		t.Fatalf("it was tried again after %s, before the reservation ended", waited)
	}
	r.end <- nil
	<-r.store.done
}

func TestM8_LostReservationEndsTheWalk(t *testing.T) {
	r := replicate(t, "a")
	r.clock.Advance(time.Hour)
	<-r.began
	if err := r.store.Release(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	r.clock.BlockUntil(1)
	r.clock.Advance(time.Minute) // the renewal finds out, the walk ends by itself
	r.clock.BlockUntil(1)
	r.clock.Advance(time.Minute)
	<-r.began
	r.end <- nil
	<-r.store.done
}

func TestM8_SwitchedOffMeansNever(t *testing.T) {
	fake := clock.NewFake(noon)
	job := &app.ScheduledReconcile{
		Reconciler: &app.Reconciler{Store: memstore.NewReconciliations(), Observe: func(app.Reconciliation) {}},
		Clock:      fake,
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { job.Run(ctx) })
	fake.BlockUntil(1)
	fake.Advance(48 * time.Hour)
	fake.BlockUntil(1)
	cancel()
	running.Wait()
}
