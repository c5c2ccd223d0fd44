package app

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Budget is the money of a programme: its rules and what it gave, in minor units of its currency.
type Budget struct {
	ProgramID, Currency string
	// Rules in force; version 0 when none were set.
	Rules domain.Rules
	// Spent was paid, Reserved is held, over all time and less what came back.
	Spent, Reserved int64
	// Queued waits for budget.
	Queued QueueTotals
	// Limits of the programme, and those of the referrer who was asked about.
	Limits, ReferrerLimits []domain.LimitUse
	// Warnings of the present periods, oldest first.
	Warnings []domain.Warning
}

// budgetReads bounds how often a budget is read again because stripes were refilled meanwhile.
const budgetReads = 5

// Budget returns the money of a programme, and how the limits for each referrer stand for one, if one is named. While
// rewards are issued, its parts may be of different moments; a limit never seems to have more left than it has.
func (l *Ledger) Budget(ctx context.Context, programID, referrerID string) (Budget, error) {
	state, stripes, err := l.readBudget(ctx, programID)
	if err != nil {
		return Budget{}, err
	}
	b := Budget{ProgramID: programID, Currency: state.Currency}
	if state.Rules != nil {
		b.Rules = *state.Rules
	} else if b.Rules, err = (domain.Rules{}).Normal(); err != nil {
		return Budget{}, err
	}
	var unspent []domain.Quota
	for i, stripe := range stripes {
		b.Spent += stripe.SpentAfter
		b.Reserved += stripe.ReservedAfter
		if q := stripe.Quota; q != nil && q.Version == state.Version() && q.Limited {
			quota, err := l.unspent(ctx, programID, int64(i), *q)
			if err != nil {
				return Budget{}, err
			}
			unspent = append(unspent, quota)
		}
	}
	now := l.clock.Now()
	b.Limits = state.Uses(now, unspent...)
	b.Warnings = domain.Warnings(b.Limits)
	if b.Queued, err = l.queueTotals(ctx, programID); err != nil {
		return Budget{}, err
	}
	if referrerID != "" && len(b.Rules.Of(domain.ScopeReferrer)) > 0 {
		b.ReferrerLimits, err = l.referrerUses(ctx, programID, state.Currency, referrerID, b.Rules)
	}
	return b, err
}

// readBudget reads a programme and its stripes, if possible at one moment.
func (l *Ledger) readBudget(ctx context.Context, programID string) (domain.Program, [domain.BudgetStripes]domain.BudgetLine, error) {
	var stripes [domain.BudgetStripes]domain.BudgetLine
	state, found, err := l.program(ctx, programID)
	if err == nil && !found {
		err = errs.New(errs.NotFound, ReasonBudgetNotFound,
			"programme %s has no budget: it begins with its first reward, or with SetBudget", programID)
	}
	for range budgetReads {
		if err != nil {
			return state, stripes, err
		}
		if stripes, err = l.stripes(ctx, programID, state.Currency); err != nil {
			return state, stripes, err
		}
		before := state.Moves
		if state, _, err = l.program(ctx, programID); state.Moves == before {
			break
		}
	}
	return state, stripes, err
}

// unspent returns what a stripe holds of the programme's limits, wherever it is on its way.
func (l *Ledger) unspent(ctx context.Context, programID string, stripe int64, q domain.Quota) (domain.Quota, error) {
	if !q.Open {
		q.Returned = 0
		return q, nil
	}
	entry, found, err := l.log.Find(ctx, domain.ProgramKey(programID), refillID(stripe, q.Refill))
	if err != nil || !found || entry.Body.Program == nil {
		return q, err
	}
	granted := entry.Body.Program.Allotment()
	return domain.Quota{Left: granted.Amount, Since: granted.Since}, nil
}

// refillID is the command of a programme's chain that grants one allotment.
func refillID(stripe, n int64) string { return fmt.Sprintf("refill/%02d/%d", stripe, n) }
