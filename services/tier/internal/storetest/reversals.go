package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/app"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// T3ReversalIsExecutedOnce checks reversals, their replays and their refusals.
func T3ReversalIsExecutedOnce(t *testing.T, open Open) {
	stores := open(t)
	m := on(t, stores, clock.NewFake(noon))
	m.put(t, ladder(1))
	_, err := m.ReverseCompletion(t.Context(), reversal(0))
	wantRefusal(t, err, errs.NotFound, app.ReasonCompletionNotFound)
	for n := range 5 {
		m.record(t, completion(n))
	}
	refund := m.reverse(t, reversal(0))
	if want := (domain.Outcome{TierBefore: "PRO", TierAfter: "PRO", Completed: 4}); !reflect.DeepEqual(refund.Outcome, want) {
		t.Fatalf("got %+v", refund)
	}
	fraud := reversal(1)
	fraud.Fraud = true
	taken := m.reverse(t, fraud)
	want := domain.Outcome{TierBefore: "PRO", TierAfter: "STARTER", Completed: 3, Reversed: []string{"PRO"}}
	if !reflect.DeepEqual(taken.Outcome, want) {
		t.Fatalf("got %+v", taken)
	}
	for _, process := range []members{m, on(t, stores, m.clock)} {
		if again := process.reverse(t, fraud); !again.Replayed || !reflect.DeepEqual(again.Outcome, taken.Outcome) {
			t.Fatalf("replayed %+v", again)
		}
		changed := reversal(1)
		_, err := process.ReverseCompletion(t.Context(), changed)
		wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
		if again := process.record(t, completion(1)); !again.Replayed {
			t.Fatal("a reversed completion was counted again")
		}
	}
	strange := reversal(2)
	strange.UserID = "bob"
	_, err = m.ReverseCompletion(t.Context(), strange)
	wantRefusal(t, err, errs.NotFound, app.ReasonCompletionNotFound)
	strange = reversal(2)
	strange.ID = reversal(3).ID
	_, err = m.ReverseCompletion(t.Context(), strange)
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonCommandInvalid)
	m.wantMember(t, "ann", "STARTER", 3)
}

// T3ReversalFollowsItsOwnVersion checks that the policy of the version under which a referral completed decides.
func T3ReversalFollowsItsOwnVersion(t *testing.T, open Open) {
	m := start(t, open)
	strict := ladder(2)
	strict.Policy = domain.OnReversal
	m.put(t, strict)
	for n := range 6 {
		c := completion(n)
		c.Version = int64(n%2 + 1)
		m.record(t, c)
	}
	m.reverse(t, reversal(0)) // lenient, 5 left
	m.reverse(t, reversal(2)) // lenient, 4 left
	m.wantMember(t, "ann", "PRO", 4)
	if got := m.reverse(t, reversal(1)); got.TierAfter != "STARTER" || got.Reversed != nil {
		t.Fatalf("got %+v", got)
	}
	m.wantMember(t, "ann", "STARTER", 3)
}

// errLost is what a process sees of a store that is gone.
var errLost = errors.New("connection lost")

// mortal is a store that writes some more entries and then answers nothing any more.
type mortal struct {
	chain.Store[domain.Line]
	left int
}

// Insert writes as many entries as are left.
func (m *mortal) Insert(ctx context.Context, entries []*chain.Entry[domain.Line]) (int, error) {
	n := min(m.left, len(entries))
	m.left -= n
	if n > 0 {
		if written, err := m.Store.Insert(ctx, entries[:n]); err != nil {
			return written, err
		}
	}
	if n < len(entries) {
		return 0, errLost
	}
	return n, nil
}

// Find fails once nothing is left.
func (m *mortal) Find(ctx context.Context, key, commandID string) (*chain.Entry[domain.Line], error) {
	if m.left == 0 {
		return nil, errLost
	}
	return m.Store.Find(ctx, key, commandID)
}

// T3CrashBetweenStepsIsFinished cuts a completion off before, between and after its steps.
func T3CrashBetweenStepsIsFinished(t *testing.T, open Open) {
	stores := open(t)
	m := on(t, stores, clock.NewFake(noon))
	m.put(t, ladder(1))
	for written := range 3 {
		dying := on(t, Stores{Progress: &mortal{Store: stores.Progress, left: written}, Ladders: stores.Ladders}, m.clock)
		if _, err := dying.RecordCompletion(t.Context(), completion(written)); written < 2 && !errs.IsTransient(err) {
			t.Fatalf("cut off after %d steps, got %v", written, err)
		}
		thief := completion(written)
		thief.UserID = "bob"
		if written > 0 {
			_, err := m.RecordCompletion(t.Context(), thief)
			wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
		}
		if got := m.record(t, completion(written)); got.Completed != int64(written+1) {
			t.Fatalf("cut off after %d steps, got %+v", written, got)
		}
	}
	m.wantMember(t, "ann", "STARTER", 3)
	m.wantMember(t, "bob", "STARTER", 0)
}
