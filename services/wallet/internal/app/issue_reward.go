package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Issue counts a reward against the budget of its programme, then credits the beneficiary, held until its release.
// Idempotent by the id of the reward. Both steps are, so a crash between them is finished by the retry, and an id that
// returns with another beneficiary, currency or amount is caught at the budget: nothing changes then.
func (l *Ledger) Issue(ctx context.Context, r domain.Reward) (Posted, error) {
	if err := r.Validate(); err != nil {
		return Posted{}, explain(err)
	}
	currency, err := l.currencyOf(ctx, r)
	if err != nil {
		return Posted{}, err
	}
	if currency != r.Currency {
		return Posted{}, l.refuseCurrency(ctx, r, currency)
	}
	cmd, now := issueCommand(r), l.clock.Now()
	results, err := l.log.Append(ctx,
		chain.Append[domain.Line]{
			Key: domain.BudgetKey(r.ProgramID, r.Currency, r.ID), Command: cmd,
			Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) { return domain.Count(head, r, now) }),
		},
		chain.Append[domain.Line]{
			Key: domain.AccountKey(r.Beneficiary, r.Currency), Command: cmd,
			Step: postingStep(func(b domain.Balances) (domain.Posting, error) { return domain.Credit(b, r, now) }),
		})
	if err != nil {
		return Posted{}, explain(err)
	}
	return posted(results[1].Entry, results[1].Replayed)
}

// issueCommand covers everything that a reward says.
func issueCommand(r domain.Reward) command.Command {
	return command.New(r.ID, "wallet.issue_reward.v1",
		command.String("program", r.ProgramID),
		command.Int64("program_version", r.ProgramVersion),
		command.String("referral", r.ReferralID),
		command.String("beneficiary", r.Beneficiary),
		command.String("side", string(r.Side)),
		command.String("kind", string(r.Kind)),
		command.Int64("amount", r.Amount),
		command.String("currency", r.Currency),
		command.Duration("hold", r.Hold),
		command.String("tier", r.Tier))
}

// refuseCurrency tells a new reward in a foreign currency from a known id that came back with one.
func (l *Ledger) refuseCurrency(ctx context.Context, r domain.Reward, currency string) error {
	_, known, err := l.log.Find(ctx, domain.BudgetKey(r.ProgramID, currency, r.ID), r.ID)
	if err != nil {
		return err
	}
	if known {
		return command.ErrReused(r.ID)
	}
	return errs.New(errs.FailedPrecondition, ReasonCurrencyMismatch,
		"programme %s pays in %s: a reward in %s cannot be issued from its budget", r.ProgramID, currency, r.Currency)
}
