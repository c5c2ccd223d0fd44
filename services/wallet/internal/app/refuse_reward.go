package app

import (
	"context"
	"errors"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// refuseID is the command that returns what a refused reward had been counted for.
func refuseID(rewardID string) string { return "refuse/" + rewardID }

// giveUp answers for a reward that cannot be posted now: it waits, is refused, or is refused for good.
func (i *issuing) giveUp(ctx context.Context, cause error) (Posted, error) {
	var limit *domain.LimitError
	switch {
	case errors.As(cause, &limit):
		i.watch.Exhausted(ctx, i.reward.ProgramID, limit.Limit)
		i.noteExhausted(ctx, limit)
		if i.queued {
			return Posted{}, cause
		}
		if i.rules != nil && i.rules.WhenExhausted == domain.ExhaustedQueue {
			return i.enqueue(ctx)
		}
	case errors.Is(cause, domain.ErrAccountClosed), errors.Is(cause, domain.ErrAmountOverflow):
	default:
		return Posted{}, cause
	}
	reason := errs.Reason(explain(cause))
	if !i.counted {
		return Posted{}, explain(cause)
	}
	p, err := i.refuse(ctx, reason)
	if errs.Reason(err) == reason && limit != nil {
		err = errs.New(errs.FailedPrecondition, reason, "reward %q is refused for good: %s", i.reward.ID, limit.Fact())
	}
	return p, err
}

// refuse ends a reward for good that the budget counted and the account does not take: its account says so under the
// reward's own command, so that it can never be posted, then the budget gets it back. If the reward was posted meanwhile,
// that is the answer.
func (i *issuing) refuse(ctx context.Context, reason string) (Posted, error) {
	r := i.reward
	results, err := i.log.Append(ctx, chain.Append[domain.Line]{
		Key: domain.AccountKey(r.Beneficiary, r.Currency), Command: i.command,
		Step: postingStep(func(b domain.Balances) (domain.Posting, error) { return domain.Refuse(b, r, reason) }),
	})
	if err != nil {
		return Posted{}, err
	}
	return i.answer(ctx, results[0])
}

// answer returns the posting of the reward's command, which may be its refusal.
func (i *issuing) answer(ctx context.Context, result chain.Result[domain.Line]) (Posted, error) {
	p, err := posted(result.Entry, result.Replayed)
	if err != nil || p.Kind != domain.PostingRewardRefused {
		return p, err
	}
	if err := i.finishRefusal(ctx, p); err != nil {
		return Posted{}, err
	}
	return Posted{}, errRefused(p)
}

// finishRefusal returns to the budget what it counted for a refused reward. Idempotent.
func (l *Ledger) finishRefusal(ctx context.Context, refusal Posted) error {
	counted, err := l.counted(ctx, refusal)
	if err != nil {
		return err
	}
	id := refuseID(refusal.RewardID)
	results, err := l.log.Append(ctx, chain.Append[domain.Line]{
		Key:     domain.BudgetKey(refusal.ProgramID, refusal.Currency, refusal.RewardID),
		Command: command.New(id, "wallet.refuse_reward.v1"),
		Step:    budgetStep(counted.Refused),
	})
	if err != nil {
		return err
	}
	return l.giveBack(ctx, id, budgetHead(&results[0].Entry))
}

// giveBack returns to the limits of a programme what a stripe got back in a line, under the id of the command that did it.
func (l *Ledger) giveBack(ctx context.Context, id string, line domain.BudgetLine) error {
	if line.Quota == nil {
		return nil
	}
	defer l.kickQueue()
	if !line.Quota.Limited {
		return nil
	}
	now := l.clock.Now()
	_, err := l.appendProgram(ctx, line.ProgramID, chain.Append[domain.Line]{
		Command: command.New("return/"+id, "wallet.return_to_program.v1"),
		Step: programStep(func(p domain.Program) (domain.Program, error) {
			return p.TakeBack(line.Quota.Version, line.Amount, line.CountedAt, now)
		}),
	})
	return err
}

// errRefused tells again why a reward was refused for good.
func errRefused(p Posted) error {
	code := errs.FailedPrecondition
	if p.Reason == ReasonAmountOverflow {
		code = errs.InvalidArgument
	}
	return errs.New(code, p.Reason, "reward %q was refused for good at %s", p.RewardID, p.At.Format(timeLayout))
}
