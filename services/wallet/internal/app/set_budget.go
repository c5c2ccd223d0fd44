package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// SetBudget replaces the rules of a programme's money, all of them: what is not given gets its default. Its limits count
// what was given in the present periods already, so it reads the lines of those periods. Setting the rules that are in
// force changes nothing. When it fails half-way, the next reward or the same call finishes it.
func (l *Ledger) SetBudget(ctx context.Context, programID, currency string, rules domain.Rules) (Budget, error) {
	rules, err := rules.Normal()
	if err != nil {
		return Budget{}, explain(err)
	}
	known, err := l.currencyOf(ctx, programID, currency)
	if err != nil {
		return Budget{}, err
	}
	if known != currency {
		return Budget{}, errs.New(errs.FailedPrecondition, ReasonCurrencyMismatch,
			"programme %s pays in %s: its budget cannot be in %s", programID, known, currency)
	}
	state, _, err := l.program(ctx, programID)
	if err != nil {
		return Budget{}, err
	}
	if state.Rules == nil || !state.Rules.Same(rules) {
		rules.Version = state.Version() + 1
		if err := l.putRules(ctx, programID, rules); err != nil {
			return Budget{}, err
		}
	}
	if err := l.bringUnder(ctx, programID, currency); err != nil {
		return Budget{}, err
	}
	l.kickQueue()
	return l.Budget(ctx, programID, "")
}

// putRules appends rules to the programme's chain, under the id of their version: of two callers who set it, one wins.
func (l *Ledger) putRules(ctx context.Context, programID string, rules domain.Rules) error {
	now := l.clock.Now()
	_, err := l.appendProgram(ctx, programID, chain.Append[domain.Line]{
		Command: command.New(fmt.Sprintf("rules/%d", rules.Version), "wallet.budget_rules.v1", rulesFields(rules)...),
		Step:    programStep(func(p domain.Program) (domain.Program, error) { return p.Put(rules, now) }),
	})
	if errs.Reason(err) == command.ReasonReused || errors.Is(err, domain.ErrRulesChanged) {
		return errs.New(errs.Aborted, ReasonBudgetChanged,
			"somebody else set the budget of %s in the same moment: look at it with GetBudget, then set it again", programID)
	}
	return err
}

// rulesFields covers everything that rules say.
func rulesFields(r domain.Rules) []command.Field {
	fields := []command.Field{
		command.String("when_exhausted", string(r.WhenExhausted)),
		command.String("clawback", string(r.Clawback)),
		command.String("time_zone", r.TimeZone),
	}
	for _, limit := range r.Limits {
		fields = append(fields, command.String("scope", string(limit.Scope)), command.String("period", string(limit.Period)),
			command.Int64("amount", limit.Amount))
	}
	return fields
}

// rulesOf returns the rules of a programme that this process knows; nil for none. They may have been replaced: whoever is
// under others says domain.ErrRulesChanged.
func (l *Ledger) rulesOf(programID string) *domain.Rules {
	rules, _ := l.rules.get(programID)
	return rules
}

// learnRules reads the rules of a programme.
func (l *Ledger) learnRules(ctx context.Context, programID string) (*domain.Rules, error) {
	state, _, err := l.program(ctx, programID)
	if err != nil {
		return nil, err
	}
	if state.Rules != nil {
		l.rules.put(programID, state.Rules)
	}
	return state.Rules, nil
}
