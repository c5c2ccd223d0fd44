package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// queueUp issues a reward that must wait.
func (l ledger) queueUp(t testing.TB, r domain.Reward) {
	t.Helper()
	if p := l.issue(t, r); !p.Unposted {
		t.Fatalf("%s was posted: %+v", r.ID, p)
	}
}

// pay lets the worker go through the queues once.
func (l ledger) pay(t testing.TB, want int) {
	t.Helper()
	if paid, err := l.PayQueues(t.Context(), "worker"); err != nil || paid != want {
		t.Fatalf("paid %d, %v; want %d", paid, err, want)
	}
}

func queueRules(limits ...domain.Limit) domain.Rules {
	return domain.Rules{Limits: limits, WhenExhausted: domain.ExhaustedQueue}
}

// M6OneIDWaitsOnce lets racers of two processes queue one id with two contents. Only those are told that it waits whose
// contents do.
func M6OneIDWaitsOnce(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	processes := []ledger{b.process(t), b.process(t)}
	processes[0].rule(t, queueRules(perProgram(domain.PeriodTotal, 10)))
	queued := make([]bool, 20)
	var wait sync.WaitGroup
	for n := range queued {
		wait.Go(func() {
			p, err := processes[n%2].Issue(t.Context(), worth(1, int64(60+n/2%2)))
			if err != nil && errs.Reason(err) != command.ReasonReused {
				t.Errorf("issue: %v", err)
			}
			queued[n] = err == nil && p.Unposted
		})
	}
	wait.Wait()
	waits := processes[0].budget(t).Queued
	if waits.Rewards != 1 {
		t.Fatalf("%+v wait", waits)
	}
	for n, told := range queued {
		if amount := int64(60 + n/2%2); told != (amount == waits.Amount) {
			t.Errorf("a reward of %d was told that it waits: %v, and %d waits", amount, told, waits.Amount)
		}
	}
}

// M6QueuedRewardIsPaidWhenBudgetReturns checks all ways in which budget returns, and what is answered meanwhile.
func M6QueuedRewardIsPaidWhenBudgetReturns(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.rule(t, queueRules(perProgram(domain.PeriodDay, 100)))
	l.issue(t, worth(1, 70))
	held := referral(2)
	held.Amount = 60
	l.queueUp(t, held)
	other.queueUp(t, held)
	changed := held
	changed.Amount = 61
	_, err := other.Issue(t.Context(), changed)
	wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
	_, err = other.Release(t.Context(), releaseOf(held))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRewardQueued)
	if got := l.budget(t); got.Queued != (app.QueueTotals{Rewards: 1, Amount: 60}) || got.Reserved != 0 {
		t.Fatalf("got %+v", got)
	}
	l.pay(t, 0)
	l.reverse(t, worth(1, 70)) // a reversal makes room
	other.pay(t, 1)
	if p := l.issue(t, held); !p.Replayed || p.Kind != domain.PostingRewardHeld {
		t.Fatalf("got %+v", p)
	}
	l.queueUp(t, worth(3, 50))
	l.rule(t, queueRules(perProgram(domain.PeriodDay, 115))) // a higher limit does
	l.pay(t, 1)
	l.queueUp(t, worth(4, 80))
	other.pay(t, 0)
	l.clock.Advance(12 * time.Hour) // a new period does
	other.pay(t, 1)
	l.wantUsed(t, 80)
	l.queueUp(t, worth(5, 80))
	l.limit(t, perProgram(domain.PeriodDay, 100)) // rewards that wait go on waiting when others are refused
	l.wantExhausted(t, worth(6, 80))
	l.pay(t, 0)
	l.limit(t)
	l.pay(t, 1)
	if got := l.budget(t); got.Queued != (app.QueueTotals{}) {
		t.Fatalf("got %+v", got.Queued)
	}
	l.wantWhole(t)
}

// M6QueuedRewardIsTakenBack checks that a reversal takes a reward out of the queue for good.
func M6QueuedRewardIsTakenBack(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 100), perReferrer(domain.PeriodTotal, 90)))
	l.issue(t, worth(1, 80))
	l.queueUp(t, worth(2, 25)) // no room in the programme
	l.queueUp(t, worth(3, 15)) // no room for the referrer
	for n, r := range []domain.Reward{worth(2, 25), worth(3, 15)} {
		_, err := other.Reverse(t.Context(), domain.Settlement{
			ID: domain.ReverseID(r.ID), RewardID: r.ID, Beneficiary: "bob", Currency: "INR", Reason: "FRAUD",
		})
		wantRefusal(t, err, errs.NotFound, app.ReasonRewardNotFound)
		if p := other.reverse(t, r); !p.Unposted {
			t.Fatalf("got %+v", p)
		}
		for _, process := range []ledger{l, other} {
			if p := process.reverse(t, r); !p.Unposted || !p.Replayed {
				t.Fatalf("got %+v", p)
			}
			if _, err := process.Issue(t.Context(), r); errs.Reason(err) != app.ReasonRewardReversed {
				t.Fatalf("reward %d: got %v", n, err)
			}
			_, err = process.Release(t.Context(), releaseOf(r))
			wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRewardReversed)
		}
	}
	lost := worth(4, 21)
	lost.Beneficiary = "bob"
	l.queueUp(t, lost)
	l.close(t, "bob") // a reward that can never be paid leaves the queue
	l.limit(t)
	l.pay(t, 0)
	_, err := l.Release(t.Context(), releaseOf(lost))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRewardReversed)
	if got := l.budget(t); got.Spent != 80 || got.Queued.Rewards != 0 {
		t.Fatalf("got %+v", got)
	}
	l.wantWhole(t)
}

// M6QueueKeepsItsOrder checks that the longest waiting is paid first, that it is not overtaken by smaller ones, and that
// one person's limit keeps nobody else waiting.
func M6QueueKeepsItsOrder(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 0)))
	for n := range 120 {
		r := worth(n, 10)
		r.Beneficiary = fmt.Sprintf("u%d", n%2)
		other.queueUp(t, r)
		l.clock.Advance(time.Millisecond)
	}
	big := worth(200, 50)
	l.queueUp(t, big)
	l.clock.Advance(time.Millisecond)
	l.queueUp(t, worth(201, 1))
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 1230), perReferrer(domain.PeriodTotal, 550)))
	l.pay(t, 110+1+1) // all but five of each; the big one and the small one are ann's
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 1151)))
	l.queueUp(t, worth(202, 1))
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 1160)))
	l.pay(t, 0) // the first of ten needs more than the nine that are left, and keeps the small one waiting
	l.rule(t, queueRules(perProgram(domain.PeriodTotal, 1192)))
	other.pay(t, 4)
	waiting, err := l.Queued(t.Context(), "p1", app.QueuePlace{}, 100)
	if err != nil || len(waiting) != 7 || waiting[0].Attempts == 0 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	for i := 1; i < len(waiting); i++ {
		if waiting[i].QueuedAt.Before(waiting[i-1].QueuedAt) {
			t.Fatalf("%s stands behind %s", waiting[i].ID, waiting[i-1].ID)
		}
	}
	l.wantWhole(t)
}
