package outboxtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
)

// errCrash stands for the end of the process: nothing after it happens.
var errCrash = errors.New("the process died")

// effectsOnceUnderCrashes cuts a run of three messages off at every point, lets the lease run out and another process
// finish.
func effectsOnceUnderCrashes(t *testing.T, f *fixture) {
	for point := range 8 {
		id := fmt.Sprintf("a%d", point)
		messages := []string{id + "-1", id + "-2", id + "-3"}
		f.insert(id, f.message(messages[0], "x"), f.message(messages[1], "x"), f.message(messages[2], "y"))
		lease := f.lease("crashing", 1)[0]
		crash(f, lease, point)
		f.clock.Advance(ttl)
		f.deliver("heir")
		for _, m := range messages {
			if f.receiver.received[m] == 0 {
				t.Errorf("crash at point %d: %s was never delivered", point, m)
			}
		}
		a := f.load(id)
		if pending, _, parked := a.Outbox.Pending(f.clock.Now()); pending+parked != 0 || !a.Outbox.DueAt.IsZero() || a.Outbox.Lease != "" {
			t.Errorf("crash at point %d: left %+v", point, a.Outbox)
		}
		slices.Sort(a.Notes)
		if want := []string{messages[0] + " DONE", messages[1] + " DONE", messages[2] + " DONE"}; !slices.Equal(a.Notes, want) {
			t.Errorf("crash at point %d: notes %v", point, a.Notes)
		}
	}
	if got := f.receiver.effects(); len(got) != 24 {
		t.Errorf("%d effects of 24 commands", len(got))
	}
}

// crash runs a delivery that ends at a point: 0 to 5 before and after each of three sends, 6 before and 7 after the save.
func crash(f *fixture, lease outbox.Lease, point int) {
	defer func() {
		f.beforeSave, f.afterSave = nil, nil
		if p := recover(); p != nil && p != errCrash { //nolint:errorlint // a recovered value, not an error chain
			panic(p)
		}
	}()
	loop, sent := f.loop(), 0
	send := loop.Send
	// A crash is a panic that the loop must not survive, so it is raised where the loop does not recover.
	dead := false
	loop.Send = func(ctx ctxT, a *Aggregate, m outbox.Message) outbox.Outcome {
		defer func() { sent++ }()
		if dead || point == 2*sent {
			dead = true
			return outbox.Outcome{State: outbox.StatePending, Error: "dead"}
		}
		o := send(ctx, a, m)
		dead = dead || point == 2*sent+1
		return o
	}
	f.beforeSave = func() error {
		if dead || point == 6 {
			panic(errCrash)
		}
		return nil
	}
	f.afterSave = func() error { panic(errCrash) }
	_ = loop.Deliver(f.ctx, lease)
}

func unknownOutcomeOfSave(t *testing.T, f *fixture) {
	for _, happened := range []bool{true, false} {
		id := fmt.Sprintf("happened-%v", happened)
		f.insert(id, f.message(id+"-1", "x"), f.message(id+"-2", "x"))
		replies := 0
		unknown := func() error {
			if replies++; replies == 1 {
				return errs.OutcomeUnknown(errors.New("the reply was lost"))
			}
			return nil
		}
		if happened {
			f.afterSave = unknown
		} else {
			f.beforeSave = unknown
		}
		f.deliver("t")
		f.beforeSave, f.afterSave = nil, nil
		a := f.load(id)
		if want := []string{id + "-1 DONE", id + "-2 DONE"}; !slices.Equal(a.Notes, want) || a.Outbox.Lease != "" || !a.Outbox.DueAt.IsZero() {
			t.Errorf("save happened %v: notes %v, box %+v", happened, a.Notes, a.Outbox)
		}
	}
	for id, n := range f.receiver.received {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
}

// ownersAndRelaysRace lets owners add messages while relays deliver, all on few aggregates.
func ownersAndRelaysRace(t *testing.T, f *fixture) {
	const aggregates, owners, each = 3, 10, 5
	for i := range aggregates {
		f.insert(fmt.Sprintf("a%d", i))
	}
	var adding, delivering sync.WaitGroup
	for o := range owners {
		adding.Go(func() {
			for n := range each {
				id := fmt.Sprintf("a%d", (o+n)%aggregates)
				if err := addMessage(f, id, fmt.Sprintf("m-%d-%d", o, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	for r := range 5 {
		delivering.Go(func() {
			for {
				leases, err := f.store.Lease(f.ctx, f.clock.Now(), ttl, fmt.Sprintf("relay-%d", r), 2)
				if err != nil {
					t.Error(err)
					return
				}
				for _, l := range leases {
					if err := f.loop().Deliver(f.ctx, l); err != nil {
						t.Logf("left to run out: %v", err)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	adding.Wait()
	close(done)
	delivering.Wait()
	for f.clock.Advance(ttl); f.deliver("last") > 0; f.clock.Advance(ttl) {
		t.Log("delivered what was left")
	}
	if got := f.receiver.effects(); len(got) != owners*each {
		t.Errorf("%d of %d commands had their effect", len(got), owners*each)
	}
	notes := 0
	for i := range aggregates {
		a := f.load(fmt.Sprintf("a%d", i))
		notes += len(a.Notes)
		if !a.Outbox.DueAt.IsZero() {
			t.Errorf("%s is still due at %v", a.ID, a.Outbox.DueAt)
		}
	}
	if notes != owners*each {
		t.Errorf("%d outcomes were applied, want %d, each once", notes, owners*each)
	}
}

// addMessage is the owner's loop: load, change, save, and again on a conflict.
func addMessage(f *fixture, id, message string) error {
	for {
		a, err := f.store.Load(f.ctx, id)
		if err != nil {
			return err
		}
		if !a.Outbox.Add(outbox.Message{ID: message, Kind: "test", Lane: message, CreatedAt: f.clock.Now()}) {
			return nil
		}
		if err = f.store.Save(f.ctx, a); err == nil {
			return nil
		}
		if !errors.Is(err, outbox.ErrConflict) {
			return fmt.Errorf("add %s at %v: %w", message, f.clock.Now().Format(time.TimeOnly), err)
		}
	}
}
