package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// writers is how many callers race for a budget, half of them in another process.
const writers = 32

// contest issues rewards from many callers in two processes, and returns what was paid and how often it was refused.
func contest(t *testing.T, one, two ledger, rewards []domain.Reward) (paid, refused int64) {
	t.Helper()
	var next, sum, no atomic.Int64
	var wait sync.WaitGroup
	for w := range writers {
		process := one
		if w%2 == 0 {
			process = two
		}
		wait.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(rewards)); n = next.Add(1) - 1 {
				_, err := process.Issue(t.Context(), rewards[n])
				switch {
				case err == nil:
					sum.Add(rewards[n].Amount)
				case errs.Reason(err) == app.ReasonBudgetExhausted:
					no.Add(1)
				default:
					t.Errorf("issue %s: %v", rewards[n].ID, err)
				}
			}
		})
	}
	wait.Wait()
	return sum.Load(), no.Load()
}

// spread returns n rewards of one programme to some people, of amounts from 1 to most.
func spread(first, n int, most int64) []domain.Reward {
	rewards := make([]domain.Reward, n)
	for i := range rewards {
		rewards[i] = worth(first+i, 1+int64(i*7)%most)
		rewards[i].Beneficiary = fmt.Sprintf("u%d", i%9)
	}
	return rewards
}

// M6AllThatFitsIsPaid checks that of more rewards than fit, exactly as many are paid as fit, whoever tries them where.
func M6AllThatFitsIsPaid(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	one, two := b.process(t), b.process(t)
	one.limit(t, perProgram(domain.PeriodTotal, 1000), perProgram(domain.PeriodDay, 300))
	given := int64(0)
	for day, fits := range []int64{300, 300, 300, 100} {
		paid, refused := contest(t, one, two, spread(1000*day, 400, 1))
		if paid != fits || refused != 400-fits {
			t.Fatalf("day %d: paid %d and refused %d, want %d paid", day, paid, refused, fits)
		}
		given += paid
		used := one.budget(t)
		if used.Spent != given || used.Limits[0].Used.Amount != paid || used.Limits[1].Used.Amount != given {
			t.Fatalf("day %d: gave %d, the budget says %+v", day, given, used)
		}
		one.clock.Advance(24 * kolkata)
	}
	one.wantWhole(t)
}

// M6WritersStayWithinTheLimit checks with different amounts that the limit is never exceeded, and that what was refused
// did not fit: nothing that is smaller than what is left was refused at the end.
func M6WritersStayWithinTheLimit(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	one, two := b.process(t), b.process(t)
	one.limit(t, perProgram(domain.PeriodMonth, 9000))
	paid, refused := contest(t, one, two, spread(0, 400, 50))
	budget := one.budget(t)
	if paid > 9000 || refused == 0 || budget.Spent != paid || budget.Limits[0].Used.Amount != paid {
		t.Fatalf("paid %d, refused %d, the budget says %+v", paid, refused, budget)
	}
	if left := budget.Limits[0].Left(); left > 0 {
		two.wantExhausted(t, worth(5000, left+1))
		two.issue(t, worth(5001, left))
	}
	one.wantUsed(t, 9000)
	one.wantExhausted(t, worth(5002, 1))

	one.limit(t, perReferrer(domain.PeriodMonth, 2000)) // of one account, by all
	rewards := spread(6000, 200, 1)
	for i := range rewards {
		rewards[i].Beneficiary, rewards[i].Amount = "zoe", 30
	}
	if paid, _ := contest(t, one, two, rewards); paid != 1980 {
		t.Fatalf("the referrer was paid %d", paid)
	}
	one.wantWhole(t)
}

// M6ProcessesFollowNewRules checks that rules hold in every process from the answer to SetBudget on, while all of them
// issue, and that of two callers who set a budget at once each is answered.
func M6ProcessesFollowNewRules(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	one, two := b.process(t), b.process(t)
	var wait sync.WaitGroup
	for round := range 6 {
		before := one.budgetOrNone(t)
		limit := int64(500 * (round + 1))
		wait.Go(func() {
			_, err := one.SetBudget(t.Context(), "p1", "INR", domain.Rules{Limits: []domain.Limit{perProgram(domain.PeriodTotal, limit)}})
			if err != nil && errs.Reason(err) != app.ReasonBudgetChanged && errs.Reason(err) != app.ReasonBudgetBusy {
				t.Errorf("set budget: %v", err)
			}
		})
		wait.Go(func() {
			_, err := two.SetBudget(t.Context(), "p1", "INR", domain.Rules{Limits: []domain.Limit{perProgram(domain.PeriodTotal, limit)}, Clawback: domain.ClawbackBlock})
			if err != nil && errs.Reason(err) != app.ReasonBudgetChanged && errs.Reason(err) != app.ReasonBudgetBusy {
				t.Errorf("set budget: %v", err)
			}
		})
		if round == 0 { // rewards on the way while the first limits come are counted, too
			contest(t, one, two, spread(10_000, 40, 10))
		}
		wait.Wait()
		contest(t, one, two, spread(1000*round, 120, 10))
		after := one.budget(t)
		if after.Spent > limit || after.Limits[0].Used.Amount != after.Spent || (round > 0 && before.Spent > after.Spent) {
			t.Fatalf("round %d: %+v", round, after)
		}
		if left := after.Limits[0].Left(); left > 0 {
			one.issue(t, worth(20_000+round, left))
		}
		two.wantExhausted(t, worth(30_000+round, 1))
	}
	one.wantWhole(t)
}

// budgetOrNone returns the budget of p1; the zero value before its first reward.
func (l ledger) budgetOrNone(t testing.TB) app.Budget {
	t.Helper()
	b, err := l.Budget(t.Context(), "p1", "")
	if err != nil && errs.Reason(err) != app.ReasonBudgetNotFound {
		t.Fatalf("get budget: %v", err)
	}
	return b
}
