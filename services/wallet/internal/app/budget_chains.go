package app

import (
	"context"
	"errors"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// program returns the state of a programme's money as it is stored now; false for a programme without.
func (l *Ledger) program(ctx context.Context, programID string) (domain.Program, bool, error) {
	head, ok, err := l.log.Head(ctx, domain.ProgramKey(programID))
	if err != nil || !ok {
		return domain.Program{}, false, err
	}
	if head.Body.Program == nil {
		return domain.Program{}, false, errs.New(errs.Internal, "LEDGER_CORRUPT", "entry %d of %s carries no programme", head.Seq, head.Key)
	}
	return *head.Body.Program, true, nil
}

// stripe returns the last line of one budget stripe as it is stored now, and its position; the zero line for an empty one.
func (l *Ledger) stripe(ctx context.Context, programID, currency string, stripe int64) (domain.BudgetLine, int64, error) {
	head, ok, err := l.log.Head(ctx, domain.StripeKey(programID, currency, stripe))
	if err != nil || !ok {
		return domain.BudgetLine{}, 0, err
	}
	return budgetHead(&head), head.Seq, nil
}

// stripes returns the last lines of all stripes of a programme.
func (l *Ledger) stripes(ctx context.Context, programID, currency string) ([domain.BudgetStripes]domain.BudgetLine, error) {
	var lines [domain.BudgetStripes]domain.BudgetLine
	var problems [domain.BudgetStripes]error
	var reads sync.WaitGroup
	for i := range lines {
		reads.Go(func() { lines[i], _, problems[i] = l.stripe(ctx, programID, currency, int64(i)) })
	}
	reads.Wait()
	return lines, errors.Join(problems[:]...)
}

// programStep makes a chain step of a rule of the domain.
func programStep(rule func(head domain.Program) (domain.Program, error)) chain.Step[domain.Line] {
	return func(head *chain.Entry[domain.Line]) (domain.Line, error) {
		if head == nil || head.Body.Program == nil {
			return domain.Line{}, errs.New(errs.Internal, "LEDGER_CORRUPT", "the programme's chain has no state")
		}
		p, err := rule(*head.Body.Program)
		if err != nil {
			return domain.Line{}, err
		}
		return domain.Line{Program: &p}, nil
	}
}

// appendProgram takes steps of a programme's chain, announces what they noticed unless they are replays, and returns the
// state after the last.
func (l *Ledger) appendProgram(ctx context.Context, programID string, list ...chain.Append[domain.Line]) (domain.Program, error) {
	for i := range list {
		list[i].Key = domain.ProgramKey(programID)
	}
	results, err := l.log.Append(ctx, list...)
	if err != nil {
		return domain.Program{}, err
	}
	var p domain.Program
	for _, result := range results {
		if result.Entry.Body.Program == nil {
			return domain.Program{}, errs.New(errs.Internal, "LEDGER_CORRUPT", "entry %d of %s carries no programme",
				result.Entry.Seq, result.Entry.Key)
		}
		p = *result.Entry.Body.Program
		if !result.Replayed {
			l.announce(ctx, programID, p)
		}
	}
	return p, nil
}
