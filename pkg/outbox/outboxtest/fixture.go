// Package outboxtest is the contract of outbox.Source and of the compare-and-set saves that go with it. Every adapter runs
// it, and services run it against their own stores.
package outboxtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// Aggregate is the aggregate of the suite.
type Aggregate struct {
	ID      string     `json:"id" bson:"_id"`
	Version int64      `json:"version"`
	Outbox  outbox.Box `json:"outbox"`
	// Notes is what the aggregate learns from outcomes.
	Notes []string `json:"notes,omitempty"`
}

// Store is what an adapter brings: a source and the aggregates it leases.
type Store interface {
	outbox.Source
	// Insert stores a new aggregate with version 1.
	Insert(ctx context.Context, a Aggregate) error
	// Load returns a copy of an aggregate.
	Load(ctx context.Context, id string) (Aggregate, error)
	// Save replaces the aggregate if its version is the stored one, and stores it with the next version. It returns
	// outbox.ErrConflict otherwise.
	Save(ctx context.Context, a Aggregate) error
}

// Run checks the contract. Each call of open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, f *fixture)
	}{
		{"LeaseIsExclusiveAmong20Racers", leaseIsExclusive},
		{"LongestWaitingBoxIsLeasedFirst", longestWaitingFirst},
		{"LeaseOfACrashedHolderRunsOut", leaseRunsOut},
		{"LeaseMakesTheOwnersOldCopyConflict", leaseConflictsWithOwner},
		{"MessageAddedUnderALeaseIsNotLost", addedUnderLease},
		{"ScheduledMessageWaitsForItsTime", scheduledWaits},
		{"LaneKeepsItsOrder", laneKeepsOrder},
		{"FailureBacksOffThenParksThenRedrives", backsOffThenParks},
		{"EffectsHappenOnceWhereverItCrashes", effectsOnceUnderCrashes},
		{"UnknownOutcomeOfTheSaveLosesNothing", unknownOutcomeOfSave},
		{"OwnersAndRelaysRaceAndLoseNothing", ownersAndRelaysRace},
		{"BacklogCountsWhatWaits", backlogCounts},
		{"RoundTripKeepsEveryField", roundTrip},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, &fixture{t: t, ctx: testkit.Context(t), store: open(t), clock: clock.NewFake(epoch), receiver: newReceiver()})
		})
	}
}

var epoch = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

const ttl = 30 * time.Second

// fixture is a store, a receiver and a clock.
type fixture struct {
	t        *testing.T
	ctx      context.Context
	store    Store
	clock    *clock.Fake
	receiver *receiver
	// afterSave decides what a save that happened answers; nil tells the truth.
	afterSave func() error
	// beforeSave may keep a save from happening.
	beforeSave func() error
}

// insert stores an aggregate with messages.
func (f *fixture) insert(id string, messages ...outbox.Message) {
	f.t.Helper()
	a := Aggregate{ID: id}
	for _, m := range messages {
		if !a.Outbox.Add(m) {
			f.t.Fatalf("message %s is there already", m.ID)
		}
	}
	if err := f.store.Insert(f.ctx, a); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) message(id, lane string) outbox.Message {
	return outbox.Message{ID: id, Kind: "test." + lane, Lane: lane, CreatedAt: f.clock.Now()}
}

func (f *fixture) load(id string) Aggregate {
	f.t.Helper()
	a, err := f.store.Load(f.ctx, id)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func (f *fixture) lease(token string, limit int) []outbox.Lease {
	f.t.Helper()
	leases, err := f.store.Lease(f.ctx, f.clock.Now(), ttl, token, limit)
	if err != nil {
		f.t.Fatal(err)
	}
	return leases
}

// loop is the deliverer under test: a receiver that is idempotent by message id, and a note per outcome.
func (f *fixture) loop() *outbox.Loop[*Aggregate] {
	return &outbox.Loop[*Aggregate]{
		Load: func(ctx context.Context, id string, _ bool) (*Aggregate, error) {
			a, err := f.store.Load(ctx, id)
			return &a, err
		},
		Save:    func(ctx context.Context, a *Aggregate) error { return f.save(ctx, *a) },
		Box:     func(a *Aggregate) *outbox.Box { return &a.Outbox },
		Send:    func(_ context.Context, _ *Aggregate, m outbox.Message) outbox.Outcome { return f.receiver.receive(m) },
		Apply:   func(a *Aggregate, m outbox.Message, _ time.Time) { a.Notes = append(a.Notes, m.ID+" "+string(m.State)) },
		Clock:   f.clock,
		Backoff: outbox.Backoff{Base: time.Second, Max: time.Minute, MaxAttempts: 3, Jitter: func() float64 { return 0 }},
	}
}

func (f *fixture) save(ctx context.Context, a Aggregate) error {
	if f.beforeSave != nil {
		if err := f.beforeSave(); err != nil {
			return err
		}
	}
	if err := f.store.Save(ctx, a); err != nil {
		return err
	}
	if f.afterSave != nil {
		return f.afterSave()
	}
	return nil
}

// deliver leases what is due and delivers it.
func (f *fixture) deliver(token string) int {
	f.t.Helper()
	leases := f.lease(token, 100)
	for _, lease := range leases {
		if err := f.loop().Deliver(f.ctx, lease); err != nil {
			f.t.Fatalf("deliver %s: %v", lease.AggregateID, err)
		}
	}
	return len(leases)
}

// receiver is another service: it executes each command id once, and may fail.
type receiver struct {
	mu       sync.Mutex
	order    []string
	received map[string]int
	fail     func(m outbox.Message) error
}

func newReceiver() *receiver { return &receiver{received: map[string]int{}} }

// receive executes a command and answers.
func (r *receiver) receive(m outbox.Message) outbox.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(m); err != nil {
			return outbox.Failed(err)
		}
	}
	if r.received[m.ID]++; r.received[m.ID] == 1 {
		r.order = append(r.order, m.ID)
	}
	return outbox.Succeeded([]byte(fmt.Sprintf(`{"of":%q}`, m.ID)))
}

// effects returns the executed commands in the order of their execution.
func (r *receiver) effects() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.order...)
}

var errDown = errs.New(errs.Unavailable, "DOWN", "the receiver is down")
