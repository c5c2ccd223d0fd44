package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

var errDied = errors.New("the process died")

// dieAfter has the n-th send be the last thing that the process does: nothing is saved any more. The returned function
// starts a new process.
func (s *suite) dieAfter(n int) (restart func() (died bool)) {
	send, save := s.loop.Send, s.loop.Save
	dead, sent := false, 0
	s.loop.Send = func(ctx context.Context, a *app.Aggregate, m outbox.Message) outbox.Outcome {
		if dead {
			return outbox.Outcome{State: outbox.StatePending, Error: errDied.Error()}
		}
		out := send(ctx, a, m)
		sent++
		dead = sent == n
		return out
	}
	s.loop.Save = func(ctx context.Context, a *app.Aggregate) error {
		if dead {
			return errDied
		}
		return save(ctx, a)
	}
	return func() bool {
		s.loop.Send, s.loop.Save = send, save
		return dead
	}
}

// tryToDeliver is deliver for a process that may die on the way.
func (s *suite) tryToDeliver() {
	s.t.Helper()
	leases, err := s.store.Lease(s.t.Context(), s.clock.Now(), time.Minute, s.tokens.NewID(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range leases {
		if err := s.loop.Deliver(s.t.Context(), l); err != nil && !errors.Is(err, errDied) {
			s.t.Fatal(err)
		}
	}
}

// TestM2_CrashAfterAnySendPaysOnce stops the process after each command of a completion and of its reversal, between the
// effect and the save, and starts it again.
func TestM2_CrashAfterAnySendPaysOnce(t *testing.T) {
	var want []string
	for n := 1; ; n++ {
		s := newSuite(t).publish(everyStage, func(t *domain.Terms) { t.Tiers[1].Threshold = 1 })
		id := s.complete("asha", "ravi")
		restart := s.dieAfter(n)
		s.tryToDeliver()
		s.event(id, domain.Refund)
		died := restart()
		s.clock.Advance(time.Hour) // the lease of the dead process runs out
		s.deliver()
		s.clock.Advance(30 * 24 * time.Hour)
		s.deliver()

		if a, r := s.partners.Balance("asha"), s.partners.Balance("ravi"); a != 20000 || r != 0 {
			t.Errorf("death after send %d: balances are %d and %d, want the bonus and 0", n, a, r)
		}
		if c, p := s.partners.Count(programID, "asha"), s.partners.Score(programID, "asha"); c != 0 || p != 0 {
			t.Errorf("death after send %d: count %d, score %d", n, c, p)
		}
		for _, m := range s.get(id).Outbox.Messages {
			if m.State != outbox.StateDone && m.Kind != string(domain.ReleaseReward) {
				t.Errorf("death after send %d: %s is %s: %s", n, m.ID, m.State, m.LastError)
			}
		}
		if !died {
			if n < 8 {
				t.Fatalf("only %d commands were sent", n-1)
			}
			return
		}
		executed := slices.DeleteFunc(s.partners.Executed(), func(id string) bool { return strings.HasPrefix(id, "release/") })
		if want == nil {
			want = executed
		}
		if !slices.Equal(executed, want) {
			t.Errorf("death after send %d: commands are %v, want %v", n, executed, want)
		}
	}
}

func TestM2_LostRepliesPayOnce(t *testing.T) {
	s := newSuite(t).publish(noHold, everyStage)
	calls := 0
	s.partners.BreakAfter(func(domain.Kind, string) error {
		if calls++; calls%2 == 1 {
			return errs.OutcomeUnknown(errors.New("the reply was lost"))
		}
		return nil
	})
	id := s.complete("asha", "ravi")
	for range 40 {
		s.deliver()
		s.clock.Advance(time.Hour)
	}
	s.wantBalance("asha", 5000+3*13)
	s.wantBalance("ravi", 4*11)
	for _, m := range s.get(id).Outbox.Messages {
		if m.State != outbox.StateDone {
			t.Errorf("%s is %s: %s", m.ID, m.State, m.LastError)
		}
	}
}

func TestEventsThatArriveDuringADeliveryAreNotLost(t *testing.T) {
	s := newSuite(t).publish(noHold, everyStage)
	id := s.refer("asha", "ravi").ID
	s.event(id, domain.Signup)
	send, done := s.loop.Send, false
	s.loop.Send = func(ctx context.Context, a *app.Aggregate, m outbox.Message) outbox.Outcome {
		out := send(ctx, a, m)
		if !done {
			done = true
			s.event(id, domain.Purchase) // wins the compare-and-set against the delivery under way
		}
		return out
	}
	s.deliver()
	s.wantBalance("asha", 5000+3*13)
	s.wantBalance("ravi", 4*11)
	if got := s.get(id); !got.Outbox.DueAt.IsZero() || got.Status != domain.Completed {
		t.Errorf("status %s, due at %s", got.Status, got.Outbox.DueAt)
	}
	if n := s.partners.Calls(rewardID(id, "registered", domain.Referee)); n != 1 {
		t.Errorf("the first reward was sent %d times", n)
	}
}
