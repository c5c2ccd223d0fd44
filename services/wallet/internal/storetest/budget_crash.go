package storetest

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// cuts runs a scene again and again on new stores, in which a process dies after it wrote 0, 1, 2… documents, until it
// survives. With a stride the cuts begin somewhere.
func cuts(t *testing.T, open BudgetStores, scene func(t *testing.T, b budgets, mortal *Mortal, written int) (survived bool)) {
	t.Helper()
	stride := max(1, open.Stride)
	for written := rand.IntN(stride); ; written += stride { //nolint:gosec // any will do
		b := openBudgets(t, open)
		if scene(t, b, NewMortal(b.store), written) {
			if written < 4 && stride == 1 {
				t.Fatalf("only %d documents were written", written)
			}
			return
		}
	}
}

// M6CrashInARefillIsHealed ends a process after every document of a reward that needs what all stripes hold. The next
// caller finishes what was begun, whether it brings the same reward or another.
func M6CrashInARefillIsHealed(t *testing.T, open BudgetStores) {
	for _, same := range []bool{true, false} {
		cuts(t, open, func(t *testing.T, b budgets, mortal *Mortal, written int) bool {
			first := b.process(t)
			first.limit(t, perProgram(domain.PeriodTotal, 1000), perProgram(domain.PeriodDay, 900))
			for n := range 12 {
				first.issue(t, worth(n, 1))
			}
			dying, heir := b.processOn(t, mortal), b.process(t)
			dying.issue(t, worth(0, 1)) // it knows the programme
			mortal.DieAfter(written)
			last := worth(100, 888)
			_, err := dying.Issue(t.Context(), last)
			if err != nil && !errs.IsTransient(err) && !errors.Is(err, errLost) {
				t.Fatalf("cut off after %d documents: %v", written, err)
			}
			given := heir.budget(t)
			if given.Spent != 12 && given.Spent != 900 {
				t.Fatalf("cut off after %d documents, the budget gave %d", written, given.Spent)
			}
			heir.wantUsed(t, given.Spent, given.Spent)
			if !same && given.Spent == 12 {
				last = worth(101, 888)
			}
			heir.wantExhausted(t, worth(102, 889))
			heir.issue(t, last)
			first.wantExhausted(t, worth(103, 1))
			heir.wantUsed(t, 900, 900)
			heir.clock.Advance(24 * time.Hour)
			first.issue(t, worth(104, 100))
			heir.wantUsed(t, 100, 1000)
			heir.wantWhole(t)
			return err == nil
		})
	}
}

// M6CrashInNewRulesIsHealed ends a process after every document of SetBudget, on a budget that has given something. What
// was begun is finished by the next reward, or by the same call.
func M6CrashInNewRulesIsHealed(t *testing.T, open BudgetStores) {
	for _, again := range []bool{true, false} {
		cuts(t, open, func(t *testing.T, b budgets, mortal *Mortal, written int) bool {
			first := b.process(t)
			if written%2 == 0 {
				first.limit(t, perProgram(domain.PeriodTotal, 5000)) // from one limit to another, or from none
			}
			for n := range 12 {
				first.issue(t, worth(n, 10))
			}
			dying, heir := b.processOn(t, mortal), b.process(t)
			dying.issue(t, worth(0, 10))
			mortal.DieAfter(written)
			rules := domain.Rules{Limits: []domain.Limit{perProgram(domain.PeriodDay, 200), perProgram(domain.PeriodTotal, 300)}}
			_, err := dying.SetBudget(t.Context(), "p1", "INR", rules)
			if err != nil && !errs.IsTransient(err) && !errors.Is(err, errLost) {
				t.Fatalf("cut off after %d documents: %v", written, err)
			}
			if again || written == 0 {
				heir.rule(t, rules)
			}
			first.reverse(t, worth(1, 10))
			heir.issue(t, worth(20, 80))
			first.issue(t, worth(21, 10))
			heir.wantExhausted(t, worth(22, 1))
			heir.wantUsed(t, 200, 200)
			first.reverse(t, worth(2, 10))
			heir.wantUsed(t, 190, 190)
			heir.wantWhole(t)
			return err == nil
		})
	}
}

// M6CrashInAReversalIsFinished ends a process after every document of a reversal. The same command finishes it, also after
// the rules were replaced in between.
func M6CrashInAReversalIsFinished(t *testing.T, open BudgetStores) {
	for _, replaced := range []bool{true, false} {
		for written := range 4 {
			b := openBudgets(t, open)
			l, mortal := b.process(t), NewMortal(b.store)
			l.limit(t, perProgram(domain.PeriodTotal, 1000), perReferrer(domain.PeriodTotal, 500))
			l.issue(t, worth(1, 100))
			l.issue(t, worth(2, 20))
			dying := b.processOn(t, mortal)
			dying.issue(t, worth(2, 20))
			mortal.DieAfter(written)
			if _, err := dying.Reverse(t.Context(), reverseOf(worth(1, 100), "REFUND")); (err == nil) != (written == 3) {
				t.Fatalf("cut off after %d documents: %v", written, err)
			}
			if replaced {
				l.limit(t, perProgram(domain.PeriodTotal, 2000), perReferrer(domain.PeriodTotal, 500))
			}
			for range 2 {
				l.reverse(t, worth(1, 100))
				l.wantUsed(t, 20)
			}
			if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 20 {
				t.Fatalf("the referrer used %+v", own)
			}
			l.wantWhole(t)
		}
	}
}

// M6CrashInARefusalIsFinished ends a process after every document of a refusal for good.
func M6CrashInARefusalIsFinished(t *testing.T, open BudgetStores) {
	for written := range 4 {
		b := openBudgets(t, open)
		l, mortal := b.process(t), NewMortal(b.store)
		l.limit(t, perProgram(domain.PeriodTotal, 100))
		r := worth(1, 60)
		if err := countOnly(t, mortal, b.processOn(t, mortal), r); !errs.IsTransient(err) {
			t.Fatalf("cut off, got %v", err)
		}
		l.close(t, "ann")
		second := NewMortal(b.store)
		dying := b.processOn(t, second)
		dying.wantExhausted(t, worth(2, 101))
		second.DieAfter(written)
		_, err := dying.Issue(t.Context(), r)
		if refused := errs.Reason(err) == app.ReasonAccountClosed; refused != (written == 3) {
			t.Fatalf("cut off after %d documents: %v", written, err)
		}
		_, err = l.Issue(t.Context(), r)
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountClosed)
		l.wantUsed(t, 0)
		l.wantWhole(t)
	}
}
