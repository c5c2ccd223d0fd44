package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M4HoldEndsByItsTime checks that a hold is released at its end, not before.
func M4HoldEndsByItsTime(t *testing.T, open Open) {
	l := start(t, open)
	_, err := l.Release(t.Context(), releaseOf(referral(1)))
	wantRefusal(t, err, errs.NotFound, app.ReasonRewardNotFound)
	l.issue(t, referral(1))
	l.clock.Advance(24*time.Hour - time.Millisecond)
	_, err = l.Release(t.Context(), releaseOf(referral(1)))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonHoldNotOver)
	var e *errs.Error
	if !errors.As(err, &e) || e.RetryAfter != time.Millisecond {
		t.Fatalf("the refusal does not say when: %+v", e)
	}
	l.clock.Advance(time.Millisecond)
	p := l.release(t, referral(1))
	if p.Kind != domain.PostingRelease || p.Source != "user/ann/held" || p.Destination != "user/ann/available" || p.Replayed {
		t.Fatalf("got %+v", p)
	}
	l.wantBalance(t, 0, 5000, 2)

	issued := l.issue(t, free(2))
	if p := l.release(t, free(2)); !p.Replayed || p.Hash != issued.Hash {
		t.Fatalf("the release of a reward without hold answered %+v", p)
	}
	l.wantBalance(t, 0, 10000, 3)

	strange := releaseOf(referral(1))
	strange.ID = domain.ReleaseID(referral(2).ID)
	_, err = l.Release(t.Context(), strange)
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonCommandInvalid)
	strange = releaseOf(referral(1))
	strange.Beneficiary = "bob"
	_, err = l.Release(t.Context(), strange)
	wantRefusal(t, err, errs.NotFound, app.ReasonRewardNotFound)
	l.wantWhole(t)
}

// racers is how many callers race for one hold, half of them in another process.
const racers = 20

// M4ReleaseAndReversalRace checks that exactly one of release and cancellation settles a hold, and that the person ends
// without the reward either way, since it is reversed.
func M4ReleaseAndReversalRace(t *testing.T, open Open) {
	store := open(t)
	one := on(t, store, clock.NewFake(noon))
	two := on(t, store, one.clock)
	const rounds = 5
	for n := range rounds {
		one.issue(t, referral(n))
	}
	one.clock.Advance(24 * time.Hour)
	for n := range rounds {
		kinds := race(t, one, two, referral(n))
		if kinds[domain.PostingHoldReversal] > 0 && kinds[domain.PostingRelease]+kinds[domain.PostingReversal] > 0 {
			t.Fatalf("the hold was settled twice: %v", kinds)
		}
		if kinds[domain.PostingHoldReversal]+kinds[domain.PostingReversal] != racers/2 {
			t.Fatalf("not every reversal was answered: %v", kinds)
		}
	}
	account, err := one.Balance(t.Context(), "ann", "INR")
	if err != nil || account.Held != 0 || account.Available != 0 || account.Earned != 0 {
		t.Fatalf("the account holds %+v, %v", account, err)
	}
	one.wantWhole(t)
}

// race releases and reverses one reward from many callers at once, and counts what the answers were.
func race(t *testing.T, one, two ledger, r domain.Reward) map[domain.PostingKind]int {
	t.Helper()
	var mu sync.Mutex
	kinds := map[domain.PostingKind]int{}
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for i := range racers {
		process := one
		if i%4 < 2 {
			process = two
		}
		wait.Go(func() {
			<-begin
			var p app.Posted
			var err error
			if i%2 == 0 {
				p, err = process.Release(t.Context(), releaseOf(r))
				if errs.Reason(err) == app.ReasonRewardReversed {
					return
				}
			} else {
				p, err = process.Reverse(t.Context(), reverseOf(r, "FRAUD"))
			}
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			kinds[p.Kind]++
		})
	}
	close(begin)
	wait.Wait()
	return kinds
}

// M5ReversalTakesTheRewardBack checks held, released and never held rewards.
func M5ReversalTakesTheRewardBack(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, free(1))
	l.issue(t, referral(2))
	p := l.reverse(t, free(1))
	if p.Kind != domain.PostingReversal || p.Source != "user/ann/available" || p.Destination != "budget/p1" || p.Reason != "REFUND" {
		t.Fatalf("got %+v", p)
	}
	l.wantBalance(t, 5000, 0, 3)
	p = l.reverse(t, referral(2))
	if p.Kind != domain.PostingHoldReversal || p.Source != "user/ann/held" {
		t.Fatalf("got %+v", p)
	}
	l.wantBalance(t, 0, 0, 4)
	l.issue(t, referral(3))
	l.clock.Advance(24 * time.Hour)
	l.release(t, referral(3))
	if p = l.reverse(t, referral(3)); p.Kind != domain.PostingReversal || p.After.Available != 0 {
		t.Fatalf("got %+v", p)
	}
	l.wantBalance(t, 0, 0, 7)
	l.wantWhole(t)
}

// M5ReversalsAreReplayed checks that a reversal is executed once, and that nothing releases what was taken back.
func M5ReversalsAreReplayed(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	l.issue(t, referral(1)) // cancelled while it is held
	l.issue(t, free(2))     // never held
	l.issue(t, referral(3)) // reversed after its release
	first := map[int]app.Posted{1: l.reverse(t, referral(1)), 2: l.reverse(t, free(2))}
	_, err := l.Release(t.Context(), releaseOf(referral(1)))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRewardReversed) // even before the hold would have ended
	l.clock.Advance(24 * time.Hour)
	released := l.release(t, referral(3))
	first[3] = l.reverse(t, referral(3))
	for _, process := range []ledger{l, on(t, store, l.clock)} {
		for n, r := range map[int]domain.Reward{1: referral(1), 2: free(2), 3: referral(3)} {
			if again := process.reverse(t, r); !again.Replayed || again.Hash != first[n].Hash {
				t.Fatalf("replayed %+v, first was %+v", again, first[n])
			}
			_, err := process.Reverse(t.Context(), reverseOf(r, "FRAUD"))
			wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
		}
		for _, r := range []domain.Reward{referral(1), free(2)} {
			_, err := process.Release(t.Context(), releaseOf(r))
			wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRewardReversed)
		}
		if again := process.release(t, referral(3)); !again.Replayed || again.Hash != released.Hash {
			t.Fatalf("replayed %+v, first was %+v", again, released)
		}
	}
	_, err = l.Reverse(t.Context(), reverseOf(referral(9), "FRAUD"))
	wantRefusal(t, err, errs.NotFound, app.ReasonRewardNotFound)
	l.wantBalance(t, 0, 0, 7)
	l.wantWhole(t)
}
