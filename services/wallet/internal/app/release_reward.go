package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const releaseSchema = "wallet.release_reward.v1"

// Release makes a held reward available once its hold is over. It shares the chain command of the settlement with the
// cancellation of the hold, so exactly one of them happens. Then the budget turns what it reserved into what it spent. A
// release that happened is returned as replayed, and so is the reward itself when it was issued without hold, because there
// is nothing left to do.
func (l *Ledger) Release(ctx context.Context, s domain.Settlement) (Posted, error) {
	if err := s.ValidateRelease(); err != nil {
		return Posted{}, explain(err)
	}
	reward, found, err := l.reward(ctx, s)
	switch {
	case err != nil:
		return Posted{}, err
	case !found:
		return Posted{}, l.unposted(ctx, s)
	case reward.Kind == domain.PostingRewardRefused:
		return Posted{}, errRefused(reward)
	case reward.Kind == domain.PostingRewardAvailable:
		return l.releaseWithoutHold(ctx, s, reward)
	}
	if wait := reward.ReleaseAt.Sub(l.clock.Now()); wait > 0 {
		return Posted{}, l.refuseEarly(ctx, s, reward, wait)
	}
	counted, err := l.counted(ctx, reward)
	if err != nil {
		return Posted{}, err
	}
	results, err := l.log.Append(ctx,
		chain.Append[domain.Line]{
			Key:     domain.AccountKey(s.Beneficiary, s.Currency),
			Command: command.New(domain.SettleID(s.RewardID), releaseSchema, settlementFields(s)...),
			Step: postingStep(func(b domain.Balances) (domain.Posting, error) {
				return domain.Release(b, reward.Posting, s)
			}),
		},
		chain.Append[domain.Line]{
			Key:     domain.BudgetKey(reward.ProgramID, s.Currency, s.RewardID),
			Command: command.New(s.ID, releaseSchema, settlementFields(s)...),
			Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) {
				return counted.Counted(domain.BudgetSettle, head)
			}),
		})
	if errs.Reason(err) == command.ReasonReused {
		return Posted{}, errRewardReversed(s.RewardID) // only a cancellation settles a hold with other contents
	}
	if err != nil {
		return Posted{}, explain(err)
	}
	return posted(results[0].Entry, results[0].Replayed)
}

// releaseWithoutHold answers for a reward that was available from the start.
func (l *Ledger) releaseWithoutHold(ctx context.Context, s domain.Settlement, reward Posted) (Posted, error) {
	_, reversed, err := l.log.Find(ctx, domain.AccountKey(s.Beneficiary, s.Currency), domain.ReverseID(s.RewardID))
	if err != nil {
		return Posted{}, err
	}
	if reversed {
		return Posted{}, errRewardReversed(s.RewardID)
	}
	reward.Replayed = true
	return reward, nil
}

// refuseEarly says when the hold ends, unless it was cancelled already.
func (l *Ledger) refuseEarly(ctx context.Context, s domain.Settlement, reward Posted, wait time.Duration) error {
	_, cancelled, err := l.log.Find(ctx, domain.AccountKey(s.Beneficiary, s.Currency), domain.SettleID(s.RewardID))
	if err != nil {
		return err
	}
	if cancelled {
		return errRewardReversed(s.RewardID)
	}
	return errs.New(errs.FailedPrecondition, ReasonHoldNotOver,
		"reward %q is held until %s: release it then", s.RewardID, reward.ReleaseAt.Format(time.RFC3339Nano)).WithRetryAfter(wait)
}

// reward returns the posting that issued the reward a settlement names, or refused it; false when there is none.
func (l *Ledger) reward(ctx context.Context, s domain.Settlement) (Posted, bool, error) {
	entry, found, err := l.log.Find(ctx, domain.AccountKey(s.Beneficiary, s.Currency), s.RewardID)
	if err != nil || !found {
		return Posted{}, false, err
	}
	p, err := posted(entry, false)
	return p, true, err
}

// settlementFields covers everything that a settlement says.
func settlementFields(s domain.Settlement) []command.Field {
	return []command.Field{
		command.String("command", s.ID),
		command.String("reward", s.RewardID),
		command.String("beneficiary", s.Beneficiary),
		command.String("currency", s.Currency),
		command.String("reason", s.Reason),
	}
}
