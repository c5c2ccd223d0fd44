package storetest

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M6ReferrerLimits checks that each referrer has a limit of their own, bonuses included and referees not.
func M6ReferrerLimits(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.limit(t, perReferrer(domain.PeriodDay, 100), perReferrer(domain.PeriodTotal, 250))
	l.issue(t, worth(1, 60))
	bonus := worth(2, 41)
	bonus.ID, bonus.Kind, bonus.Tier = "bonus/p1/ann/PRO", domain.KindTierBonus, "PRO"
	other.wantExhausted(t, bonus, "DAY limit of INR 1.00 for each referrer", "leaves INR 0.40")
	bonus.Amount = 40
	other.issue(t, bonus)
	l.wantExhausted(t, worth(3, 1))

	referee := worth(4, 500)
	referee.ID, referee.Side = "reward/p1/r4/completed/REFEREE", domain.SideReferee
	l.issue(t, referee)
	bob := worth(5, 100)
	bob.Beneficiary = "bob"
	l.issue(t, bob)

	l.clock.Advance(24 * time.Hour)
	l.issue(t, worth(6, 100))
	l.reverse(t, worth(6, 100))
	other.issue(t, worth(7, 100))
	l.clock.Advance(24 * time.Hour)
	l.wantExhausted(t, worth(8, 51), "TOTAL limit")
	other.issue(t, worth(80, 50)) // the other may have been counted before it was refused, and is refused for good then
	if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 50 || own[1].Used.Amount != 250 || own[1].Left() != 0 {
		t.Fatalf("got %+v", own)
	}
	l.reverse(t, worth(1, 60)) // of a day that is over
	if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 50 || own[1].Used.Amount != 190 {
		t.Fatalf("got %+v", own)
	}
	l.issue(t, worth(9, 50))
	l.wantWhole(t)
}

// M6ReferrerLimitsCountThePast checks that limits set later count what a referrer had already, and that new rules count
// anew.
func M6ReferrerLimitsCountThePast(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	l.issue(t, worth(1, 100))
	l.issue(t, worth(2, 10))
	l.clock.Advance(24 * time.Hour)
	l.issue(t, worth(3, 5))
	l.issue(t, worth(4, 7))
	l.reverse(t, worth(2, 10))
	l.reverse(t, worth(4, 7))
	l.limit(t, perReferrer(domain.PeriodDay, 10), perReferrer(domain.PeriodTotal, 110))
	l.wantExhausted(t, worth(5, 6), "DAY limit")
	l.issue(t, worth(5, 5))
	l.limit(t, perReferrer(domain.PeriodDay, 100), perReferrer(domain.PeriodTotal, 115))
	l.wantExhausted(t, worth(6, 6), "TOTAL limit", "leaves INR 0.05")
	l.reverse(t, worth(1, 100)) // posted before there were limits
	l.limit(t, perReferrer(domain.PeriodMonth, 115))
	b.process(t).issue(t, worth(6, 6))
	if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 16 {
		t.Fatalf("got %+v", own)
	}
	l.wantWhole(t)
}

// M6RefusedForGood checks a reward that the budget counted and whose account does not take it any more: it is refused for
// good, and the budget has it back.
func M6RefusedForGood(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	l.limit(t, perProgram(domain.PeriodTotal, 100))
	l.issue(t, worth(1, 40))
	l.reverse(t, worth(1, 40))
	held := referral(3)
	held.Amount, held.Beneficiary = 50, "bob"
	for _, r := range []domain.Reward{worth(2, 60), held} {
		mortal := NewMortal(b.store)
		dying := b.processOn(t, mortal)
		dying.budget(t)
		if err := countOnly(t, mortal, dying, r); !errs.IsTransient(err) {
			t.Fatalf("cut off, got %v", err)
		}
		if got := l.budget(t); got.Spent+got.Reserved != r.Amount {
			t.Fatalf("the budget counted %+v", got)
		}
		l.close(t, r.Beneficiary)
		for range 2 {
			_, err := l.Issue(t.Context(), r)
			wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountClosed)
		}
		if got := l.budget(t); got.Spent != 0 || got.Reserved != 0 {
			t.Fatalf("the budget has %+v", got)
		}
		l.wantUsed(t, 0)
		_, err := l.Release(t.Context(), releaseOf(r))
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountClosed)
		_, err = l.Reverse(t.Context(), reverseOf(r, "FRAUD"))
		wantRefusal(t, err, errs.NotFound, app.ReasonRewardNotFound)
		l.wantWhole(t)
	}
}

// M6CountedRewardFollowsTheRulesInForce checks a reward that the budget counted before its process died: whoever finishes it
// follows the limits for each referrer as they are then, also a process that knows older ones.
func M6CountedRewardFollowsTheRulesInForce(t *testing.T, open BudgetStores) {
	narrow, wide := perReferrer(domain.PeriodTotal, 40), perReferrer(domain.PeriodTotal, 1000)
	for name, test := range map[string]struct {
		known, inForce domain.Limit
		paid           bool
	}{
		"raised":  {known: narrow, inForce: wide, paid: true},
		"lowered": {known: wide, inForce: narrow},
		"lifted":  {known: narrow, inForce: perProgram(domain.PeriodTotal, 1000), paid: true},
		"brought": {known: perProgram(domain.PeriodTotal, 1000), inForce: narrow},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBudgets(t, open)
			l, late, mortal := b.process(t), b.process(t), NewMortal(b.store)
			r := worth(1, 50)
			if err := countOnly(t, mortal, b.processOn(t, mortal), r); !errs.IsTransient(err) {
				t.Fatalf("cut off, got %v", err)
			}
			l.limit(t, test.known)
			late.issue(t, sameStripe(r, 10)) // late knows the rules and the stripe under them
			l.limit(t, test.inForce)
			_, err := late.Issue(t.Context(), r)
			if test.paid && err != nil {
				t.Errorf("a reward that fits is answered %v", err)
			}
			if !test.paid {
				wantRefusal(t, err, errs.FailedPrecondition, app.ReasonBudgetExhausted)
			}
			l.wantWhole(t)
		})
	}
}

// sameStripe returns another reward of the stripe that counts r.
func sameStripe(r domain.Reward, amount int64) domain.Reward {
	for n := 100; ; n++ {
		if other := worth(n, amount); domain.StripeOf(other.ID) == domain.StripeOf(r.ID) {
			return other
		}
	}
}

// countOnly issues a reward in a process that dies after the budget counted it.
func countOnly(t *testing.T, mortal *Mortal, dying ledger, r domain.Reward) error {
	t.Helper()
	key := domain.BudgetKey(r.ProgramID, r.Currency, r.ID)
	mortal.DieAt(func(e *chain.Entry[domain.Line]) bool { return e.Key != key && e.Command.ID == r.ID })
	_, err := dying.Issue(t.Context(), r)
	return err
}

// close closes an account.
func (l ledger) close(t testing.TB, user string) {
	t.Helper()
	_, _, err := l.ChangeStatus(t.Context(), domain.StatusChange{User: user, Currency: "INR", To: domain.AccountClosed, Reason: "LEFT", Actor: "root"})
	if err != nil {
		t.Fatalf("close: %v", err)
	}
}
