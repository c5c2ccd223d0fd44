package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// adoptAttempts bounds how often the rules may change, or a period may end, while stripes are brought under them.
const adoptAttempts = 10

// skew is by how much the clocks of processes may differ.
const skew = time.Hour

// bringUnder brings all stripes of a programme under its rules, and the past of the stripes under its limits. All of it is
// idempotent: whoever meets a stripe that was left behind finishes what another began.
func (l *Ledger) bringUnder(ctx context.Context, programID, currency string) error {
	for range adoptAttempts {
		state, _, err := l.program(ctx, programID)
		if err != nil || state.Rules == nil {
			return err
		}
		err = l.adopt(ctx, programID, currency, state)
		if err == nil {
			l.rules.put(programID, state.Rules)
			return nil
		}
		if !again(err) {
			return err
		}
	}
	return errBudgetBusy(programID)
}

// adopt brings the stripes under the rules of a state of their programme, then adds what they gave before.
func (l *Ledger) adopt(ctx context.Context, programID, currency string, state domain.Program) error {
	rules := *state.Rules
	list := make([]chain.Append[domain.Line], domain.BudgetStripes)
	for i := range list {
		list[i] = chain.Append[domain.Line]{
			Key:     domain.StripeKey(programID, currency, int64(i)),
			Command: command.New(fmt.Sprintf("rules/%d", rules.Version), "wallet.stripe_rules.v1"),
			Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) {
				return domain.PutUnder(head, programID, currency, rules)
			}),
		}
	}
	results, err := l.log.Append(ctx, list...)
	if err != nil || state.Ready() {
		return err
	}
	now := l.clock.Now()
	list = list[:0]
	for i, result := range results {
		stripe := int64(i)
		if state.Includes(stripe) {
			continue
		}
		given, err := l.given(ctx, result.Entry, state.Uses(now))
		if err != nil {
			return err
		}
		list = append(list, chain.Append[domain.Line]{
			Command: command.New(fmt.Sprintf("adopt/%d/%02d", rules.Version, stripe), "wallet.adopt_stripe.v1"),
			Step: programStep(func(p domain.Program) (domain.Program, error) {
				return p.Adopt(rules.Version, stripe, given, now)
			}),
		})
	}
	_, err = l.appendProgram(ctx, programID, list...)
	return err
}

// given returns what a stripe gave in the periods of limits, less what came back, before the entry that brought it under
// the rules.
func (l *Ledger) given(ctx context.Context, rules chain.Entry[domain.Line], uses []domain.LimitUse) ([]domain.Window, error) {
	windows := make([]domain.Window, len(uses))
	var earliest time.Time // of the periods that have a beginning
	walk := false
	for i, u := range uses {
		windows[i] = domain.Window{Start: u.Used.Start, End: u.Used.End}
		if u.Used.End.IsZero() {
			line := budgetHead(&rules)
			windows[i].Amount = line.SpentAfter + line.ReservedAfter
		} else if !walk || u.Used.Start.Before(earliest) {
			walk, earliest = true, u.Used.Start
		}
	}
	if !walk {
		return windows, nil
	}
	err := l.walkBack(ctx, rules.Key, rules.Seq, earliest.Add(-skew), func(e chain.Entry[domain.Line]) error {
		line := budgetHead(&e)
		for i := range windows {
			if !windows[i].End.IsZero() && windows[i].Covers(line.CountedAt) {
				windows[i].Amount += line.Gives()
			}
		}
		return nil
	})
	return windows, err
}

// walkBack visits the entries of a chain before a position, newest first, down to those made before a moment.
func (l *Ledger) walkBack(ctx context.Context, key string, before int64, until time.Time, visit func(chain.Entry[domain.Line]) error) error {
	for before > 1 {
		entries, err := l.log.Range(ctx, key, chain.Page{Before: before, Limit: chain.MaxLimit, Descending: true})
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.At.Before(until) {
				return nil
			}
			if err := visit(e); err != nil {
				return err
			}
			before = e.Seq
		}
		if len(entries) == 0 {
			return nil
		}
	}
	return nil
}

// again reports whether an error says no more than that the state moved: look and try again.
func again(err error) bool {
	return errors.Is(err, domain.ErrRulesChanged) || errors.Is(err, domain.ErrStale)
}

func errBudgetBusy(programID string) error {
	return errs.New(errs.Aborted, ReasonBudgetBusy, "too many callers change the budget of programme %s: send the same request again", programID)
}
