package outboxtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
)

func leaseIsExclusive(t *testing.T, f *fixture) {
	const boxes, racers = 60, 20
	for i := range boxes {
		f.insert(fmt.Sprintf("a%02d", i), f.message("m", "x"))
	}
	var mu sync.Mutex
	holders := map[string][]string{}
	var racing sync.WaitGroup
	for r := range racers {
		token := fmt.Sprintf("racer-%d", r)
		racing.Go(func() {
			// A racer that lost may get nothing although boxes are due, so it asks a few times more.
			for idle := 0; idle < 5; {
				leases, err := f.store.Lease(f.ctx, f.clock.Now(), ttl, token, 4)
				if err != nil {
					t.Errorf("%s: %v", token, err)
					return
				}
				if len(leases) == 0 {
					idle++
				}
				mu.Lock()
				for _, l := range leases {
					holders[l.AggregateID] = append(holders[l.AggregateID], token)
				}
				mu.Unlock()
			}
		})
	}
	racing.Wait()
	if len(holders) != boxes {
		t.Errorf("%d of %d due boxes were leased", len(holders), boxes)
	}
	for id, tokens := range holders {
		if len(tokens) != 1 || f.load(id).Outbox.Lease != tokens[0] {
			t.Errorf("%s was leased by %v, the box says %s", id, tokens, f.load(id).Outbox.Lease)
		}
	}
}

func longestWaitingFirst(t *testing.T, f *fixture) {
	for i, wait := range []time.Duration{3, 1, 2} {
		m := f.message("m", "x")
		m.CreatedAt = m.CreatedAt.Add(-wait * time.Minute)
		f.insert(fmt.Sprintf("a%d", i), m)
	}
	var got []string
	for i := range 3 {
		for _, l := range f.lease(fmt.Sprintf("t%d", i), 1) {
			got = append(got, l.AggregateID)
		}
	}
	if want := []string{"a0", "a2", "a1"}; !slices.Equal(got, want) {
		t.Errorf("leased %v, want %v", got, want)
	}
}

func leaseRunsOut(t *testing.T, f *fixture) {
	f.insert("a", f.message("m", "x"))
	first := f.lease("crashed", 10)
	if len(first) != 1 || !first[0].DueAt.Equal(f.clock.Now().Add(ttl)) {
		t.Fatalf("leased %v", first)
	}
	f.clock.Advance(ttl - time.Millisecond)
	if again := f.lease("early", 10); len(again) != 0 {
		t.Fatalf("a held box was leased: %v", again)
	}
	f.clock.Advance(time.Millisecond)
	if second := f.lease("heir", 10); len(second) != 1 || second[0].Token != "heir" {
		t.Fatalf("a lease that ran out was not taken over: %v", second)
	}
	// The first holder was only slow: it finds its lease gone and sends nothing.
	if err := f.loop().Deliver(f.ctx, first[0]); err != nil {
		t.Fatal(err)
	}
	if got := f.receiver.effects(); len(got) != 0 {
		t.Errorf("a holder whose lease was gone sent %v", got)
	}
	if box := f.load("a").Outbox; box.Lease != "heir" {
		t.Errorf("the heir lost its lease to %q", box.Lease)
	}
}

func leaseConflictsWithOwner(t *testing.T, f *fixture) {
	f.insert("a", f.message("m1", "x"))
	old := f.load("a")
	lease := f.lease("relay", 1)
	old.Outbox.Add(f.message("m2", "x"))
	if err := f.store.Save(f.ctx, old); !errors.Is(err, outbox.ErrConflict) {
		t.Fatalf("saving a copy from before the lease: %v, want a conflict", err)
	}
	fresh := f.load("a")
	if fresh.Version != old.Version+1 {
		t.Errorf("version %d after a lease of version %d", fresh.Version, old.Version)
	}
	fresh.Outbox.Add(f.message("m2", "x"))
	if err := f.store.Save(f.ctx, fresh); err != nil {
		t.Fatal(err)
	}
	if box := f.load("a").Outbox; box.Lease != "relay" || !box.DueAt.Equal(lease[0].DueAt) {
		t.Errorf("the owner's save changed the lease: %q until %v", box.Lease, box.DueAt)
	}
}

func addedUnderLease(t *testing.T, f *fixture) {
	f.insert("a", f.message("m1", "x"))
	lease := f.lease("relay", 1)[0]
	owner := f.load("a")
	loop, send := f.loop(), f.loop().Send
	added := false
	loop.Send = func(ctx ctxT, a *Aggregate, m outbox.Message) outbox.Outcome {
		if !added { // the owner saves between the relay's load and its save
			added = true
			owner.Outbox.Add(f.message("m2", "x"))
			owner.Notes = append(owner.Notes, "owner was here")
			if err := f.store.Save(ctx, owner); err != nil {
				t.Errorf("the owner's save under a lease: %v", err)
			}
		}
		return send(ctx, a, m)
	}
	if err := loop.Deliver(f.ctx, lease); err != nil {
		t.Fatal(err)
	}
	a := f.load("a")
	m1, _ := a.Outbox.Get("m1")
	m2, ok := a.Outbox.Get("m2")
	if m1.State != outbox.StateDone || !ok || m2.State != outbox.StatePending || !slices.Contains(a.Notes, "owner was here") {
		t.Fatalf("after both saved: %+v", a)
	}
	if a.Outbox.Lease != "" || a.Outbox.DueAt.After(f.clock.Now()) {
		t.Fatalf("the new message is not due: lease %q until %v", a.Outbox.Lease, a.Outbox.DueAt)
	}
	f.deliver("next")
	if got := f.receiver.effects(); !slices.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("delivered %v", got)
	}
}
